// `deno task cron`, and the entry of Deno Deploy: runs the daily update on a schedule and serves a
// status page. Crons and server are registered at once when the module is loaded, as Deno Deploy wants
// it; everything else is opened when it is needed. With --once it does one update and ends.
import { errorPage, statusPage } from "../lib/cron/status_page.ts";
import { parseDurationMs } from "../lib/plan/time/duration.ts";
import { Failure } from "../lib/failure.ts";
import { type Flags, helpText, readArguments } from "../lib/cli/arguments.ts";
import { CronService } from "../lib/cli/cron_service.ts";
import { EXIT, printError, runCommand } from "../lib/cli/exit.ts";
import { env, jobFileOf, openJob } from "../lib/cli/open_job.ts";
import { givenOptions, runFlags } from "../lib/cli/run_options.ts";
import { defaultJob } from "../lib/cli/default_job.ts";
import { isLoopbackHost } from "../lib/cron/loopback_host.ts";
import { isOnDeploy, readSettings } from "../lib/cli/settings.ts";
import { StopSignal } from "../lib/cli/signals.ts";

const ABOUT = `Keeps a job up to date: fetches yesterday and today, then again what may still
change, then fills gaps and fetches what failed. Give it the streams and parameters of
your backfills. BACKFILL_SCHEDULE sets when it runs (UTC; default: "0 5 * * *"), BACKFILL_BUDGET
how long one slice may take (default: 50s), PORT where the status page is served (default: 8000).`;

/** Waits before an update that could not go on is tried again. */
const BACKOFF_MS = [60_000, 5 * 60_000, 15 * 60_000];

/** When an update that did not fit its slice goes on. */
const EVERY_MINUTE = "* * * * *";

/** Flags of a run that an update decides by itself. */
const OWN = new Set([
  "start-date",
  "end-date",
  "resume",
  "check-status",
  "dry-run",
  "json",
]);

const ONCE: Flags = { once: { kind: "switch", about: "Do one update now, and end." } };

const PORT = 8000;
const BUDGET = "50s";
const SCHEDULE = "0 5 * * *";

const schedule = env("BACKFILL_SCHEDULE") || SCHEDULE;

if (Deno.args.some((arg) => /^(--once|--help|-h)$/.test(arg))) void runCommand(once);
else serve();

/** Registers crons and server; nothing may be waited for before that. */
function serve(): void {
  const stop = new StopSignal(() => say("stopping"));
  const opening = openService(Deno.args, stop.signal);
  const server = register(opening);
  void runCommand(async () => {
    const service = await opening;
    say(`updates at "${schedule}" (UTC), status at ${addressOf(server)}`);
    if (!stop.signal.aborted) {
      await new Promise((resolve) => stop.signal.addEventListener("abort", resolve));
    }
    await service.idle();
    await server.shutdown();
    return EXIT.interrupted;
  });
}

function register(opening: Promise<CronService>): Deno.HttpServer {
  try {
    Deno.cron("hindcast update", schedule, { backoffSchedule: BACKOFF_MS }, async () => {
      if (isAllowed()) throwUnlessComplete(await (await opening).update());
    });
    Deno.cron("hindcast continue", EVERY_MINUTE, { backoffSchedule: [] }, async () => {
      if (isAllowed()) await (await opening).goOn();
    });
    const address = isOnDeploy(env) ? {} : { hostname: "127.0.0.1", port: portOf(env("PORT")) };
    return Deno.serve({ ...address, onListen: () => {} }, (request) => answer(request, opening));
  } catch (error) {
    printError(registering(error));
    Deno.exit(EXIT.usage);
  }
}

/** Deno Deploy runs the crons of every branch; only production may write. */
function isAllowed(): boolean {
  return !isOnDeploy(env) || env("DENO_TIMELINE") === "production";
}

/** Makes Deno try an update again that could not go on; its next slice is no matter of trying again. */
function throwUnlessComplete(report: Awaited<ReturnType<CronService["update"]>>): void {
  if (report?.outcome === "failed" && !report.complete) throw new Error(report.message ?? "failed");
}

async function once(argv: string[]): Promise<number> {
  using stop = new StopSignal(() => say("stopping"));
  if (argv.some((arg) => /^(--help|-h)$/.test(arg))) {
    const job = await openJob(fileOf(argv));
    console.log(helpText("cron [options]", ABOUT, cronFlags(runFlags(job))));
    return EXIT.done;
  }
  const service = await openService(argv, stop.signal);
  let report = await service.update();
  while (report?.outcome === "more") report = await service.goOn();
  if (report?.outcome === "interrupted") return EXIT.interrupted;
  return report?.outcome === "failed" ? EXIT.failed : EXIT.done;
}

async function openService(argv: readonly string[], signal: AbortSignal): Promise<CronService> {
  const job = await openJob(fileOf(argv));
  const args = readArguments(argv, cronFlags(runFlags(job)));
  return new CronService({
    job,
    given: givenOptions(job, args, Date.now()),
    settings: readSettings(env),
    schedule,
    budgetMs: budgetOf(env("BACKFILL_BUDGET") || BUDGET),
    signal,
    say,
  });
}

function cronFlags(flags: Flags): Flags {
  const own = Object.entries(flags).filter(([name]) => !OWN.has(name));
  return { ...Object.fromEntries(own), ...ONCE };
}

/** Deno Deploy passes no arguments. */
function fileOf(argv: readonly string[]): string {
  return isOnDeploy(env) ? defaultJob(env, "config/racing.yaml") : jobFileOf(argv);
}

async function answer(request: Request, opening: Promise<CronService>): Promise<Response> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    return new Response(null, { status: 405 });
  }
  if (!isOnDeploy(env) && !isLoopbackHost(request.headers.get("host"))) {
    return new Response("Unknown host\n", { status: 421 });
  }
  const { pathname } = new URL(request.url);
  const service = await opening;
  try {
    switch (pathname) {
      case "/":
        return html(statusPage(await service.view()));
      case "/status.json":
        return Response.json(await service.view(), { headers: HEADERS });
      case "/healthz": {
        const { ok, last } = await service.health();
        return Response.json({ ok, last }, { status: ok ? 200 : 503, headers: HEADERS });
      }
      default:
        return new Response("Not found\n", { status: 404 });
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (pathname === "/") return html(errorPage(service.jobName, error.message), 503);
    return Response.json({ ok: false, error: error.message }, { status: 503, headers: HEADERS });
  }
}

/** The page runs nothing and is not to be kept or framed. */
const HEADERS = {
  "cache-control": "no-store",
  "content-security-policy":
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
};

function html(text: string, status = 200): Response {
  return new Response(text, {
    status,
    headers: { ...HEADERS, "content-type": "text/html; charset=utf-8" },
  });
}

function addressOf(server: Deno.HttpServer): string {
  const { addr } = server;
  return addr.transport === "tcp" ? `http://${addr.hostname}:${addr.port}/` : "the app's address";
}

function portOf(text: string | undefined): number {
  if (text === undefined || text === "") return PORT;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port < 65536) return port;
  throw new Failure("configuration", `Cannot listen: PORT is "${text}", expected a number`, {
    hint: "Set PORT to a free port, such as 8000",
  });
}

function budgetOf(text: string): number {
  const budgetMs = parseDurationMs(text);
  if (budgetMs !== undefined && budgetMs > 0) return budgetMs;
  throw new Failure("configuration", `Cannot use BACKFILL_BUDGET: "${text}" is not a duration`, {
    hint: 'Set it to a duration such as "50s"',
  });
}

/** What Deno says of a schedule or a port that cannot be used. */
function registering(error: unknown): unknown {
  if (error instanceof Failure) return error;
  const message = error instanceof Error ? error.message : String(error);
  const isPort = error instanceof Deno.errors.AddrInUse;
  return new Failure("configuration", `Cannot start: ${message}`, {
    hint: isPort
      ? "Set PORT to a free port"
      : `Write BACKFILL_SCHEDULE as in crontab, such as "0 5 * * *" for 05:00 UTC; it is "${schedule}"`,
  });
}

function say(line: string): void {
  console.log(`${new Date().toISOString().slice(0, 19)}Z ${line}`);
}

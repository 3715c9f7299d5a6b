// Registers the crons and the HTTP server of the daily update, at once when it is called, as Deno Deploy
// requires; everything else is opened when it is needed. Only production writes on Deno Deploy.
import { EXIT, printError, runCommand } from "../exit.ts";
import { env } from "../open_job.ts";
import { StopSignal } from "../signals.ts";
import { isOnDeploy } from "../settings.ts";
import type { CronService } from "./service.ts";
import { Failure } from "../../failure.ts";
import { openService, say, schedule, type Select } from "./open_service.ts";
import { respond } from "./respond.ts";

/** Waits before an update that failed is tried again. */
const BACKOFF_MS = [60_000, 5 * 60_000, 15 * 60_000];

/** When an update that did not fit into its slice continues. */
const EVERY_MINUTE = "* * * * *";

const PORT = 8000;

/**
 * Keeps a job up to date until a signal ends it: registers crons and server before it returns, and reads the
 * job file afterwards.
 */
export function serveUpdates(file: string, select: Select): void {
  const stop = new StopSignal(() => say("stopping"));
  const opening = openService(file, select, stop.signal);
  const server = register(opening);
  void runCommand(async () => {
    const service = await opening;
    say(`updates at "${schedule()}" (UTC), status at ${addressOf(server)}`);
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
    Deno.cron("hindcast update", schedule(), { backoffSchedule: BACKOFF_MS }, async () => {
      if (isAllowed()) throwUnlessComplete(await (await opening).update(true));
    });
    Deno.cron("hindcast continue", EVERY_MINUTE, { backoffSchedule: [] }, async () => {
      if (isAllowed()) await (await opening).goOn(true);
    });
    const address = isOnDeploy(env) ? {} : { hostname: "127.0.0.1", port: portOf(env("PORT")) };
    return Deno.serve({ ...address, onListen: () => {} }, (request) => respond(request, opening));
  } catch (error) {
    printError(registering(error));
    Deno.exit(EXIT.usage);
  }
}

/** Deno Deploy runs the crons of every branch; only production may write. */
function isAllowed(): boolean {
  return !isOnDeploy(env) || env("DENO_TIMELINE") === "production";
}

/** Throws so that Deno retries an update that failed; one that only continues in its next slice is not retried. */
function throwUnlessComplete(report: Awaited<ReturnType<CronService["update"]>>): void {
  if (report?.outcome === "failed" && !report.complete) throw new Error(report.message ?? "failed");
}

/** Performs one update, over as many slices as it takes; resolves to the exit code. */
export async function updateOnce(file: string, select: Select): Promise<number> {
  using stop = new StopSignal(() => say("stopping"));
  const service = await openService(file, select, stop.signal);
  let report = await service.update();
  while (report?.outcome === "more") report = await service.goOn();
  if (report?.outcome === "interrupted") return EXIT.interrupted;
  return report?.outcome === "failed" ? EXIT.failed : EXIT.done;
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

/** The failure for an error of Deno about a schedule or a port that cannot be used. */
function registering(error: unknown): unknown {
  if (error instanceof Failure) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof Deno.errors.AddrInUse) {
    const port = portOf(env("PORT"));
    return new Failure("configuration", `Cannot serve the status page: port ${port} is in use`, {
      hint: `Use another port: PORT=${port + 1} deno task cron`,
    });
  }
  if (!/schedule/i.test(message)) {
    return new Failure("configuration", `Cannot start: ${message}`, {
      hint: "Set PORT to a free port",
    });
  }
  return new Failure(
    "configuration",
    `Cannot use BACKFILL_SCHEDULE: "${schedule()}" is not a schedule`,
    {
      hint: 'Write five fields as in crontab, such as BACKFILL_SCHEDULE="0 5 * * *" for 05:00 UTC',
    },
  );
}

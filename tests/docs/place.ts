// The environment in which commands of the pages run as a reader runs them: a copy of the repository with a
// `.env.local` that names the sandbox and a PostgreSQL server, which is faster to create than the embedded database,
// and a shell that finds Deno as `deno` and behind `npx`. The sandbox has no limit; the runs keep the job's.
import { startSandbox } from "../../lib/sandbox/server.ts";
import { sharedPostgres } from "../support/postgres_server.ts";
import { copyRepository } from "../support/repository.ts";
import type { TempDir } from "../support/temp.ts";

/** What a shell printed, both streams together, and its exit code. */
export interface Printed {
  readonly code: number;
  readonly text: string;
}

/** How a command is run. */
export interface ShellOptions {
  /** Sends SIGINT as Ctrl+C does as soon as the output contains this. */
  readonly stopAt?: string;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether it has a database and a checkpoint of its own. */
  readonly apart?: boolean;
  /** Whether the sandbox keeps most responses to itself, so that what is done before Ctrl+C does not depend on chance. */
  readonly held?: boolean;
  /** Whether the sandbox returns wrong responses for some days meanwhile. */
  readonly faulty?: boolean;
}

/** A place. */
export interface Place extends AsyncDisposable {
  readonly folder: TempDir;
  /** Runs a line as a shell does. */
  run(line: string, options?: ShellOptions): Promise<Printed>;
  /** Sends SIGINT to the line that was run last, as Ctrl+C does. */
  stop(): void;
}

/** Where `deno task sandbox` serves without --port. */
const DEFAULT_SANDBOX = "http://127.0.0.1:8787";

/** Where the place's sandbox serves; there is one place at a time. */
let sandboxUrl = DEFAULT_SANDBOX;

/** Time limit of a command. */
const TIMEOUT_MS = 120_000;

/** Days that the sandbox spoils when it is told to: a page of HTML, and a runner without an id. */
const HTML_DAY = "2025-10-20";
const NULL_DAY = "2025-10-21";

/** Racecards after this day, and all results, are held back where responses are. */
const LAST_NOT_HELD = "2025-10-07";

/** Creates a place. */
export async function openPlace(): Promise<Place> {
  const folder = await copyRepository();
  let isFaulty = false;
  let held: PromiseWithResolvers<void> | undefined;
  let last = () => {};
  const sandbox = await startSandbox({
    limit: 0,
    intercept: async ({ url }, reply) => {
      const date = url.searchParams.get("date");
      if (date === null || date > LAST_NOT_HELD) await held?.promise;
      if (!isFaulty || (date !== HTML_DAY && date !== NULL_DAY)) return undefined;
      return date === HTML_DAY ? html() : withoutId(String(reply().body));
    },
  });
  sandboxUrl = sandbox.url;
  const postgres = await sharedPostgres();
  const settings = {
    RACING_API_URL: sandbox.url,
    RACING_API_USERNAME: sandbox.username,
    RACING_API_PASSWORD: sandbox.password,
    DATABASE_URL: await postgres.createDatabase(),
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
  await Deno.writeTextFile(folder.file(".env.local"), lines.join(""));
  const apart = {
    DATABASE_URL: await postgres.createDatabase(),
    BACKFILL_KV: "./data/apart.db",
  };
  await Deno.mkdir(folder.file("bin"));
  await writeProgram(folder.file("bin", "deno"), `exec "${Deno.execPath()}" "$@"`);
  await writeProgram(folder.file("bin", "npx"), `shift 2; exec deno "$@"`);
  return {
    folder,
    run: async (line, options = {}) => {
      if (options.apart !== true) isFaulty = options.faulty === true;
      if (options.held) held = Promise.withResolvers();
      const env = { ...(options.apart ? apart : {}), ...options.env };
      const printed = await shell(line, folder, { ...options, env }, (stop) => last = stop);
      if (options.held) held?.resolve();
      return printed;
    },
    stop: () => last(),
    [Symbol.asyncDispose]: async () => {
      await sandbox[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

async function writeProgram(path: string, text: string): Promise<void> {
  await Deno.writeTextFile(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
}

async function shell(
  line: string,
  folder: TempDir,
  { stopAt, env = {} }: ShellOptions,
  started: (stop: () => void) => void,
): Promise<Printed> {
  const child = new Deno.Command("sh", {
    args: ["-c", `exec 2>&1\n${line}\n`],
    cwd: folder.path,
    clearEnv: true,
    env: { ...inherited(), PATH: `${folder.file("bin")}:${Deno.env.get("PATH") ?? ""}`, ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "null",
    detached: true,
  }).spawn();
  const signal = (name: Deno.Signal) => {
    try {
      Deno.kill(-child.pid, name);
    } catch { /* It has ended. */ }
  };
  started(() => signal("SIGINT"));
  const timer = setTimeout(signal, TIMEOUT_MS, "SIGKILL");
  let text = "";
  let stopped = stopAt === undefined;
  for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += part;
    if (stopped || !text.includes(stopAt!)) continue;
    stopped = true;
    signal("SIGINT");
  }
  const { code } = await child.status;
  clearTimeout(timer);
  return { code, text: asShown(text) };
}

/** Without what `deno task` prints itself, and with the sandbox at its default port. */
function asShown(text: string): string {
  const sandboxes = [...text.matchAll(/RACING_API_URL=(\S+)/g)].map((match) => match[1]!);
  return [sandboxUrl, ...sandboxes].reduce(
    (shown, url) => shown.replaceAll(new URL(url).host, new URL(DEFAULT_SANDBOX).host),
    text.replace(/^Task \S+ .*\n/gm, ""),
  );
}

/** A developer's own settings must not reach the commands, nor colours the comparison. */
function inherited(): Record<string, string> {
  const settings = /^(RACING_|BACKFILL_|HINDCAST_|PG|DATABASE_URL$|PORT$)/;
  const rest = Object.entries(Deno.env.toObject()).filter(([name]) => !settings.test(name));
  return { ...Object.fromEntries(rest), NO_COLOR: "1" };
}

function html(): Response {
  return new Response("<!DOCTYPE html><h1>Back in five minutes</h1>", {
    headers: { "content-type": "text/html" },
  });
}

/** The response with the first runner of its first race without its key. */
function withoutId(text: string): Response {
  const body = JSON.parse(text);
  body.racecards[0].runners[0].horse_id = null;
  return Response.json(body);
}

// `deno task sandbox`: simulates The Racing API on this machine. It reads flags, starts the server and
// prints one line: the settings that make a command use the sandbox. Only errors go to stderr.
import { parseDurationMs } from "../lib/plan/time/duration.ts";
import { Failure } from "../lib/failure.ts";
import { faultKinds, parseFault } from "../lib/sandbox/faults.ts";
import { type LimitKind, limitKinds } from "../lib/sandbox/rate_limit.ts";
import type { SandboxOptions } from "../lib/sandbox/options.ts";
import { type Sandbox, startSandbox } from "../lib/sandbox/server.ts";
import { type Arguments, type Flags, helpText, readArguments } from "../lib/cli/arguments.ts";
import { EXIT, runCommand } from "../lib/cli/exit.ts";
import { StopSignal } from "../lib/cli/signals.ts";

const ABOUT = [
  "Simulates The Racing API on this machine until it is stopped: any date since 1988, always with the same",
  "data for the same date. Prints the settings that make other commands use it.",
].join("\n");

const DEFAULT_PORT = 8787;

const FLAGS: Flags = {
  port: {
    kind: "value",
    value: "N",
    about: `Port on 127.0.0.1; 0 takes a free one. Defaults to ${DEFAULT_PORT}.`,
  },
  latency: { kind: "value", value: "T", about: "Time per response, such as 400ms. Defaults to 0." },
  jitter: { kind: "value", value: "T", about: "Random additional time, at most T. Defaults to 0." },
  limit: {
    kind: "value",
    value: "N",
    about:
      "Requests per second over all endpoints; 0 for no limit. Defaults to the limits of the API.",
  },
  "limit-kind": {
    kind: "value",
    value: "KIND",
    about: `How requests are counted: ${limitKinds.join(", ")}. Defaults to ${limitKinds[0]}.`,
  },
  fault: {
    kind: "list",
    value: "KIND:SHARE",
    about: "Faults and their share of requests, such as 500:0.05; see below.",
  },
  recordings: { kind: "value", value: "DIR", about: "Replay recorded responses from a folder." },
  seed: { kind: "value", value: "N", about: "Seed of the data and the faults. Defaults to 1." },
};

const FAULTS = [
  "kinds of faults:",
  "  429, 500, ...  that status; 429:0.02:30 sends Retry-After: 30, 429:0.02:none omits the header",
  ...Object.entries(faultKinds).map(([kind, { summary }]) => `  ${kind.padEnd(13)}  ${summary}`),
].join("\n");

if (import.meta.main) await runCommand(main);

/** Runs the command; resolves to its exit code. */
export async function main(argv: string[]): Promise<number> {
  const args = readArguments(argv, FLAGS);
  if (args.has("help")) {
    console.log(`${helpText("sandbox [options]", ABOUT, FLAGS)}\n\n${FAULTS}`);
    return EXIT.done;
  }
  using stop = new StopSignal(() => {});
  await using sandbox = await start(sandboxOptions(args));
  console.log(settingsFor(sandbox));
  await new Promise((resolve) => stop.signal.addEventListener("abort", resolve, { once: true }));
  return EXIT.interrupted;
}

/** The options that the flags select. */
function sandboxOptions(args: Arguments): SandboxOptions {
  const limit = numberOf(args, "limit", 100_000);
  const recordingsDir = args.value("recordings");
  return {
    port: integerOf(args, "port", 65_535) ?? DEFAULT_PORT,
    latencyMs: timeOf(args, "latency"),
    jitterMs: timeOf(args, "jitter"),
    limitKind: limitKindOf(args),
    faults: args.list("fault").map(parseFault),
    ...(limit === undefined ? {} : { limit }),
    ...(recordingsDir === undefined ? {} : { recordingsDir }),
    ...seedOf(args),
  };
}

/** The settings, as a line to put before a command. */
function settingsFor({ url, username, password }: Sandbox): string {
  return `RACING_API_URL=${url} RACING_API_USERNAME=${username} RACING_API_PASSWORD=${password}`;
}

async function start(options: SandboxOptions): Promise<Sandbox> {
  try {
    return await startSandbox(options);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.AddrInUse)) throw readable(cause, options);
    throw new Failure(
      "configuration",
      `Cannot listen on port ${options.port}: the port is in use`,
      {
        hint: "Choose another --port, or --port 0 for a free one",
        cause,
      },
    );
  }
}

/** The task may read only two folders; the hint grants another one. */
function readable(error: unknown, { recordingsDir }: SandboxOptions): unknown {
  const cause = error instanceof Error ? error.cause : undefined;
  if (!(cause instanceof Deno.errors.NotCapable)) return error;
  const command =
    `deno run --allow-net=127.0.0.1 --allow-read=${recordingsDir} tasks/sandbox.ts --recordings ${recordingsDir}`;
  return new Failure(
    "configuration",
    `Cannot read recordings "${recordingsDir}": this task has no permission to read that folder`,
    { hint: `Move them to ./recordings, or run ${command}`, cause },
  );
}

function seedOf(args: Arguments): { seed?: number } {
  const seed = integerOf(args, "seed", 2 ** 31 - 1);
  return seed === undefined ? {} : { seed };
}

function limitKindOf(args: Arguments): LimitKind {
  const text = args.value("limit-kind") ?? limitKinds[0];
  const kind = limitKinds.find((name) => name === text);
  if (kind === undefined) throw wrong("limit-kind", text, `one of ${limitKinds.join(", ")}`);
  return kind;
}

function timeOf(args: Arguments, name: string): number {
  const text = args.value(name) ?? "0";
  const ms = /^\d+$/.test(text) ? Number(text) : parseDurationMs(text);
  if (ms === undefined || ms > 600_000) throw wrong(name, text, "a time up to 10m, such as 400ms");
  return ms;
}

function integerOf(args: Arguments, name: string, most: number): number | undefined {
  const value = numberOf(args, name, most);
  if (value === undefined || Number.isInteger(value)) return value;
  throw wrong(name, String(value), `an integer from 0 to ${most}`);
}

function numberOf(args: Arguments, name: string, most: number): number | undefined {
  const text = args.value(name);
  if (text === undefined) return undefined;
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (!(value <= most)) throw wrong(name, text, `a number from 0 to ${most}`);
  return value;
}

function wrong(name: string, text: string, expected: string): Failure {
  return new Failure("configuration", `Cannot use --${name} "${text}": expected ${expected}`, {
    hint: "See --help",
  });
}

// Reads the options of `sandbox` and starts the server; a port in use and a folder that may not be read are
// reported with what to do.
import type { Arguments } from "../arguments.ts";
import { Failure } from "../../failure.ts";
import { parseDurationMs } from "../../plan/time/duration.ts";
import { type Sandbox, startSandbox } from "../../sandbox/server.ts";
import { parseFault } from "../../sandbox/faults.ts";
import { type LimitKind, limitKinds } from "../../sandbox/rate_limit.ts";
import type { SandboxOptions } from "../../sandbox/options.ts";

/** Port unless `--port` names another. */
export const DEFAULT_PORT = 8787;

/** The options that the flags select. */
export function sandboxOptions(args: Arguments): SandboxOptions {
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
export function settingsFor({ url, username, password }: Sandbox): string {
  return `RACING_API_URL=${url} RACING_API_USERNAME=${username} RACING_API_PASSWORD=${password}`;
}

/** Starts the sandbox with these options. */
export async function start(options: SandboxOptions): Promise<Sandbox> {
  try {
    return await startSandbox(options);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.AddrInUse)) throw readable(cause, options);
    throw new Failure(
      "configuration",
      `Cannot listen on port ${options.port}: the port is in use`,
      {
        hint: `Use another port, or 0 for any free one: deno task sandbox --port ${
          options.port! + 1
        }`,
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

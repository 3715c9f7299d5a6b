// `deno task sandbox`: simulates The Racing API on this machine. It reads flags, starts the server and
// prints one line: the settings that make a command use the sandbox. Only errors go to stderr.
import { type Arguments, helpText, readArguments } from "../lib/cli/arguments.ts";
import { EXIT, runCommand } from "../lib/cli/exit.ts";
import type { Flags } from "../lib/cli/arguments.ts";
import { DEFAULT_PORT, sandboxOptions, settingsFor, start } from "../lib/cli/commands/sandbox.ts";
import { playBack } from "../lib/cli/commands/sandbox_archive.ts";
import { faultKinds } from "../lib/sandbox/faults.ts";
import { limitKinds } from "../lib/sandbox/rate_limit.ts";
import { StopSignal } from "../lib/cli/signals.ts";

const ABOUT = [
  "Simulates The Racing API on this machine until it is stopped: any date since 1988, always with the same",
  "data for the same date. Prints the settings that make other commands use it.",
].join("\n");

const FLAGS: Flags = {
  port: {
    kind: "value",
    value: "N",
    about: `Port on 127.0.0.1; 0 chooses a free one. Defaults to ${DEFAULT_PORT}.`,
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
  archive: {
    kind: "value",
    value: "DIR",
    about: "Play an archive back instead: the API of any job as it responded, from a folder.",
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
  const archive = args.value("archive");
  if (archive !== undefined) return await serveArchive(archive, args, stop);
  await using sandbox = await start(sandboxOptions(args));
  console.log(settingsFor(sandbox));
  await new Promise((resolve) => stop.signal.addEventListener("abort", resolve, { once: true }));
  return EXIT.interrupted;
}

/** Plays an archive back until it is stopped; it prints one line: the origin to replace, and its replacement. */
async function serveArchive(folder: string, args: Arguments, stop: StopSignal): Promise<number> {
  await using played = await playBack(folder, sandboxOptions(args));
  console.log(`${played.url} plays back ${played.about}`);
  await new Promise((resolve) => stop.signal.addEventListener("abort", resolve, { once: true }));
  return EXIT.interrupted;
}

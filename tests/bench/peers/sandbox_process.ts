// Starts serve_sandbox.ts and reads its counts.
import type { Counts } from "../../../lib/sandbox/server.ts";
import type { Addresses } from "./serve_sandbox.ts";

const LATENCY_MS = 50;

/** A sandbox that lives in another process. */
export interface SandboxProcess extends AsyncDisposable {
  readonly url: string;
  counts(): Promise<Counts>;
}

/** Starts it; pages are kept in `folder`. A limit of 0 is none. */
export async function startSandboxProcess(folder: string, limit: number): Promise<SandboxProcess> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--quiet", "--no-check", `${import.meta.dirname}/serve_sandbox.ts`],
      ...[folder, String(limit), String(LATENCY_MS)],
    ],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let line = "";
  while (!line.endsWith("\n")) line += (await reader.read()).value ?? "\n";
  const { url, countsUrl }: Addresses = JSON.parse(line);
  return {
    url,
    counts: async () => await (await fetch(countsUrl)).json(),
    async [Symbol.asyncDispose]() {
      await reader.cancel();
      await child.stdin.close();
      await child.status;
    },
  };
}

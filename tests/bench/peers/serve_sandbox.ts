// The sandbox in a separate process, with a second port that returns its counts. It keeps every page that
// it creates in a folder: fetched again, a page costs a read instead of the 35 ms of creating it, so that the peer
// is measured and not the sandbox. Ends with its input.
//
//   deno run -A tests/bench/peers/serve_sandbox.ts FOLDER REQUESTS_A_SECOND LATENCY_MS
import { join } from "node:path";
import { json, type Reply } from "../../../lib/sandbox/reply.ts";
import { startSandbox } from "../../../lib/sandbox/server.ts";

/** What is printed, as a line of JSON. */
export interface Addresses {
  readonly url: string;
  readonly countsUrl: string;
}

if (import.meta.main) {
  const [folder = ".", limit, latencyMs] = Deno.args;
  await Deno.mkdir(folder, { recursive: true });
  await using sandbox = await startSandbox({
    limit: Number(limit),
    latencyMs: Number(latencyMs),
    intercept: ({ url }, make) => kept(join(folder, encodeURIComponent(url.search)), make),
  });
  await using counts = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => Response.json(sandbox.counts),
  );
  const countsUrl = `http://127.0.0.1:${counts.addr.port}`;
  console.log(JSON.stringify({ url: sandbox.url, countsUrl } satisfies Addresses));
  for await (const _ of Deno.stdin.readable);
}

async function kept(file: string, make: () => Reply): Promise<Reply | Response> {
  const body = await Deno.readFile(file).catch(() => undefined);
  if (body) return new Response(body, json(200, "[]"));
  const reply = make();
  if (reply.status === 200 && typeof reply.body === "string") {
    await Deno.writeTextFile(file, reply.body);
  }
  return reply;
}

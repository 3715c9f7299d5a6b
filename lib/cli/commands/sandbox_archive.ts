// Serves an archive as the API that it was recorded from, for tests and demonstrations: on this machine only, with
// an optional limit and latency.
import { formatCount } from "../../report/text/format.ts";
import { delay } from "@std/async/delay";
import { FolderStore } from "../../archive/store/folder_store.ts";
import { Playback } from "../../archive/playback.ts";
import { Failure } from "../../failure.ts";
import { rateLimiter } from "../../sandbox/rate_limit.ts";
import type { SandboxOptions } from "../../sandbox/options.ts";

/** An archive that is served; disposing of it closes all connections. */
export interface PlayedBack extends AsyncDisposable {
  /** Such as `http://127.0.0.1:8787`. */
  readonly url: string;
  /** What is served from where. */
  readonly about: string;
}

/**
 * Serves the archive in a folder.
 *
 * @throws {Failure} of kind `configuration` if it holds no response or the port is taken.
 */
export async function playBack(
  folder: string,
  { port = 0, latencyMs = 0, limit = 0, limitKind = "slidingLog" }: SandboxOptions,
): Promise<PlayedBack> {
  const playback = await Playback.open(new FolderStore(folder));
  if (playback.size === 0) {
    throw new Failure("configuration", `Cannot play back "${folder}": it contains no response`, {
      hint: "Record some: set BACKFILL_ARCHIVE to that folder and run a backfill",
    });
  }
  const limiter = limit === 0 ? undefined : rateLimiter(limitKind, limit);
  const closing = new AbortController();
  const handle = async (request: Request): Promise<Response> => {
    if (latencyMs > 0) await delay(latencyMs);
    const admission = limiter?.admit(performance.now());
    if (admission?.ok === false) {
      const seconds = String(Math.ceil(admission.retryAfterMs / 1000));
      return new Response(null, { status: 429, headers: { "retry-after": seconds } });
    }
    return await playback.respond(request, new URL(request.url).origin);
  };
  const server = serve(port, closing.signal, handle);
  const url = `http://127.0.0.1:${server.addr.port}`;
  return {
    url,
    about: `${formatCount(playback.size, "response")} of ${playback.origins.join(", ")}`,
    async [Symbol.asyncDispose]() {
      closing.abort();
      await server.finished;
    },
  };
}

function serve(
  port: number,
  signal: AbortSignal,
  handle: (request: Request) => Promise<Response>,
): Deno.HttpServer<Deno.NetAddr> {
  const onError = (error: unknown) => Response.json({ error: String(error) }, { status: 500 });
  try {
    const options = { hostname: "127.0.0.1", port, signal, onListen: () => {}, onError };
    return Deno.serve(options, handle);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.AddrInUse)) throw cause;
    throw new Failure(
      "configuration",
      `Cannot listen on port ${port}: the port is in use`,
      { hint: "Use another port, or 0 for any free one: --port 0", cause },
    );
  }
}

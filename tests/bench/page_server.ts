// A sandbox in a separate process, apart from the event loop that is measured. Each response is created once
// and then served from memory, so that creating it delays no others. Strictness and latency are set
// while it runs.
import type { LimitKind, RateLimiter } from "../../lib/sandbox/rate_limit.ts";
import { rateLimiter } from "../../lib/sandbox/rate_limit.ts";
import { startSandbox } from "../../lib/sandbox/server.ts";

/** How the server behaves. */
export interface Manners {
  /** Requests a second; 0 for no limit. */
  readonly limit: number;
  readonly limitKind: LimitKind;
  /** From request to response. */
  readonly latencyMs: number;
  /** Maximum random addition on the way in. */
  readonly jitterMs: number;
}

/** A server that is running. */
export interface PageServer extends AsyncDisposable {
  readonly url: string;
  /** Sets its behavior, with an unused limit. */
  behave(manners: Partial<Manners>): Promise<void>;
}

const NOON = Date.parse("2025-10-20T12:00:00Z");
const MANNERS: Manners = { limit: 0, limitKind: "slidingLog", latencyMs: 0, jitterMs: 0 };

/** Starts the server in a separate process, without a limit. */
export async function startPageServer(): Promise<PageServer> {
  // Processes that are not measured take precedence, since waiting for a core would add jitter; without that
  // privilege, it does.
  const child = new Deno.Command("nice", {
    args: [
      ...["-n", "-19", Deno.execPath(), "run", "--quiet", "--allow-net=127.0.0.1", "--allow-read"],
      import.meta.filename!,
    ],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  const url = new TextDecoder().decode(value).trim();
  return {
    url,
    async behave(manners) {
      const body = JSON.stringify({ ...MANNERS, ...manners });
      await (await fetch(`${url}/manners`, { method: "POST", body })).body?.cancel();
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await reader.cancel();
      await child.status;
    },
  };
}

if (import.meta.main) await serve();

async function serve(): Promise<void> {
  const sandbox = await startSandbox({ limit: 0, now: () => NOON });
  const kept = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();
  let manners = MANNERS;
  let limiter: RateLimiter | undefined;
  const answer = async (request: Request): Promise<Response> => {
    const { pathname, search } = new URL(request.url);
    if (pathname === "/manners") {
      manners = await request.json();
      limiter = manners.limit === 0 ? undefined : rateLimiter(manners.limitKind, manners.limit);
      return new Response("ok");
    }
    const path = pathname + search;
    // Judged at the moment it arrives, however late this machine wakes the server: the jitter is as declared.
    const arrivesMs = performance.now() + manners.latencyMs / 2 + Math.random() * manners.jitterMs;
    await pause(arrivesMs - performance.now());
    const admission = limiter?.admit(arrivesMs);
    if (admission?.ok === false) {
      const headers = { "retry-after": String(Math.ceil(admission.retryAfterMs / 1000)) };
      return new Response("{}", { status: 429, headers });
    }
    const headers = { authorization: request.headers.get("authorization") ?? "" };
    let page = kept.get(path);
    page ??= fetch(sandbox.url + path, { headers }).then((answer) => answer.bytes());
    kept.set(path, page);
    await pause(manners.latencyMs / 2);
    return new Response(await page, { headers: { "content-type": "application/json" } });
  };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, answer);
  console.log(`http://127.0.0.1:${server.addr.port}`);
}

function pause(ms: number): Promise<void> | undefined {
  return ms > 0 ? new Promise((resolve) => setTimeout(resolve, ms)) : undefined;
}

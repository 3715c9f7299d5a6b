// HTTP servers for tests: real ones, on a free port of 127.0.0.1, which print nothing. Invariant: when its scope ends
// a server has closed every connection, answered or not.

/** A running server. */
export interface HttpServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly url: string;
  readonly port: number;
}

/**
 * Starts a server. A handler that throws responses 500 with what it threw.
 *
 * @example
 * ```ts
 * await using server = serve(() => Response.json({ total: 0 }));
 * await fetch(`${server.url}/v1/results`);
 * ```
 */
export function serve(handler: Deno.ServeHandler<Deno.NetAddr>): HttpServer {
  const control = new AbortController();
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    signal: control.signal,
    onListen: () => {},
    onError: (error) => new Response(String(error), { status: 500 }),
  }, handler);
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    port: server.addr.port,
    [Symbol.asyncDispose]: async () => {
      control.abort();
      await server.finished;
    },
  };
}

// Servers that send what no HTTP server would: a test writes the bytes itself. Invariant: when the
// scope ends, the listener and every connection are closed.

/** A server of bytes. */
export interface RawServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Number of requests so far. */
  requests(): number;
}

/** Responds to each connection's first request with the strings, then closes; `at` counts connections from 0. */
export function rawServer(answer: (at: number) => readonly string[]): RawServer {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let requests = 0;
  const serving = (async () => {
    for await (const connection of listener) {
      await talk(connection, answer(requests++));
    }
  })();
  return {
    url: `http://127.0.0.1:${(listener.addr as Deno.NetAddr).port}`,
    requests: () => requests,
    [Symbol.asyncDispose]: async () => {
      listener.close();
      await serving;
    },
  };
}

async function talk(connection: Deno.Conn, texts: readonly string[]): Promise<void> {
  try {
    await connection.read(new Uint8Array(16_384));
    for (const text of texts) await connection.write(new TextEncoder().encode(text));
  } catch {
    // The client may be gone: that is what some tests are about.
  } finally {
    connection.close();
  }
}

// A proxy between a test's client and a server on 127.0.0.1 that can cut connections, as real
// networks do. It never interprets the bytes.

/** A proxy to a port of 127.0.0.1. */
export interface Proxy extends AsyncDisposable {
  readonly port: number;
  /** Closes every connection that is open now. */
  cut(): void;
  /** On the connections open now, forwards only what the client sends. */
  mute(): void;
}

/** Starts a proxy in front of a port. */
export function startProxy(to: number): Proxy {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const pairs = new Set<Pair>();
  const accepting = (async () => {
    for await (const client of listener) {
      const server = await Deno.connect({ hostname: "127.0.0.1", port: to });
      const pair: Pair = { client, server, muted: false };
      pairs.add(pair);
      const done = Promise.all([
        pass(client, server, pair, false),
        pass(server, client, pair, true),
      ]);
      done.finally(() => pairs.delete(pair));
    }
  })();
  return {
    port: listener.addr.port,
    cut: () => pairs.forEach(close),
    mute: () => pairs.forEach((pair) => pair.muted = true),
    async [Symbol.asyncDispose]() {
      listener.close();
      pairs.forEach(close);
      await accepting;
    },
  };
}

interface Pair {
  client: Deno.TcpConn;
  server: Deno.TcpConn;
  muted: boolean;
}

async function pass(
  from: Deno.TcpConn,
  to: Deno.TcpConn,
  pair: Pair,
  isAnswer: boolean,
): Promise<void> {
  const buffer = new Uint8Array(64 * 1024);
  try {
    for (let length = await from.read(buffer); length !== null; length = await from.read(buffer)) {
      if (isAnswer && pair.muted) continue;
      for (let sent = 0; sent < length;) sent += await to.write(buffer.subarray(sent, length));
    }
  } catch {
    // Closing connections is the purpose of this proxy.
  }
  close(pair);
}

function close({ client, server }: Pair): void {
  for (const connection of [client, server]) {
    try {
      connection.close();
    } catch {
      // It was closed from the other side.
    }
  }
}

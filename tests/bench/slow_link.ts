// Adds a round trip of a given length in front of a port of 127.0.0.1, in a separate thread, so that its
// work does not count as the client's. Delay only: bandwidth is not limited, order is kept.

/** A running link. */
export interface SlowLink extends Disposable {
  readonly port: number;
}

/** Starts a link that adds a round trip of so many milliseconds. */
export async function startSlowLink(to: number, roundTripMs: number): Promise<SlowLink> {
  const worker = new Worker(import.meta.url, { type: "module", name: "slow link" });
  const port = await new Promise<number>((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.postMessage({ to, delayMs: roundTripMs / 2 });
  });
  return { port, [Symbol.dispose]: () => worker.terminate() };
}

interface Order {
  to: number;
  delayMs: number;
}

const thread = globalThis as unknown as Worker & { name: string };
if (thread.name === "slow link") {
  thread.onmessage = ({ data }: MessageEvent<Order>) => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    thread.postMessage(listener.addr.port);
    accept(listener, data);
  };
}

async function accept(listener: Deno.TcpListener, { to, delayMs }: Order): Promise<void> {
  for await (const client of listener) {
    const server = await Deno.connect({ hostname: "127.0.0.1", port: to });
    for (const connection of [client, server]) connection.setNoDelay(true);
    carry(client, server, delayMs);
    carry(server, client, delayMs);
  }
}

/** Passes bytes on, each `delayMs` after it came. */
async function carry(from: Deno.TcpConn, to: Deno.TcpConn, delayMs: number): Promise<void> {
  const waiting: { bytes: Uint8Array; dueAt: number }[] = [];
  let wake = () => {};
  let ended = false;
  (async () => {
    const buffer = new Uint8Array(256 * 1024);
    try {
      for (let n = await from.read(buffer); n !== null; n = await from.read(buffer)) {
        waiting.push({ bytes: buffer.slice(0, n), dueAt: performance.now() + delayMs });
        wake();
      }
    } catch {
      // Closed from the other side.
    }
    ended = true;
    wake();
  })();
  try {
    for (;;) {
      const next = waiting.shift();
      if (next === undefined) {
        if (ended) break;
        await new Promise<void>((resolve) => wake = resolve);
        continue;
      }
      const leftMs = next.dueAt - performance.now();
      if (leftMs > 0) await new Promise((resolve) => setTimeout(resolve, leftMs));
      for (let sent = 0; sent < next.bytes.length;) {
        sent += await to.write(next.bytes.subarray(sent));
      }
    }
    to.close();
  } catch {
    // Closed from the other side.
  }
}

// Owns the thread that compresses what is archived. Where no thread can be started (a library without
// permission to read its own modules), the same work is done here. Invariant: results come in the order of
// the calls.
import { type Compressed, Compressor, type Item } from "./compressor.ts";
import type { CompressorRequest } from "./compressor_worker.ts";
import type { Level } from "./warc/member.ts";

type Waiting = PromiseWithResolvers<Compressed>;

/** Compresses in a separate thread; close it with `using`. */
export class CompressorThread implements Disposable {
  readonly #level: Level;
  readonly #local = new Compressor();
  readonly #worker: Promise<Worker | undefined>;
  readonly #waiting: Waiting[] = [];
  #open: Worker | undefined;

  /** Starts the thread. */
  constructor(level: Level) {
    this.#level = level;
    this.#worker = startWorker();
    this.#worker.then((worker) => this.#listen(worker));
  }

  /** Masks these secrets in bodies from now on. */
  async hide(secrets: readonly string[]): Promise<void> {
    this.#local.hide(secrets);
    const worker = await this.#worker;
    worker?.postMessage({ secrets } satisfies CompressorRequest);
  }

  /** Compresses an item; its body is handed over and cannot be used afterwards. */
  async compress(item: Item): Promise<Compressed> {
    const worker = await this.#worker;
    if (worker === undefined) return this.#local.compress(item, this.#level);
    const waiting: Waiting = Promise.withResolvers();
    this.#waiting.push(waiting);
    const transfer = "body" in item ? [item.body.buffer] : [];
    const request = { item, level: this.#level } satisfies CompressorRequest;
    worker.postMessage(request, transfer);
    return await waiting.promise;
  }

  /** Ends the thread. */
  [Symbol.dispose](): void {
    this.#open?.terminate();
    this.#worker.then((worker) => worker?.terminate());
  }

  #listen(worker: Worker | undefined): void {
    if (worker === undefined) return;
    this.#open = worker;
    worker.onmessage = ({ data }: MessageEvent<Compressed>) => this.#waiting.shift()?.resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      for (const { reject } of this.#waiting.splice(0)) reject(new Error(event.message));
    };
  }
}

/** The worker once it is ready; undefined where none can be started. */
function startWorker(): Promise<Worker | undefined> {
  if (typeof Worker === "undefined") return Promise.resolve(undefined);
  const name = import.meta.url.endsWith(".js") ? "compressor_worker.js" : "compressor_worker.ts";
  const worker = new Worker(import.meta.resolve(`./${name}`), { type: "module" });
  return new Promise((resolve) => {
    worker.onmessage = () => resolve(worker);
    worker.onerror = (event) => {
      event.preventDefault();
      worker.terminate();
      resolve(undefined);
    };
  });
}

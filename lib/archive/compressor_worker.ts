// The thread that compresses what is archived, so that the event loop of a run never does. It opens nothing:
// bytes come and go by messages.
import { Compressor, type Item } from "./compressor.ts";
import { release } from "./warc/bytes.ts";
import type { Level } from "./warc/member.ts";

/** A message to the thread. */
export type CompressorRequest = { readonly secrets: readonly string[] } | {
  readonly item: Item;
  readonly level: Level;
};

/** The parts of a worker's global scope that are used here. */
interface Scope {
  onmessage: ((event: MessageEvent<CompressorRequest>) => void) | null;
  postMessage(message: unknown, transfer?: Transferable[]): void;
}

const scope = globalThis as unknown as Scope;
const compressor = new Compressor();

scope.onmessage = ({ data }) => {
  if ("secrets" in data) return compressor.hide(data.secrets);
  const compressed = compressor.compress(data.item, data.level);
  if ("body" in data.item) release(data.item.body);
  scope.postMessage(compressed, [compressed.bytes.buffer]);
};
scope.postMessage("ready");

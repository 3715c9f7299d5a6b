// Owns the files within a response: a gzip file, the members of a zip archive, or the response itself. They
// are decompressed as their bytes arrive, with node:zlib and npm:fflate, so their size does not matter; both are
// loaded for the first packed file, because few jobs have one.
// Invariant: a file that is cut off is an error, never a short file.
import type { Unzip } from "fflate";
import type { Chunks } from "../../extract/decode/record_slices.ts";
import { Failure } from "../../failure.ts";

/** A file within a response; its bytes must be read to their end before the next file. */
export interface PackedFile {
  /** Its name in the archive; undefined for a response that is not an archive. */
  readonly name: string | undefined;
  /** Its bytes, decompressed. */
  readonly chunks: Chunks;
}

/** Whether bytes begin a gzip file; no text begins so. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** Whether bytes begin a zip archive, or are an empty one. */
export function isZip(bytes: Uint8Array): boolean {
  const [p, k, a, b] = bytes;
  return p === 0x50 && k === 0x4b && (a === 3 && b === 4 || a === 5 && b === 6);
}

/**
 * The files within the bytes of a response; of a zip archive those whose names match `member`, in the order
 * of the archive.
 *
 * @throws {Failure} of kind `window` where an archive is damaged or cut off, or no member matches.
 */
export async function* unpack(bytes: Chunks, member?: string): AsyncGenerator<PackedFile> {
  const [first, chunks] = await peeked(bytes);
  if (isZip(first)) return yield* unzipped(chunks, member);
  yield { name: undefined, chunks: isGzip(first) ? gunzipped(chunks) : chunks };
}

/** The first bytes, and all bytes. */
async function peeked(bytes: Chunks): Promise<[Uint8Array, Chunks]> {
  const iterator = bytes[Symbol.asyncIterator]();
  const held: Uint8Array[] = [];
  let first = new Uint8Array();
  while (first.length < 4) {
    const { done, value } = await iterator.next();
    if (done) break;
    held.push(value);
    first = new Uint8Array([...first, ...value.subarray(0, 4)]);
  }
  return [first, rejoined(held, iterator)];
}

async function* rejoined(
  held: Uint8Array[],
  iterator: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    for (const chunk of held.splice(0)) yield chunk;
    for (;;) {
      const { done, value } = await iterator.next();
      if (done) return;
      yield value;
    }
  } finally {
    await iterator.return?.();
  }
}

async function* gunzipped(chunks: Chunks): AsyncGenerator<Uint8Array> {
  const { pipeline, Readable } = await import("node:stream");
  const gunzip = (await import("node:zlib")).createGunzip();
  let cause: unknown;
  pipeline(Readable.from(chunks), gunzip, (error) => cause = error);
  try {
    for await (const chunk of gunzip) yield chunk;
  } catch (error) {
    const isOfZlib = error instanceof Error && /^Z_/.test((error as { code?: string }).code ?? "");
    throw isOfZlib ? damaged("gzip file") : cause ?? error;
  }
}

/** What the archive holds next. */
type Entry =
  | { readonly kind: "file"; readonly name: string }
  | { readonly kind: "data"; readonly data: Uint8Array }
  | { readonly kind: "end" };

async function* unzipped(chunks: Chunks, member: string | undefined): AsyncGenerator<PackedFile> {
  const entries = new ZipEntries(chunks, await import("fflate"));
  const isWanted = matcherOf(member);
  const names: string[] = [];
  let count = 0;
  for (let entry = await entries.next(); entry !== undefined; entry = await entries.next()) {
    if (entry.kind !== "file") continue;
    if (entry.name.endsWith("/")) continue;
    names.push(entry.name);
    if (!isWanted(entry.name)) continue;
    count++;
    yield { name: entry.name, chunks: contentOf(entries) };
  }
  if (count === 0) throw noMember(names, member);
}

async function* contentOf(entries: ZipEntries): AsyncGenerator<Uint8Array> {
  for (let entry = await entries.next(); entry?.kind === "data"; entry = await entries.next()) {
    yield entry.data;
  }
}

/** The entries of an archive, in order; it holds what one piece of the archive decompresses to. */
class ZipEntries {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #unzip: Unzip;
  readonly #queue: Entry[] = [];
  #open = 0;
  #isOver = false;
  #error: unknown;

  constructor(chunks: Chunks, { Unzip, UnzipInflate, UnzipPassThrough }: typeof import("fflate")) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#unzip = new Unzip((file) => {
      this.#open++;
      this.#queue.push({ kind: "file", name: file.name });
      file.ondata = (error, data, isFinal) => {
        this.#error ??= error;
        if (data?.length > 0) this.#queue.push({ kind: "data", data });
        if (!isFinal) return;
        this.#open--;
        this.#queue.push({ kind: "end" });
      };
      file.start();
    });
    this.#unzip.register(UnzipInflate);
    this.#unzip.register(UnzipPassThrough);
  }

  async next(): Promise<Entry | undefined> {
    while (this.#queue.length === 0) {
      if (this.#isOver) {
        if (this.#open > 0) throw damaged("zip archive");
        return undefined;
      }
      const { done, value } = await this.#chunks.next();
      this.#isOver = done === true;
      try {
        this.#unzip.push(value ?? new Uint8Array(), this.#isOver);
      } catch {
        throw damaged("zip archive");
      }
      if (this.#error) throw damaged("zip archive");
    }
    return this.#queue.shift();
  }
}

/** Matches the name of a member, with or without its folders; `*` stands for any characters. */
function matcherOf(member: string | undefined): (name: string) => boolean {
  if (member === undefined) return () => true;
  const pattern = member.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  const whole = new RegExp(`^(?:.*/)?${pattern.join(".*")}$`, "is");
  return (name) => whole.test(name);
}

function noMember(names: readonly string[], member: string | undefined): Failure {
  const found = names.length === 0 ? "no file" : `only ${names.slice(0, 5).join(", ")}`;
  const what = member === undefined ? "the zip archive is empty" : `the zip archive holds ${found}`;
  return new Failure("window", `Cannot read the response: ${what}`, {
    hint: member === undefined
      ? "See the response with deno task probe"
      : `Correct "member" of the stream, which is "${member}"`,
  });
}

function damaged(what: string): Failure {
  return new Failure("window", `Cannot read the response: the ${what} is damaged or cut off`, {
    hint: "Run again with --resume",
    mayPass: true,
  });
}

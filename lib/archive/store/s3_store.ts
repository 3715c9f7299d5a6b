// Keeps the files of an archive as objects of a bucket. An object is written whole: what was appended is uploaded
// by `sync`, which ends the file, so each batch that commits is a separate object. Invariant: an object is
// never replaced.
import { parseFileName } from "./file_name.ts";
import { concat } from "../warc/bytes.ts";
import { parseS3 } from "./s3_address.ts";
import { S3Client, type S3Dependencies } from "./s3_client.ts";
import type { ArchiveStore, FileReader, OpenFile, StoredFile } from "./store.ts";

/** The store of a bucket. */
export class S3Store implements ArchiveStore {
  readonly label: string;
  readonly #prefix: string;
  readonly #client: S3Client;

  /**
   * Reads the credentials; sends nothing.
   *
   * @throws {Failure} of kind `configuration` if a variable is not set.
   */
  constructor(location: string, dependencies: S3Dependencies) {
    const { bucket, prefix } = parseS3(location)!;
    this.label = location;
    this.#prefix = prefix;
    this.#client = new S3Client(bucket, dependencies);
  }

  create(name: string): Promise<OpenFile> {
    return Promise.resolve(new S3File(this.#client, this.#prefix + name));
  }

  async list(): Promise<StoredFile[]> {
    const files: StoredFile[] = [];
    let token: string | undefined;
    do {
      const query = {
        ...{ "list-type": "2", prefix: this.#prefix, delimiter: "/" },
        ...token === undefined ? {} : { "continuation-token": token },
      };
      const { body } = await this.#client.send({ method: "GET", key: "", query });
      const text = new TextDecoder().decode(body);
      files.push(...contentsOf(text, this.#prefix));
      token = elementOf(text, "NextContinuationToken");
    } while (token !== undefined);
    return files.sort((a, b) => a.name < b.name ? -1 : 1);
  }

  async open(name: string): Promise<FileReader> {
    const { body } = await this.#client.send({ method: "GET", key: this.#prefix + name });
    return {
      size: body.length,
      read: (offset, length) => body.slice(offset, offset + length),
      [Symbol.dispose]: () => {},
    };
  }

  async remove(name: string): Promise<void> {
    await this.#client.send({ method: "DELETE", key: this.#prefix + name }, [404]);
  }

  /** Closes the connections. */
  [Symbol.dispose](): void {
    this.#client[Symbol.dispose]();
  }
}

class S3File implements OpenFile {
  size = 0;
  isClosed = false;
  readonly #client: S3Client;
  readonly #key: string;
  readonly #parts: Uint8Array[] = [];

  constructor(client: S3Client, key: string) {
    this.#client = client;
    this.#key = key;
  }

  append(bytes: Uint8Array): Promise<void> {
    this.#parts.push(bytes);
    this.size += bytes.length;
    return Promise.resolve();
  }

  async sync(): Promise<void> {
    if (this.isClosed || this.size === 0) return;
    const body = concat(this.#parts.splice(0));
    this.isClosed = true;
    const headers = { "content-type": "application/warc", "if-none-match": "*" };
    const put = { method: "PUT", key: this.#key, body, headers } as const;
    const { status } = await this.#client.send(put, [412]);
    if (status === 412) await this.#requireSame(body);
  }

  async close(): Promise<void> {
    await this.sync();
  }

  /** An upload whose response was lost is repeated and finds its own object; that of another process is an error. */
  async #requireSame(body: Uint8Array): Promise<void> {
    const { body: there } = await this.#client.send({ method: "GET", key: this.#key });
    const isSame = there.length === body.length && there.every((byte, at) => byte === body[at]);
    if (!isSame) throw new Error(`there is another object "${this.#key}"`);
  }
}

function contentsOf(text: string, prefix: string): StoredFile[] {
  return [...text.matchAll(/<Contents>(.*?)<\/Contents>/gs)].flatMap(([, content]) => {
    const name = (elementOf(content!, "Key") ?? "").slice(prefix.length);
    if (parseFileName(name) === undefined) return [];
    const modifiedAt = Date.parse(elementOf(content!, "LastModified") ?? "");
    return [{ name, size: Number(elementOf(content!, "Size")), modifiedAt }];
  });
}

function elementOf(text: string, name: string): string | undefined {
  const [, content] = new RegExp(`<${name}>([^<]*)</${name}>`).exec(text) ?? [];
  return content?.replace(/&(lt|gt|quot|apos|amp);/g, (_, entity: string) => ENTITIES[entity]!);
}

const ENTITIES: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  amp: "&",
};

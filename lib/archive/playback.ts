// Responds to requests from an archive as the API did: the same path, query and body return the same status, headers
// and body, the newest if there are several. URLs of the API in them are rewritten to the playback. Credentials are
// neither required nor compared. It opens no socket. Invariant: a request without an archived response is never
// answered as if there were no data.
import { Buffer } from "node:buffer";
import { isSecretName } from "../config/schema/secret.ts";
import type { BodyReader } from "../fetch/http/body_rest.ts";
import { requestKey, withoutSignature } from "./about.ts";
import { type ArchivedPage, Contents } from "./contents.ts";
import { isMaskedBody, MaskedPlaces } from "./masked_places.ts";
import type { ArchiveStore } from "./store/store.ts";

/** Status for a request without an archived response; unlike 404, no API uses it for "no data". */
const NOT_HELD = 421;

/** Names of headers that do not match the body that is sent. */
const OF_TRANSFER = ["content-length", "content-encoding", "transfer-encoding", "connection"];

/** An archive as an API. */
export class Playback {
  /** Origins of the archived requests, such as `https://api.example.com`. */
  readonly origins: readonly string[];
  /** Number of different requests. */
  readonly size: number;
  readonly #contents: Contents;
  readonly #byKey: ReadonlyMap<string, ArchivedPage>;
  readonly #masked = new MaskedPlaces();
  /** The requests to a URL without its secrets, in the order in which they were sent. */
  readonly #byUrl = new Map<string, ArchivedPage[]>();

  private constructor(contents: Contents) {
    this.#contents = contents;
    const [byKey, origins] = [new Map<string, ArchivedPage>(), new Set<string>()];
    const sorted = [...contents.readings].sort((a, b) => a.at - b.at);
    for (const [key, page] of sorted.flatMap(({ pages }) => [...pages])) {
      const url = new URL(page.requested);
      this.#masked.note(url);
      origins.add(url.origin);
      // A later response takes the place behind all others.
      byKey.delete(key);
      byKey.set(key, page);
    }
    [this.#byKey, this.origins, this.size] = [byKey, [...origins], byKey.size];
    for (const page of byKey.values()) {
      const [id] = this.#masked.keysOf(new URL(page.requested));
      const pages = this.#byUrl.get(id);
      if (pages === undefined) this.#byUrl.set(id, [page]);
      else pages.push(page);
    }
  }

  /** Reads the contents of the archive. */
  static async open(store: ArchiveStore): Promise<Playback> {
    const contents = new Contents(store);
    await contents.read(await store.list());
    return new Playback(contents);
  }

  /** The response to a request; `own` is the origin of the playback itself. */
  async respond(request: Request, own: string): Promise<Response> {
    const sent = await request.text();
    const page = this.#find(request, sent) ?? await this.#findMasked(request, sent);
    const archived = page && await this.#contents.response(page);
    if (archived === undefined) {
      const { pathname, search } = new URL(request.url);
      const error = `the archive contains no response to ${request.method} ${pathname}${search}`;
      return Response.json({ error }, { status: NOT_HELD });
    }
    const { status, headers, body, rest } = archived;
    for (const name of OF_TRANSFER) headers.delete(name);
    for (const [name, value] of headers) headers.set(name, this.#moved(value, own));
    const isBodyless = status === 204 || status === 304;
    const first = this.#movedBody(body, own);
    const response = isBodyless
      ? null
      : rest === undefined
      ? first
      : this.#stream(first, rest, own);
    return new Response(response, { status, headers });
  }

  /** A long body, part by part; parts end with a line where they can, so that no address is divided. */
  #stream(
    first: Uint8Array<ArrayBuffer>,
    rest: BodyReader,
    own: string,
  ): ReadableStream<Uint8Array<ArrayBuffer>> {
    return new ReadableStream({
      start: (controller) => controller.enqueue(first),
      pull: async (controller) => {
        const part = await rest.next();
        if (part === undefined) controller.close();
        else controller.enqueue(this.#movedBody(new Uint8Array(part), own));
      },
    }, { highWaterMark: 1 });
  }

  #find(request: Request, body: string): ArchivedPage | undefined {
    const url = new URL(request.url);
    for (const search of searchesOf(url)) {
      for (const origin of this.origins) {
        const key = requestKey({
          method: request.method as "GET" | "POST",
          url: `${origin}${url.pathname}${search}`,
          body,
        });
        const page = this.#byKey.get(key);
        if (page !== undefined) return page;
      }
    }
    return undefined;
  }

  /** The newest response to a request that was archived without its secrets, or with its parameters in another order. */
  async #findMasked(request: Request, body: string): Promise<ArchivedPage | undefined> {
    const keys = this.#masked.keysOf(new URL(request.url));
    const pages = keys.flatMap((key) => this.#byUrl.get(key) ?? []).toReversed();
    for (const page of pages) {
      const archived = await this.#contents.request(page);
      if (archived?.method === request.method && isMaskedBody(archived.body, body)) return page;
    }
    return undefined;
  }

  /** The text with the API's URLs replaced by those of the playback; JSON may escape their slashes. */
  #moved(text: string, own: string): string {
    const escaped = (origin: string) => origin.replaceAll("/", "\\/");
    return this.origins.reduce(
      (moved, origin) => moved.replaceAll(origin, own).replaceAll(escaped(origin), escaped(own)),
      text,
    );
  }

  #movedBody(body: Uint8Array<ArrayBuffer>, own: string): Uint8Array<ArrayBuffer> {
    const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("latin1");
    const moved = this.#moved(text, own);
    return moved === text ? body : new Uint8Array(Buffer.from(moved, "latin1"));
  }
}

/**
 * The forms in which the query of a request may have been archived: unchanged, without credentials, with masked
 * secrets.
 */
function searchesOf(url: URL): string[] {
  const unsigned = new URL(withoutSignature(url.href)).search;
  const parts = url.search.slice(1).split("&");
  const isSecret = (part: string) => isSecretName(decodeURIComponent(part.split("=")[0]!));
  const joined = (kept: readonly string[]) => kept.length === 0 ? "" : `?${kept.join("&")}`;
  if (!parts.some(isSecret)) return [url.search, unsigned];
  return [
    ...[url.search, unsigned],
    joined(parts.filter((part) => !isSecret(part))),
    joined(parts.map((part) => isSecret(part) ? `${part.split("=")[0]}=***` : part)),
  ];
}

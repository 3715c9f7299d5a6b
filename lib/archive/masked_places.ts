// Recognizes requests whose secrets were masked when they were archived: it notes which parameters and segments
// of paths the mask replaced, and leaves those out of a request's key. Pure. Invariant: a parameter that was
// archived with any other value is never left out, because requests may differ in it alone.
import { isSecretName } from "../config/schema/secret.ts";
import { MASK } from "../report/text/mask.ts";

/** Where the URLs of archived requests are masked. */
export class MaskedPlaces {
  readonly #masked = new Set<string>();
  readonly #visible = new Set<string>();
  /** The masked segments of paths, and how many segments those paths have. */
  readonly #paths = new Map<string, { count: number; places: ReadonlySet<number> }>();

  /** Notes the URL of an archived request. */
  note({ pathname, searchParams }: URL): void {
    for (const [name, value] of searchParams) {
      (value === MASK ? this.#masked : this.#visible).add(name);
    }
    const segments = pathname.split("/");
    const places = [...segments.keys()].filter((at) => segments[at] === MASK);
    if (places.length === 0) return;
    const id = `${segments.length} ${places}`;
    this.#paths.set(id, { count: segments.length, places: new Set(places) });
  }

  /** What may identify a request, whatever the order of its parameters; the first key is that of its own path. */
  keysOf({ pathname, searchParams }: URL): [string, ...string[]] {
    const query = [...searchParams].filter(([name]) => !this.#isHidden(name))
      .map(([name, value]) => `${name}=${value}`).sort().join("&");
    const segments = pathname.split("/");
    const paths = [...this.#paths.values()].filter(({ count }) => count === segments.length)
      .map(({ places }) => segments.map((text, at) => places.has(at) ? MASK : text).join("/"));
    return [`${pathname}?${query}`, ...paths.map((path) => `${path}?${query}`)];
  }

  #isHidden(name: string): boolean {
    return isSecretName(name) || this.#masked.has(name) && !this.#visible.has(name);
  }
}

/** Whether a body is one that was archived with its secrets masked. */
export function isMaskedBody(archived: string, body: string): boolean {
  const parts = archived.split(MASK).map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${parts.join("[^]*?")}$`, "u").test(body);
}

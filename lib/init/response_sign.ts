// Owns what a response shows of its paging next to its records: totals, page counts, cursors, flags and links. Pure.
// Invariant: a number that may count the records of one page never counts as the total.
import { type PlacedShape, placesOf, type ScalarShape, type Shape } from "./shape.ts";

/** What a response shows of its paging, as paths. */
export interface ResponseSigns {
  /** Number of records of the window. */
  readonly total: string | undefined;
  /** Number of pages. */
  readonly pages: string | undefined;
  /** Next cursor. */
  readonly cursor: string | undefined;
  /** A flag that is false on the last page. */
  readonly more: string | undefined;
  /** URL of the next page. */
  readonly link: string | undefined;
  /** Everything that looks like paging, including what fits none of the others. */
  readonly all: readonly string[];
}

const TOTAL =
  /^@?(total|totals|total_?(count|records|results|items|elements|hits|rows|size|entries|matches|number)|(count|records|results|items|hits|rows)_?total|(nb|num|number_?of|n)_?(found|hits|results|records|items|matches|matched)|num_?found|hits|hit_?count|matched|found|available|full_?count|grand_?total|overall_?count)$/i;
const COUNT = /^(count|(result|record|item|element|row|entry|document)s?_?count)$/i;
const PAGES =
  /^(total_?pages?|page_?count|pages?_?total|(num|nb|number_?of)_?pages|pages|last_?page|max_?page)$/i;
const CURSOR =
  /^(next_?(cursor|token|page_?token|marker|key|offset|id|position|start|page_?cursor)|(end|page|scroll|continuation|search)_?(cursor|token|id|marker)|cursor|continuation|bookmark|resumption_?token|scroll_?id|cursor_?mark|next_?cursor_?mark)$/i;
const MORE =
  /^(has_?(more|next(_?page)?|additional|following)|more|more_?(results|data|records)(_?available)?|is_?truncated|incomplete|next_?page_?exists)$/i;
const LINK = /^(next(_?(url|uri|link|href|page_?(url|uri|link)?))?|(@odata\.)?next_?link)$/i;
const NEXT_PARENT = /^(next(_?page)?|after)$/i;
const HREF = /^(href|uri|url|link)$/i;
const NOT_TOTAL =
  /\b(in|on|of) (this|the|a|each|current) (page|response|batch|call|result set)|per page|returned|this page|current page/i;
const SAYS_TOTAL = /\btotal\b|\ball\b|\boverall\b|matching|matched|across/i;
const OTHERS =
  /^(offset|skip|limit|page|per_?page|page_?(size|number|index)|prev(ious)?|start_?index|items_?per_?page)$/i;

/** What a shape shows of paging. */
export function responseSigns(response: Shape): ResponseSigns {
  const places = placesOf(response, 5)
    .map((place) => ({ ...place, name: place.name.replaceAll("-", "_") }));
  const scalars = places.filter(isScalar);
  const unknown = places.filter(({ shape }) => shape.kind === "any");
  const link = linkOf(scalars, unknown);
  const cursor = cursorOf(scalars, unknown) ??
    (link === undefined ? pageCursorOf(scalars) : undefined);
  const more = scalars.find(({ name, shape }) => MORE.test(name) && shape.type === "boolean");
  const pages = scalars.find(({ name, shape }) => PAGES.test(name) && isNumber(shape));
  const isPaged = [link, cursor, more?.path].some((path) => path !== undefined);
  const total = totalOf(scalars, isPaged, places);
  const others = scalars.filter(({ name }) => OTHERS.test(name) || COUNT.test(name));
  const known = [total, pages?.path, cursor, more?.path, link, ...others.map(({ path }) => path)];
  return {
    total,
    pages: pages?.path,
    cursor,
    more: more?.path,
    link,
    all: [...new Set(known.filter((path) => path !== undefined))],
  };
}

type ScalarPlace = PlacedShape & { readonly shape: ScalarShape };

function isScalar(place: PlacedShape): place is ScalarPlace {
  return place.shape.kind === "scalar";
}

/** Names of the steps of a path, the last first. */
function parentOf(path: string): string {
  return path.split(".").at(-2) ?? "";
}

/** The total: by its name, or a count that its description, or next and previous as in DRF, identify as one. */
function totalOf(
  scalars: readonly ScalarPlace[],
  isPaged: boolean,
  places: readonly PlacedShape[],
): string | undefined {
  const numbers = scalars.filter(({ shape }) => isNumber(shape) || shape.type === "text");
  const about = ({ shape }: ScalarPlace) => shape.about ?? "";
  const named = numbers.filter((place) =>
    isNumber(place.shape) && !NOT_TOTAL.test(about(place)) &&
    (TOTAL.test(place.name) || isTotalOfList(place, places) ||
      TOTAL.test(parentOf(place.path)) && /^(value|count)$/i.test(place.name))
  );
  const described = numbers.find((place) =>
    COUNT.test(place.name) && isNumber(place.shape) && SAYS_TOTAL.test(about(place)) &&
    !NOT_TOTAL.test(about(place))
  );
  const [first] = named.toSorted((a, b) => rank(a) - rank(b));
  const count = numbers.find(({ name, shape }) => COUNT.test(name) && isNumber(shape));
  const isSafe = count !== undefined && !NOT_TOTAL.test(about(count)) &&
    (!isPaged || isCountOfList(count, places));
  return (first ?? described)?.path ??
    (isSafe && /count$/i.test(count.name) ? count.path : undefined);
}

/** `total_games` next to the list `games`. */
function isTotalOfList({ path, name }: ScalarPlace, places: readonly PlacedShape[]): boolean {
  const list = /^total_?(?<of>\w+)$/i.exec(name)?.groups?.of?.toLowerCase();
  const beside = path.slice(0, path.length - name.length);
  return places.some((one) =>
    one.shape.kind === "list" && one.name.toLowerCase() === list && one.path === beside + one.name
  );
}

/** A total named as such comes before one with another name, such as `hits`. */
function rank({ name }: ScalarPlace): number {
  return /total/i.test(name) ? 0 : 1;
}

/** `count` next to `previous`, as Django REST framework counts the whole list. */
function isCountOfList({ path, name }: ScalarPlace, places: readonly PlacedShape[]): boolean {
  const beside = path.slice(0, path.length - name.length);
  return name === "count" &&
    places.some((one) => /^prev/i.test(one.name) && one.path === beside + one.name);
}

function linkOf(
  scalars: readonly ScalarPlace[],
  unknown: readonly PlacedShape[],
): string | undefined {
  const texts = scalars.filter(({ shape }) => shape.type === "text");
  const inside = texts.find(({ name, path }) =>
    HREF.test(name) && NEXT_PARENT.test(parentOf(path))
  );
  return texts.find(({ name, shape }) =>
    LINK.test(name) && !/token|cursor|number/i.test(shape.about ?? "")
  )?.path ??
    inside?.path ??
    unknown.find(({ name, path }) =>
      LINK.test(name) && (/link/i.test(parentOf(path)) || /url|link|uri|^next$/i.test(name))
    )?.path;
}

function cursorOf(
  scalars: readonly ScalarPlace[],
  unknown: readonly PlacedShape[],
): string | undefined {
  const known = [...scalars.filter(({ shape }) => shape.type !== "boolean"), ...unknown];
  return known.find(({ name }) => CURSOR.test(name))?.path ??
    nextOf(known, /cursor|after|token|id$/i) ?? nextOf(known, /./);
}

/** A member of `next` that is no link and no size. */
function nextOf(known: readonly PlacedShape[], sign: RegExp): string | undefined {
  return known.find(({ name, path }) =>
    NEXT_PARENT.test(parentOf(path)) && sign.test(name) && !HREF.test(name) &&
    !/^(path|limit|size|per_?page|page_?size)$/i.test(name)
  )?.path;
}

/** `meta.page.after`, which a link would stand for. */
function pageCursorOf(scalars: readonly ScalarPlace[]): string | undefined {
  return scalars.find(({ name, path }) =>
    name === "after" && /^(page|paging|pagination|cursors?)$/i.test(parentOf(path))
  )?.path;
}

function isNumber({ type }: ScalarShape): boolean {
  return ["integer", "bigint", "numeric"].includes(type);
}

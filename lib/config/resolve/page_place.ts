// Checks where a request sends the page number, the offset or the cursor: as a parameter, or at a placeholder
// that may stand anywhere in it. Pure.
import type { Stream } from "../schema/job_schema.ts";
import type { Placeholder } from "../template/placeholder.ts";
import type { JobPath, Scope } from "./scope.ts";

/** A placeholder, and where the job has it. */
export interface Found {
  /** Path of the string from the top of the job. */
  readonly path: JobPath;
  /** The placeholder. */
  readonly placeholder: Placeholder;
  /** Whether it is the whole string. */
  readonly isWhole: boolean;
}

/** Checks that the request of a stream sends the position of a page, and in one place. */
export function resolvePagePlaces(
  scope: Scope,
  name: string,
  stream: Stream,
  found: readonly Found[],
): void {
  const places = found.filter(({ placeholder }) => placeholder.from === "paging");
  resolvePlaceInPath(scope, name, stream, places);
  resolveCursorPlace(scope, name, stream, places);
}

/** Paging in the path requires a placeholder there. */
function resolvePlaceInPath(
  scope: Scope,
  name: string,
  stream: Stream,
  places: readonly Found[],
): void {
  const place = placeOf(stream);
  if (place === undefined || places.length > 0) return;
  scope.value(
    ["streams", name, "paging", "in"],
    `the path does not contain the page; add {${place}} to it`,
  );
}

/** A cursor goes either to a parameter or to a placeholder; a text with one needs it in the first request too. */
function resolveCursorPlace(
  scope: Scope,
  name: string,
  { paging }: Stream,
  found: readonly Found[],
): void {
  if (paging.by !== "cursor") return;
  const places = found.filter(({ placeholder }) => placeholder.name === "cursor");
  const at = ["streams", name, "paging"];
  if ((paging.cursor_param === undefined) === (places.length === 0)) {
    return scope.key(
      at,
      places.length === 0
        ? 'the request does not send the cursor; add "cursor_param", or {cursor} to the request'
        : 'the request has "{cursor}" already; leave out "cursor_param", or write {{cursor}} for literal braces',
    );
  }
  const isNeeded = ({ path, isWhole }: Found) =>
    !isWhole || path[3] === "path" || path[3] === "xml";
  if (paging.first === undefined && places.some(isNeeded)) {
    scope.key(
      at,
      '"{cursor}" within a string requires "first", the cursor of the first page; it may be ""',
    );
  }
}

/** The placeholder that paging fills in the path, if any. */
function placeOf({ paging }: Stream): string | undefined {
  return "in" in paging && paging.in === "path" ? paging.by : undefined;
}

/** Checks a placeholder of paging: it is allowed in the request of a stream that counts pages or records. */
export function resolvePagePlace(
  scope: Scope,
  path: JobPath,
  part: Placeholder,
  stream: Stream,
): void {
  const { paging } = stream;
  if (path[0] !== "streams" || path[2] !== "request") {
    return scope.value(
      path,
      `"${part.text}" is allowed only in the request of a stream`,
      part.text,
    );
  }
  if (paging.by !== part.name) {
    return scope.value(
      path,
      `"${part.text}" requires paging by ${part.name}; write "paging: { by: ${part.name}, ... }"`,
      part.text,
    );
  }
  if (paging.by !== "cursor" && "in" in paging && paging.in === "body") {
    scope.value(
      ["streams", String(path[1]), "paging", "in"],
      `the request has "${part.text}" already; leave out "in: body"`,
    );
  }
}

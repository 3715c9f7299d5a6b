// Checks that the header of CSV names the columns that a stream maps. Pure. A response of another shape would
// otherwise yield rows of nulls, or none, and mark dates as done that were never read.
import type { RowsSpec } from "../config/schema/job_schema.ts";
import { Failure } from "../failure.ts";
import { parsePath } from "./value/path.ts";
import { type RowShape, valueSpecOf } from "./row_shape.ts";
import { compileTemplate } from "./value/text_template.ts";

/** Names of which a header must contain one. */
type Alternatives = readonly string[];

/** Most names of a header in a message. */
const SHOWN_NAMES = 10;

/**
 * Compiles the check of a header for the entries of a stream. A column with a default may be missing.
 *
 * The check throws a {Failure} of kind `window` where the header does not fit.
 */
export function headerCheck(
  entries: readonly RowsSpec[],
  shapes: readonly RowShape[],
): (names: readonly string[]) => void {
  const needed = entries.flatMap((entry, at) =>
    entry.each === undefined
      ? shapes[at]!.columns.flatMap((column) => neededBy(valueSpecOf(entry, column), column))
      : []
  );
  const mapped = new Set(needed.flat());
  return (names) => {
    const missing = needed.filter((alternatives) =>
      !alternatives.some((name) => names.includes(name))
    );
    if (missing.length > 0) {
      throw wrongHeader(`its header does not contain ${quoted(missing[0]!)}`, names);
    }
    const twice = names.find((name, at) => mapped.has(name) && names.indexOf(name) < at);
    if (twice !== undefined) throw wrongHeader(`its header contains "${twice}" twice`, names);
  };
}

function neededBy(spec: ReturnType<typeof valueSpecOf>, column: string): Alternatives[] {
  if (spec.value !== undefined || spec.default !== undefined) return [];
  if (spec.template !== undefined) {
    return compileTemplate(spec.template, () => false, () => null).paths
      .flatMap(({ text }) => alternativesOf([text]));
  }
  return alternativesOf(spec.hash ?? spec.path ?? [column]);
}

/** The names that the paths read from a record; none where a path reads something else. */
function alternativesOf(paths: readonly string[]): Alternatives[] {
  const names = paths.map((text) => {
    const { root, up, steps } = parsePath(text);
    const [name] = steps;
    return up === 0 && (root === "element" || root === "record") && typeof name === "string"
      ? name
      : undefined;
  });
  return names.includes(undefined) ? [] : [names as string[]];
}

function quoted(names: Alternatives): string {
  return names.map((name) => `"${name}"`).join(" or ");
}

function wrongHeader(what: string, names: readonly string[]): Failure {
  const shown = names.slice(0, SHOWN_NAMES).map((name) => JSON.stringify(name.slice(0, 40)));
  const more = names.length > SHOWN_NAMES ? `, and ${names.length - SHOWN_NAMES} more` : "";
  return new Failure(
    "window",
    `Cannot read records: the CSV does not have the declared shape: ${what}; it contains ${
      shown.join(", ")
    }${more}`,
    {
      hint:
        'See the response with deno task probe; write "default: null" for a column that may be missing',
    },
  );
}

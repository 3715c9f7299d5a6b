// Owns one placeholder of a request: reads "{from|date}", "{params.region}" or "{each.station.id|join:,}"
// into its parts, or says what is wrong with it and what was probably meant. It never renders.
import { suggest } from "../../did_you_mean.ts";
import { MOMENT_FORMATS, momentFormatProblem, momentUnit, WINDOW_EDGES } from "./moment_format.ts";

/** One `{...}` of a template. */
export interface Placeholder {
  /** What it takes its value from: an edge of the window, a parameter, a value of `for_each`, the page. */
  readonly from: "window" | "params" | "each" | "paging";
  /** Edge of the window, name of the parameter or of the `for_each` value, `page` or `offset`. */
  readonly name: string;
  /** Fields below an `{each.NAME.field}`. */
  readonly fields: readonly string[];
  /** Format of an edge of the window; `date` unless said. */
  readonly format: string;
  /** What the elements of a list are joined with; undefined leaves the list a list. */
  readonly join: string | undefined;
  /** Type in a JSON body that a filter `|text` or `|number` asks for. */
  readonly as: "text" | "number" | undefined;
  /** Whether slashes of the value are those of the path, by a filter `|path`. */
  readonly slashes?: boolean;
  /** The placeholder as it is written, with its braces. */
  readonly text: string;
}

/** Why a text is no template. */
export interface TemplateProblem {
  /** What is wrong, without the text around it. */
  readonly problem: string;
  /** What was probably meant. */
  readonly guess: string | undefined;
  /** The placeholder at fault. */
  readonly at: string;
}

/** What paging puts into a path. */
export const PAGE_PLACES = ["page", "offset"] as const;

const EXPRESSION = /^\{([^{}|]*)((?:\|[^{}]*)?)\}$/s;

/** Reads a placeholder with its braces, or says what is wrong with it. */
export function readPlaceholder(text: string): Placeholder | TemplateProblem {
  const [, source = "", filters = ""] = EXPRESSION.exec(text) ?? [];
  const [from = "", ...steps] = source.trim().split(".");
  const base = { fields: [], format: "date", join: undefined, as: undefined, text };
  if ((WINDOW_EDGES as readonly string[]).includes(from) && steps.length === 0) {
    return readFilters({ ...base, from: "window", name: from }, filters);
  }
  if ((PAGE_PLACES as readonly string[]).includes(from) && steps.length === 0) {
    return readFilters({ ...base, from: "paging", name: from }, filters);
  }
  const [name, ...fields] = steps;
  if (name === undefined || steps.includes("") || from !== "params" && from !== "each") {
    return {
      problem: `there is no placeholder "${text}"`,
      guess: guessSource(from, steps),
      at: text,
    };
  }
  if (from === "params" && fields.length > 0) {
    return { problem: `a parameter has no fields: "${text}"`, guess: `{params.${name}}`, at: text };
  }
  return readFilters({ ...base, from, name, fields }, filters);
}

/** Words that people use for the edges of a window. */
const SYNONYMS: Readonly<Record<string, string>> = {
  ...{ date: "{from}", day: "{from}", start: "{from}", since: "{from}", begin: "{from}" },
  ...{ end: "{to}", until: "{to}", end_date: "{last}", start_date: "{from}" },
};

function guessSource(from: string, steps: string[]): string | undefined {
  if (steps.length === 0 && Object.hasOwn(SYNONYMS, from)) return SYNONYMS[from];
  const guess = suggest(from, steps.length === 0 ? WINDOW_EDGES : ["params", "each"]);
  if (guess !== undefined) return `{${[guess, ...steps].join(".")}}`;
  return steps.length === 0 ? `{params.${from}}` : undefined;
}

const FILTERS = ["join:,", "path", "text", "number"];
const FILTER = /\|(join:.[^|]*|[^|]*)/gs;

function readFilters(placeholder: Placeholder, filters: string): Placeholder | TemplateProblem {
  let result = placeholder;
  for (const [, filter = ""] of filters.matchAll(FILTER)) {
    if (filter === "text" || filter === "number") result = { ...result, as: filter };
    else if (filter === "path") result = { ...result, slashes: true };
    else if (filter.startsWith("join:")) result = { ...result, join: filter.slice(5) };
    else if (placeholder.from === "window") result = { ...result, format: filter };
    else return filterProblem(`there is no filter "${filter}"`, filter, FILTERS, placeholder.text);
  }
  if (placeholder.from !== "window") return result;
  const problem = momentFormatProblem(result.format);
  if (problem === undefined) return result;
  if (result.format.includes("%")) return { problem, guess: undefined, at: placeholder.text };
  const known = [...MOMENT_FORMATS, "a pattern such as %d.%m.%Y"];
  return filterProblem(problem, result.format, known, placeholder.text);
}

function filterProblem(
  what: string,
  filter: string,
  known: readonly string[],
  at: string,
): TemplateProblem {
  const guess = suggest(filter, known);
  const problem = guess === undefined ? `${what}; expected one of ${known.join(", ")}` : what;
  return { problem, guess, at };
}

/** Whether a placeholder shows a time of day, and so can tell windows shorter than a day apart. */
export function showsTime(part: Placeholder): boolean {
  return part.from === "window" && momentUnit(part.format) !== "day";
}

// Parses one placeholder of a request, such as "{from|date}", "{params.region}" or
// "{each.station.id|join:,}", or says what is wrong with it and what was probably meant. It never renders.
import { suggest } from "../../did_you_mean.ts";
import { MOMENT_FORMATS, momentFormatProblem, momentUnit, WINDOW_EDGES } from "./moment_format.ts";

/** One `{...}` of a template. */
export interface Placeholder {
  /** Source of its value: an edge of the window, a parameter, a value of `for_each`, paging, or the position of a feed. */
  readonly from: "window" | "params" | "each" | "paging" | "export" | "since";
  /**
   * Edge of the window, name of the parameter or of the `for_each` value, `page`, `offset`, `cursor` or `id`; for the position
   * of a feed `start`, `cursor`, or empty for whichever there is.
   */
  readonly name: string;
  /** Fields below an `{each.NAME.field}`. */
  readonly fields: readonly string[];
  /** Format of an edge of the window, or of the time at which a feed begins or continues. Defaults to `date`. */
  readonly format: string;
  /** Whether the format is declared, so that the cursor of a feed is written in it, too. */
  readonly isFormatted?: boolean;
  /** Whether an edge of the window is written in UTC instead of the job's time zone (filter `|utc`). */
  readonly utc?: boolean;
  /** Separator that joins the elements of a list; undefined keeps the list. */
  readonly join: string | undefined;
  /** Type in a JSON body that the filter `|text` or `|number` selects. */
  readonly as: "text" | "number" | undefined;
  /** Whether slashes in the value separate path segments (filter `|path`). */
  readonly slashes?: boolean;
  /** The placeholder as written, with its braces. */
  readonly text: string;
}

/** Why a string is not a valid template. */
export interface TemplateProblem {
  /** What is wrong. */
  readonly problem: string;
  /** What was probably meant. */
  readonly guess: string | undefined;
  /** The invalid placeholder. */
  readonly at: string;
}

/** The placeholders that paging fills. */
const PAGE_PLACES = ["page", "offset", "cursor"] as const;

/** What follows `since` in a placeholder. */
const SINCE_PARTS: readonly string[] = ["", "start", "cursor"];

const EXPRESSION = /^\{([^{}|]*)((?:\|[^{}]*)?)\}$/s;

/** Parses a placeholder with its braces, or says what is wrong with it. */
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
  if (from === "export" && steps.join(".") === "id") {
    return readFilters({ ...base, from: "export", name: "id" }, filters);
  }
  if (from === "since" && SINCE_PARTS.includes(steps.join("."))) {
    return readFilters({ ...base, from: "since", name: steps.join(".") }, filters);
  }
  const [name, ...fields] = steps;
  if (name === undefined || steps.includes("") || from !== "params" && from !== "each") {
    return {
      problem: `unknown placeholder "${text}"`,
      guess: guessSource(from, steps),
      at: text,
    };
  }
  if (from === "params" && fields.length > 0) {
    return { problem: `a parameter has no fields: "${text}"`, guess: `{params.${name}}`, at: text };
  }
  return readFilters({ ...base, from, name, fields }, filters);
}

/** Common synonyms of the edges of a window. */
const SYNONYMS: Readonly<Record<string, string>> = {
  ...{ date: "{from}", day: "{from}", start: "{from}", begin: "{from}" },
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
  const isDated = placeholder.from === "window" || placeholder.from === "since";
  for (const [, filter = ""] of filters.matchAll(FILTER)) {
    if (filter === "text" || filter === "number") result = { ...result, as: filter };
    else if (filter === "utc" && isDated) result = { ...result, utc: true };
    else if (filter === "path") result = { ...result, slashes: true };
    else if (filter.startsWith("join:")) result = { ...result, join: filter.slice(5) };
    else if (isDated) result = { ...result, format: filter, isFormatted: true };
    else return filterProblem(`unknown filter "${filter}"`, filter, FILTERS, placeholder.text);
  }
  if (!isDated) return result;
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

/** Whether a placeholder includes a time of day, and so distinguishes windows shorter than a day. */
export function showsTime(part: Placeholder): boolean {
  return part.from === "window" && momentUnit(part.format) !== "day";
}

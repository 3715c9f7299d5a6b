// Owns the values of a job's `params`: which flag is whose, and whether a value is allowed by pattern
// and choices. Where values come from is for tasks/ to know; a lookup is passed in. Pure.
import { Failure } from "../../failure.ts";
import { didYouMean } from "../../did_you_mean.ts";
import type { Param } from "./job_schema.ts";

/** A value of a parameter: a text, or a list of texts. */
export type ParamValue = string | string[];

/** Most values of one list, so that a slip of the pen makes no endless request. */
const MOST_VALUES = 10_000;

/** The flag of a parameter, without dashes before it: `region_codes` is `region-codes`. */
export function flagOf(name: string): string {
  return name.replaceAll("_", "-");
}

/**
 * The parameters that were given; one that `given` has no value for is not among them.
 *
 * `given` is asked for each parameter by name and whether it is a list; values of a list may be joined
 * by commas, or stand in several elements, or both.
 *
 * @throws {Failure} of kind `configuration` where a value is not allowed, with what was probably meant.
 */
export function readParams(
  params: Readonly<Record<string, Param>>,
  given: (name: string, list: boolean) => string | readonly string[] | undefined,
): Record<string, ParamValue> {
  const values: Record<string, ParamValue> = {};
  for (const [name, param] of Object.entries(params)) {
    const texts = [given(name, param.list) ?? []].flat();
    if (texts.length > 0) values[name] = readValues(name, param, texts);
  }
  return values;
}

function readValues(name: string, param: Param, texts: readonly string[]): ParamValue {
  const values = param.list ? listOf(texts) : texts.slice(-1);
  for (const value of values) {
    const problem = paramValueProblem(param, value);
    if (problem !== undefined) throw refused(name, problem);
  }
  if (values.length > MOST_VALUES) throw refused(name, `it has more than ${MOST_VALUES} values`);
  return param.list ? values : values[0] ?? "";
}

function listOf(texts: readonly string[]): string[] {
  const values = texts.flatMap((text) => text.split(",")).map((text) => text.trim());
  return [...new Set(values.filter((text) => text !== ""))];
}

function refused(name: string, problem: string): Failure {
  return new Failure("configuration", `Cannot use --${flagOf(name)}: ${problem}`, {
    hint: `See "params.${name}" in the job file`,
  });
}

/** The values of parameters that are given none. */
export function defaultParams(params: Readonly<Record<string, Param>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(params).flatMap(([name, { default: value }]) =>
      value === undefined ? [] : [[name, value]]
    ),
  );
}

/** Why a parameter cannot have a value, or undefined where it can. */
export function paramValueProblem(
  param: Pick<Param, "choices" | "pattern">,
  value: string,
): string | undefined {
  if (param.choices !== undefined && !param.choices.includes(value)) {
    const guess = didYouMean(value, param.choices) ?? `expected one of ${param.choices.join(", ")}`;
    return `"${value}" is not among its choices; ${guess}`;
  }
  if (param.pattern === undefined || new RegExp(`^(?:${param.pattern})$`, "u").test(value)) {
    return undefined;
  }
  return `"${value}" does not match the pattern ${param.pattern}`;
}

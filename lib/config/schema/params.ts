// Reads the values of a job's `params` and checks them against pattern and choices. The command line is
// read elsewhere; a lookup is passed in. Pure.
import { Failure } from "../../failure.ts";
import { didYouMean } from "../../did_you_mean.ts";
import { compilePattern } from "../pattern/pattern.ts";
import type { Param } from "./job_schema.ts";

/** The value of a parameter: a string, or an array of strings. */
export type ParamValue = string | string[];

/** Maximum number of values of one list, so that a mistake cannot build an endless request. */
const MOST_VALUES = 10_000;

/** The flag of a parameter, without the leading dashes: `region-codes` for `region_codes`. */
export function flagOf(name: string): string {
  return name.replaceAll("_", "-");
}

/**
 * The parameters for which `given` returns a value.
 *
 * `given` receives the name of each parameter and whether it is a list. The values of a list may be
 * separated by commas, passed as several elements, or both.
 *
 * @throws {Failure} of kind `configuration` if a value is not allowed, with a guess at what was meant.
 */
export function readParams(
  params: Readonly<Record<string, Param>>,
  given: (name: string, list: boolean) => string | readonly string[] | undefined,
): Record<string, ParamValue> {
  const values: Record<string, ParamValue> = {};
  for (const [name, param] of Object.entries(params)) {
    const texts = [given(name, param.list) ?? []].flat();
    if (texts.length > 0) values[name] = readValues(name, param, texts, `--${flagOf(name)}`);
  }
  return values;
}

/**
 * The parameters that a program passes, checked as those of the command line are.
 *
 * @throws {Failure} of kind `configuration` if the job has no such parameter, or a value is not allowed.
 */
export function passedParams(
  params: Readonly<Record<string, Param>>,
  passed: Readonly<Record<string, unknown>>,
): Record<string, ParamValue> {
  return Object.fromEntries(
    Object.entries(passed).filter(([, value]) => value !== undefined).map(([name, value]) => {
      const texts = [value].flat();
      const label = `parameter "${name}"`;
      if (!Object.hasOwn(params, name)) throw refused(name, label, "the job does not declare it");
      if (texts.every((text) => typeof text === "string")) {
        return [name, readValues(name, params[name]!, texts, label)];
      }
      throw refused(name, label, "expected a string or an array of strings");
    }),
  );
}

function readValues(
  name: string,
  param: Param,
  texts: readonly string[],
  label: string,
): ParamValue {
  const values = param.list ? listOf(texts) : texts.slice(-1);
  for (const value of values) {
    const problem = paramValueProblem(param, value);
    if (problem !== undefined) throw refused(name, label, problem);
  }
  if (values.length > MOST_VALUES) {
    throw refused(name, label, `it has more than ${MOST_VALUES} values`);
  }
  return param.list ? values : values[0] ?? "";
}

function listOf(texts: readonly string[]): string[] {
  const values = texts.flatMap((text) => text.split(",")).map((text) => text.trim());
  return [...new Set(values.filter((text) => text !== ""))];
}

function refused(name: string, label: string, problem: string): Failure {
  return new Failure("configuration", `Cannot use ${label}: ${problem}`, {
    hint: `See "params.${name}" in the job file`,
  });
}

/** The default values of parameters. */
export function defaultParams(params: Readonly<Record<string, Param>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(params).flatMap(([name, { default: value }]) =>
      value === undefined ? [] : [[name, value]]
    ),
  );
}

/** Why a value is not allowed for a parameter, or undefined if it is. */
export function paramValueProblem(
  param: Pick<Param, "choices" | "pattern">,
  value: string,
): string | undefined {
  if (param.choices !== undefined && !param.choices.includes(value)) {
    const guess = didYouMean(value, param.choices) ?? `expected one of ${param.choices.join(", ")}`;
    return `"${value}" is not one of its choices; ${guess}`;
  }
  if (param.pattern === undefined) return undefined;
  const { exec, mostChars } = compilePattern(`^(?:${param.pattern})$`);
  if (value.length > mostChars) return `it has more than ${mostChars} characters`;
  if (exec(value) !== null) return undefined;
  return `"${value}" does not match the pattern ${param.pattern}`;
}

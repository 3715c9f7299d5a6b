// Owns the way from a job's `params` to flags and back: `--region-codes gb ire`, `--region-codes gb,ire`
// and the flag repeated all give the same list. Values are checked against pattern and choices. Pure;
// the command line is passed in.
import { Failure } from "../report/failure.ts";
import { didYouMean } from "./did_you_mean.ts";
import type { Job } from "./job.ts";
import type { Param } from "./job_schema.ts";

/** A value of a parameter: one, a list, or null where there is none. */
export type ParamValue = string | number | boolean | null | (string | number | boolean | null)[];

/** Most values of one list, so that a slip of the pen makes no endless request. */
const MOST_VALUES = 10_000;

/** The flag of a parameter, without dashes: `region_codes` is `region-codes`. */
export function flagOf(name: string): string {
  return name.toLowerCase().replaceAll("_", "-");
}

/** Flags of the job's parameters for `parseArgs`: all are texts; lists are collected. */
export function paramFlags(job: Pick<Job, "params">): { string: string[]; collect: string[] } {
  const entries = Object.entries(job.params);
  return {
    string: entries.map(([name]) => flagOf(name)),
    collect: entries.filter(([, { list }]) => list).map(([name]) => flagOf(name)),
  };
}

/**
 * The command line with every value that follows a list flag given a flag of its own, up to the next
 * flag: `--region-codes gb ire --resume` becomes `--region-codes=gb --region-codes=ire --resume`.
 * Nothing after `--` is touched. So `parseArgs` of @std/cli, which takes one value a flag, reads it.
 */
export function spreadListFlags(args: readonly string[], lists: readonly string[]): string[] {
  const spread: string[] = [];
  let flag: string | undefined;
  for (const [index, arg] of args.entries()) {
    if (arg === "--") return [...spread, ...args.slice(index)];
    if (flag !== undefined && !/^-./.test(arg)) {
      spread.push(`--${flag}=${arg}`);
      continue;
    }
    const name = arg.startsWith("--") ? arg.slice(2) : undefined;
    const value = name?.indexOf("=") ?? -1;
    flag = lists.find((list) => list === name || value > 0 && list === name?.slice(0, value));
    if (flag === undefined || value > 0 || !isValue(args[index + 1])) spread.push(arg);
  }
  return spread;
}

function isValue(arg: string | undefined): boolean {
  return arg !== undefined && !/^-./.test(arg);
}

/**
 * The values of the job's parameters: those given by flags, else the defaults, else null.
 *
 * `flags` is what `parseArgs` returned. A list splits its values at commas.
 *
 * @throws Failure("configuration") where a value is not allowed, with what was probably meant.
 */
export function readParams(
  job: Pick<Job, "params">,
  flags: Readonly<Record<string, unknown>>,
): Record<string, ParamValue> {
  const entries = Object.entries(job.params).map(([name, param]) => {
    const given = Object.hasOwn(flags, flagOf(name)) ? flags[flagOf(name)] : undefined;
    const texts = [given ?? []].flat().map(String);
    return [name, texts.length === 0 ? defaultOf(param) : readValues(name, param, texts)] as const;
  });
  return Object.fromEntries(entries);
}

function defaultOf(param: Param): ParamValue {
  if (param.default === undefined) return null;
  return param.list ? [param.default].flat() : param.default as ParamValue;
}

function readValues(name: string, param: Param, texts: string[]): ParamValue {
  const values = param.list
    ? texts.flatMap((text) => text.split(",")).map((text) => text.trim()).filter((text) =>
      text !== ""
    )
    : texts.slice(-1);
  for (const value of values) {
    const problem = paramValueProblem(param, value);
    if (problem !== undefined) throw refused(name, problem);
  }
  if (values.length > MOST_VALUES) throw refused(name, `it has more than ${MOST_VALUES} values`);
  return param.list ? [...new Set(values)] : values[0] ?? null;
}

function refused(name: string, problem: string): Failure {
  return new Failure("configuration", `Cannot use --${flagOf(name)}: ${problem}`, {
    hint: `Look at "params.${name}" in the job file`,
  });
}

/** Why a parameter cannot have a value, or undefined where it can. */
export function paramValueProblem(param: Param, value: string): string | undefined {
  if (param.choices !== undefined && !param.choices.includes(value)) {
    const guess = didYouMean(value, param.choices) ?? `expected one of ${param.choices.join(", ")}`;
    return `"${value}" is not among its choices; ${guess}`;
  }
  if (param.pattern === undefined || new RegExp(`^(?:${param.pattern})$`, "u").test(value)) {
    return undefined;
  }
  return `"${value}" does not match ${param.pattern}`;
}

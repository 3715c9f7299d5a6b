// Parses the command line. `--region-codes gb ire` and dates such as `-7d` are values of the preceding
// flag; unknown flags are refused with a suggestion. The text of --help comes from the same list of flags.
// Commands interpret the flags.
import { parseArgs } from "@std/cli/parse-args";
import { suggest } from "../did_you_mean.ts";
import { Failure } from "../failure.ts";
import { asStarted } from "./own_commands.ts";
import { fitText } from "./terminal/fit_text.ts";

/** One flag of a command. */
export interface Flag {
  /** `switch` takes no value, `value` takes one, `list` takes one or more. */
  readonly kind: "switch" | "value" | "list";
  /** A sentence for --help. */
  readonly about: string;
  /** How the value is named in --help. */
  readonly value?: string;
}

/** Flags by name, without the dashes. */
export type Flags = Readonly<Record<string, Flag>>;

/** The arguments of a command. */
export interface Arguments {
  /** Whether a switch was given. */
  has(name: string): boolean;
  /** The value of a flag, the last one if it was repeated. */
  value(name: string): string | undefined;
  /** The values of a list flag, split at commas. */
  list(name: string): string[];
  /** The positional arguments. */
  readonly rest: string[];
}

/** Flags that every command has. */
const COMMON: Flags = {
  help: { kind: "switch", about: "Print this help." },
  verbose: { kind: "switch", about: "Print stack traces of errors." },
};

/**
 * Parses a command line.
 *
 * @throws {Failure} of kind `configuration` if a flag does not exist or is missing its value.
 */
export function readArguments(argv: readonly string[], flags: Flags, maxRest = 0): Arguments {
  const all = { ...COMMON, ...flags };
  const names = (kind: Flag["kind"]) => Object.keys(all).filter((name) => all[name]!.kind === kind);
  const unknown: string[] = [];
  const parsed = parseArgs(joinValues(argv, all), {
    boolean: names("switch"),
    string: [...names("value"), ...names("list")],
    collect: [...names("value"), ...names("list")],
    alias: { help: "h" },
    unknown: (arg: string) => {
      if (arg.startsWith("-")) unknown.push(arg);
      return !arg.startsWith("-");
    },
  }) as Record<string, unknown> & { _: (string | number)[] };
  const rest = parsed._.map(String);
  if (unknown[0] !== undefined) throw unknownFlag(unknown[0], Object.keys(all));
  if (rest.length > maxRest) throw unexpected(rest[maxRest]!);
  const values = (name: string) => (parsed[name] as string[] | undefined) ?? [];
  return {
    has: (name) => parsed[name] === true,
    value: (name) => values(name).at(-1),
    list: (name) =>
      values(name).flatMap((value) => value.split(",")).filter((value) => value !== ""),
    rest,
  };
}

/**
 * Writes `--flag value` as `--flag=value` and a list's values as repeats, so that `-7d` is a value.
 * Nothing after `--` is touched.
 *
 * @throws {Failure} of kind `configuration` if a flag is missing its value.
 */
function joinValues(argv: readonly string[], flags: Flags): string[] {
  const joined: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i]!;
    if (arg === "--") return [...joined, ...argv.slice(i)];
    const [, name = "", first] = /^--([^=]+)(?:=(.*))?$/s.exec(arg) ?? [];
    const kind = Object.hasOwn(flags, name) ? flags[name]!.kind : "switch";
    if (kind === "switch") {
      joined.push(arg);
      continue;
    }
    const given = first === undefined ? [] : [first];
    const more = valuesAfter(argv, i, kind === "list" ? Infinity : 1 - given.length);
    i += more.length;
    const values = [...given, ...more];
    if (values.length === 0 || values.some((value) => /^[\s,]*$/.test(value))) {
      throw missingValue(name);
    }
    joined.push(...values.map((value) => `--${name}=${value}`));
  }
  return joined;
}

function valuesAfter(argv: readonly string[], at: number, most: number): string[] {
  const values: string[] = [];
  while (values.length < most) {
    const next = argv[at + 1 + values.length];
    if (next === undefined || (next.startsWith("-") && !/^-\d/.test(next))) break;
    values.push(next);
  }
  return values;
}

/** The text of --help. */
export function helpText(usage: string, about: string, flags: Flags): string {
  const rows = Object.entries({ ...flags, ...COMMON }).map(([name, flag]) => {
    const value = flag.kind === "switch"
      ? ""
      : ` ${flag.value ?? "VALUE"}${flag.kind === "list" ? "..." : ""}`;
    return [`  --${name}${value}`, flag.about] as const;
  });
  const width = Math.max(...rows.map(([left]) => left.length));
  const lines = rows.map(([left, right]) => `${left.padEnd(width)}  ${right}`);
  const text = [`usage: deno task ${usage}`, "", about, "", "options:", ...lines].join("\n");
  return fitText(asStarted(text, undefined), Deno.stdout);
}

/**
 * The failure of the first argument that is a misspelled flag; undefined if there is none. An unknown flag that
 * resembles none of `flags` may be one that the job declares.
 */
export function misspelledFlag(argv: readonly string[], flags: Flags): Failure | undefined {
  const names = Object.keys({ ...COMMON, ...flags });
  const unknown = argv.filter((arg) => arg.startsWith("--"))
    .filter((arg) => !names.includes(nameOf(arg)) && suggest(nameOf(arg), names) !== undefined);
  return unknown[0] === undefined ? undefined : unknownFlag(unknown[0], names);
}

function nameOf(arg: string): string {
  return arg.replace(/^-+/, "").replace(/=.*$/s, "");
}

function unknownFlag(arg: string, names: readonly string[]): Failure {
  const near = suggest(nameOf(arg), names);
  return new Failure("configuration", `Cannot read the command line: unknown option "${arg}"`, {
    hint: near === undefined ? "See --help" : `Did you mean --${near}?`,
  });
}

function unexpected(arg: string): Failure {
  return new Failure(
    "configuration",
    `Cannot read the command line: "${arg}" is an unexpected argument`,
    {
      hint: "See --help",
    },
  );
}

function missingValue(name: string): Failure {
  return new Failure("configuration", `Cannot read the command line: --${name} requires a value`, {
    hint: "See --help",
  });
}

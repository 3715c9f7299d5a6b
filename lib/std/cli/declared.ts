// Owns what a caller declares about its flags: the options, and the sets they stand for.
// Invariant: a set that holds a flag holds its aliases too.
import type { Aliases, BooleanType, Collectable, Negatable, StringType } from "./args.ts";

/** What a caller declares about its flags. */
export interface ParseOptions<
  TBooleans extends BooleanType = BooleanType,
  TStrings extends StringType = StringType,
  TCollectable extends Collectable = Collectable,
  TNegatable extends Negatable = Negatable,
  TDefault extends Record<string, unknown> | undefined =
    | Record<string, unknown>
    | undefined,
  TAliases extends Aliases | undefined = Aliases | undefined,
  TDoubleDash extends boolean | undefined = boolean | undefined,
> {
  /** Whether what stands after `--` goes to the key `--` instead of `_`. Defaults to false. */
  "--"?: TDoubleDash;
  /** Aliases of a flag; a value is returned under each of them. */
  alias?: TAliases;
  /** Flags that take no value and are false when absent; `true` declares every `--name` as one. */
  boolean?: TBooleans | ReadonlyArray<Extract<TBooleans, string>>;
  /** Values of flags that are absent. */
  default?: TDefault & Record<string, unknown>;
  /** Whether parsing stops at the first word. Defaults to false. */
  stopEarly?: boolean;
  /** Flags whose values stay strings; `_` keeps the words strings. */
  string?: TStrings | ReadonlyArray<Extract<TStrings, string>>;
  /** Flags that may be repeated; their values form one array. */
  collect?: TCollectable | ReadonlyArray<Extract<TCollectable, string>>;
  /** Flags that `--no-NAME` sets to false. */
  negatable?: TNegatable | ReadonlyArray<Extract<TNegatable, string>>;
  /** Called with each word and each undeclared flag; returning false drops it. */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

/** The declarations, in the form that parsing needs. */
export interface Declared {
  /** Flags that take no value. */
  booleans: Set<string>;
  /** Flags whose values stay strings. */
  strings: Set<string>;
  /** Flags whose values form an array. */
  collected: Set<string>;
  /** Flags that `--no-NAME` sets to false. */
  negatable: Set<string>;
  /** Values of absent flags. */
  defaults: Record<string, unknown>;
  /** Whether every `--name` takes no value. */
  allBooleans: boolean;
  /** Whether parsing stops at the first word. */
  stopEarly: boolean;
  /** The aliases of a flag. */
  aliasesOf(name: string): string[];
  /** Whether the flag in this argument is declared. */
  knows(name: string, arg: string): boolean;
  /** The caller's reply to a word or an undeclared flag. */
  unknown(arg: string, key?: string, value?: unknown): unknown;
}

/** Reads the options. */
export function declared(options: ParseOptions): Declared {
  const aliases = aliasMap(options.alias ?? {});
  const aliasesOf = (name: string) => aliases.get(name) ?? [];
  const setOf = (names: unknown) =>
    new Set(listed(names).flatMap((name) => [name, ...aliasesOf(name)]));
  const allBooleans = options.boolean === true;
  const booleans = setOf(allBooleans ? [] : options.boolean);
  const strings = setOf(options.string);
  const collected = setOf(options.collect);
  return {
    booleans,
    strings,
    collected,
    negatable: setOf(options.negatable),
    defaults: options.default ?? {},
    allBooleans,
    stopEarly: options.stopEarly ?? false,
    aliasesOf,
    knows: (name, arg) =>
      booleans.has(name) || strings.has(name) || collected.has(name) || aliases.has(name) ||
      allBooleans && /^--[^=]+$/.test(arg),
    unknown: options.unknown ?? (() => true),
  };
}

function aliasMap(alias: Record<string, unknown>): Map<string, string[]> {
  const map = new Map<string, string[]>();
  for (const [name, others] of Object.entries(alias)) {
    if (others === undefined) {
      throw new TypeError("Alias value must be defined");
    }
    const group = [name, ...listed(others)];
    for (const member of group) {
      map.set(
        member,
        group.filter((other) => other !== member),
      );
    }
  }
  return map;
}

function listed(names: unknown): string[] {
  return [names].flat().filter((name): name is string => typeof name === "string" && name !== "");
}

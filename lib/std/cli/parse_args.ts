/**
 * Reads command lines into records, as minimist does: flags may stand anywhere among the words.
 * Pure: it never reads `Deno.args`, prints or refuses anything; the caller's `unknown` receives what is
 * not declared. Invariant: every argument is read once, so parsing terminates.
 *
 * @module
 */
import { type Declared, declared, type ParseOptions } from "./declared.ts";
import type {
  Aliases,
  BooleanType,
  Collectable,
  DoubleDash,
  Flat,
  Negatable,
  StringType,
  Values,
} from "./args.ts";
import { type Flag, tokens } from "./tokens.ts";

export type { ParseOptions };

/** What {@linkcode parseArgs} returns: the flags by name, the words under `_`. */
export type Args<
  // deno-lint-ignore no-explicit-any
  TArgs extends Record<string, unknown> = Record<string, any>,
  TDoubleDash extends boolean | undefined = undefined,
> = Flat<
  & TArgs
  & {
    /** The words that belong to no flag, in order. */
    _: Array<string | number>;
  }
  & (boolean extends TDoubleDash ? DoubleDash
    : true extends TDoubleDash ? Required<DoubleDash>
    : Record<never, never>)
>;

type Branch = Record<string, unknown>;

/**
 * Reads a command line. Strings that look like numbers become numbers unless their flag is declared
 * `string`; the last of repeated flags wins unless they are declared `collect`; `--no-x` means
 * false only where `x` is declared `negatable`; dots in names create nested records.
 *
 * @example
 * ```ts
 * import { parseArgs } from "@std/cli/parse-args";
 * parseArgs(["--port=80", "--only", "a"], { string: ["only"], collect: ["only"] });
 * // { port: 80, only: ["a"], _: [] }
 * ```
 */
export function parseArgs<
  TArgs extends Values<
    TBooleans,
    TStrings,
    TCollectable,
    TNegatable,
    TDefaults,
    TAliases
  >,
  TDoubleDash extends boolean | undefined = undefined,
  TBooleans extends BooleanType = undefined,
  TStrings extends StringType = undefined,
  TCollectable extends Collectable = undefined,
  TNegatable extends Negatable = undefined,
  TDefaults extends Record<string, unknown> | undefined = undefined,
  TAliases extends Aliases<TAliasArgNames, TAliasNames> | undefined = undefined,
  TAliasArgNames extends string = string,
  TAliasNames extends string = string,
>(
  args: readonly string[],
  options?: ParseOptions<
    TBooleans,
    TStrings,
    TCollectable,
    TNegatable,
    TDefaults,
    TAliases,
    TDoubleDash
  >,
): Args<TArgs, TDoubleDash> {
  const flags = declared(options ?? {});
  const cut = args.indexOf("--");
  const [own, rest] = cut < 0 ? [args, []] : [args.slice(0, cut), args.slice(cut + 1)];
  const parsed = { _: [] as Array<string | number> };
  for (const token of tokens(own, flags)) {
    if (typeof token === "string") parsed._.push(token);
    else if ("word" in token) addWord(parsed._, token.word, flags);
    else addFlag(parsed, token, flags);
  }
  addDefaults(parsed, flags);
  if (options?.["--"]) Object.assign(parsed, { "--": rest });
  else parsed._.push(...rest);
  return parsed as unknown as Args<TArgs, TDoubleDash>;
}

function addWord(
  words: Array<string | number>,
  word: string,
  flags: Declared,
): void {
  if (flags.unknown(word) === false) return;
  words.push(flags.strings.has("_") ? word : numeric(word));
}

function addFlag(
  parsed: Branch,
  { name, value, arg, isNegation }: Flag,
  flags: Declared,
): void {
  if (!flags.knows(name, arg) && flags.unknown(arg, name, value) === false) {
    return;
  }
  const typed = typeof value === "string" && !flags.strings.has(name) ? numeric(value) : value;
  const collects = flags.collected.has(name) && !isNegation;
  for (const each of [name, ...flags.aliasesOf(name)]) {
    put(parsed, each, typed, collects);
  }
}

function addDefaults(parsed: Branch, flags: Declared): void {
  for (const [name, value] of Object.entries(flags.defaults)) {
    if (isPut(parsed, name)) continue;
    for (const each of [name, ...flags.aliasesOf(name)]) {
      put(parsed, each, value, false);
    }
  }
  for (const name of flags.booleans) {
    if (!isPut(parsed, name)) {
      put(parsed, name, flags.collected.has(name) ? [] : false, false);
    }
  }
  for (const name of flags.strings.intersection(flags.collected)) {
    if (!isPut(parsed, name)) put(parsed, name, [], false);
  }
}

function put(
  root: Branch,
  name: string,
  value: unknown,
  collects: boolean,
): void {
  const path = name.split(".");
  const leaf = path.pop()!;
  let branch = root;
  for (const key of path) {
    if (reachesPrototype(branch, key)) return;
    branch = (branch[key] ??= {}) as Branch;
  }
  if (reachesPrototype(branch, leaf)) return;
  const before = Object.hasOwn(branch, leaf) ? branch[leaf] : undefined;
  if (collects && Array.isArray(before)) before.push(value);
  else if (collects) branch[leaf] = before ? [before, value] : [value];
  else branch[leaf] = value;
}

/** Whether a name would lead out of the record, to what all objects share. */
function reachesPrototype(branch: Branch, key: string): boolean {
  return key === "__proto__" || key === "constructor" && !Object.hasOwn(branch, key);
}

function isPut(root: Branch, name: string): boolean {
  let branch: unknown = root;
  for (const key of name.split(".")) {
    if (!Object.hasOwn(Object(branch), key)) return false;
    branch = (branch as Branch)[key];
  }
  return true;
}

function numeric(text: string): string | number {
  return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}

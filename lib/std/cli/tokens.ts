// Splits a command line into flags and words: what is a flag, and whether it takes the next
// argument. It never converts a value and never decides whether a flag is allowed.
import type { Declared } from "./declared.ts";

/** A flag as it was written. */
export interface Flag {
  /** Its name, without dashes. */
  name: string;
  /** The value written after it, or true or false. */
  value: string | boolean;
  /** The argument it stood in. */
  arg: string;
  /** Whether it was written `--no-NAME` and NAME is negatable. */
  isNegation?: boolean;
}

/** A flag, a word, or (as a bare string) a word after the point where parsing stopped. */
export type Token = Flag | { word: string } | string;

interface Reading {
  flags: Flag[];
  tookNext: boolean;
}

/** Splits the arguments, without `--` and what follows, into flags and words. */
export function* tokens(args: readonly string[], declared: Declared): Generator<Token> {
  for (let index = 0; index < args.length; index++) {
    const arg = args[index]!;
    const reading = readFlags(arg, args[index + 1], declared);
    if (reading) {
      yield* reading.flags;
      if (reading.tookNext) index++;
      continue;
    }
    yield { word: arg };
    if (declared.stopEarly) return yield* args.slice(index + 1);
  }
}

function readFlags(
  arg: string,
  next: string | undefined,
  declared: Declared,
): Reading | undefined {
  if (/^--./s.test(arg)) return readLong(arg, next, declared);
  return /^-./s.test(arg) ? readLetters(arg, next, declared) : undefined;
}

function readLong(
  arg: string,
  next: string | undefined,
  declared: Declared,
): Reading {
  const [, no, base, value] = /^--(no-)?(.+?)(?:=(.*))?$/s.exec(arg) ??
    /^--()(.+)$/s.exec(arg)!;
  const isFlag = (name: string) => declared.booleans.has(name);
  if (value !== undefined) {
    return one({
      name: base!,
      value: isFlag(base!) ? value !== "false" : value,
      arg,
    });
  }
  if (no && declared.negatable.has(base!)) {
    return one({ name: base!, value: false, arg, isNegation: true });
  }
  const name = `${no ?? ""}${base}`;
  if (next && !isFlag(name) && !declared.allBooleans && !next.startsWith("-")) {
    return one({ name, value: next, arg }, true);
  }
  return one(...bare(name, arg, next, declared));
}

/** `-abc`: three flags; the last may take the next argument; `-n5`, `-f=x`, `-I/dir` carry a value. */
function readLetters(
  arg: string,
  next: string | undefined,
  declared: Declared,
): Reading {
  const flags: Flag[] = [];
  for (let at = 1; at < arg.length - 1; at++) {
    const [name, rest] = [arg[at]!, arg.slice(at + 1)];
    const value = attached(name, rest);
    flags.push({
      name,
      value: value ?? (declared.strings.has(name) ? "" : true),
      arg,
    });
    if (value !== undefined) return { flags, tookNext: false };
  }
  const name = arg.at(-1)!;
  if (name === "-") return { flags, tookNext: false };
  if (next && !declared.booleans.has(name) && !/^--?[^-]/.test(next)) {
    return { flags: [...flags, { name, value: next, arg }], tookNext: true };
  }
  const [last, tookNext] = bare(name, arg, next, declared);
  return { flags: [...flags, last], tookNext };
}

function attached(letter: string, rest: string): string | undefined {
  if (rest === "-") return rest;
  if (rest === "=") return "";
  const isLetter = /[A-Za-z]/.test(letter);
  const assigned = isLetter ? /=(.+)/s.exec(rest)?.[1] : undefined;
  if (assigned !== undefined) return assigned;
  if (isLetter && /-?\d+(\.\d*)?(e-?\d+)?$/.test(rest)) return rest;
  return rest.length > 1 && /^\W/.test(rest) ? rest : undefined;
}

/** A flag without a value of its own; a following `true` or `false` is taken as one. */
function bare(
  name: string,
  arg: string,
  next: string | undefined,
  declared: Declared,
): [Flag, boolean] {
  const tookNext = next === "true" || next === "false";
  const absent = declared.strings.has(name) ? "" : true;
  return [{ name, arg, value: tookNext ? next === "true" : absent }, tookNext];
}

function one(flag: Flag, tookNext = false): Reading {
  return { flags: [flag], tookNext };
}

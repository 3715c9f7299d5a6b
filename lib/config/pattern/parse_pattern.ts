// Parses a regular expression of JavaScript (flag `u`) into a tree, so that its cost can be bounded and it
// can be matched without backtracking. V8 decides what is valid; this parser accepts whatever V8 accepts.

/** A part of a regular expression. */
export type PatternNode =
  | { readonly kind: "char"; readonly source: string }
  | { readonly kind: "assertion"; readonly source: string; readonly around?: PatternNode }
  | { readonly kind: "sequence"; readonly nodes: readonly PatternNode[] }
  | { readonly kind: "choice"; readonly nodes: readonly PatternNode[] }
  | { readonly kind: "group"; readonly index: number; readonly node: PatternNode }
  | RepeatNode;

/** A repetition; `max` may be Infinity. */
export interface RepeatNode {
  /** Kind of the node. */
  readonly kind: "repeat";
  /** What is repeated. */
  readonly node: PatternNode;
  /** Least number of repetitions. */
  readonly min: number;
  /** Most repetitions. */
  readonly max: number;
  /** Whether as many repetitions as possible are tried first. */
  readonly greedy: boolean;
}

/** The tree of a regular expression. */
export interface ParsedPattern {
  /** The whole expression. */
  readonly node: PatternNode;
  /** Number of its groups that capture. */
  readonly groups: number;
  /** A construct that only backtracking can match, if there is one. */
  readonly needsBacktracking: string | undefined;
}

/** One character: an escape, a class, or a code point. */
const CHAR =
  /\\u\{[^}]*\}|\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u.{4}|\\x..|\\c.|\\[pP]\{[^}]*\}|\[(?:\\.|[^\]])*\]|\\.|./suy;
const QUANTIFIER = /(?:([*+?])|\{(\d+)(,?)(\d*)\})(\??)/uy;
const GROUP = /\((?:(\?<?[=!])|(\?:)|(\?[a-z-]+:)|(?:\?<[^>]+>)?)/uy;

/**
 * Parses a regular expression.
 *
 * @throws {SyntaxError} where V8 refuses it.
 */
export function parsePattern(source: string): ParsedPattern {
  new RegExp(source, "u");
  const parser = new Parser(source);
  const node = parser.choice();
  return { node, groups: parser.groups, needsBacktracking: parser.needsBacktracking };
}

class Parser {
  groups = 0;
  needsBacktracking: string | undefined;
  readonly #source: string;
  #at = 0;
  /** How many lookarounds enclose the place. */
  #around = 0;

  constructor(source: string) {
    this.#source = source;
  }

  choice(): PatternNode {
    const nodes = [this.#sequence()];
    while (this.#source[this.#at] === "|") {
      this.#at++;
      nodes.push(this.#sequence());
    }
    return nodes.length === 1 ? nodes[0]! : { kind: "choice", nodes };
  }

  #sequence(): PatternNode {
    const nodes: PatternNode[] = [];
    while (this.#at < this.#source.length && !"|)".includes(this.#source[this.#at]!)) {
      nodes.push(this.#repeated(this.#atom()));
    }
    return { kind: "sequence", nodes };
  }

  #repeated(node: PatternNode): PatternNode {
    const found = this.#take(QUANTIFIER);
    if (found === null) return node;
    const [, sign, least = "0", comma, most, lazy] = found;
    const min = sign === undefined ? Number(least) : sign === "+" ? 1 : 0;
    const max = sign === undefined
      ? comma === "" ? min : most === "" ? Infinity : Number(most)
      : sign === "?"
      ? 1
      : Infinity;
    return { kind: "repeat", node, min, max, greedy: lazy === "" };
  }

  #atom(): PatternNode {
    const start = this.#at;
    const group = this.#take(GROUP);
    if (group !== null) return this.#group(start, group);
    const [source] = this.#take(CHAR)!;
    if (/^\\(?:[1-9]|k)/.test(source)) this.needsBacktracking = "a backreference";
    const isAssertion = source === "^" || source === "$" || source === "\\b" || source === "\\B";
    return { kind: isAssertion ? "assertion" : "char", source };
  }

  #group(start: number, [, around, plain, flags]: RegExpExecArray): PatternNode {
    if (flags !== undefined) this.needsBacktracking = "flags within it";
    const captures = around === undefined && plain === undefined && flags === undefined;
    const index = captures ? ++this.groups : 0;
    if (index === 1 && this.#around > 0) this.needsBacktracking = "a group within a lookaround";
    if (around !== undefined) this.#around++;
    const node = this.choice();
    this.#at++;
    if (around === undefined) return { kind: "group", index, node };
    this.#around--;
    const source = this.#source.slice(start, this.#at);
    return { kind: "assertion", source, around: node };
  }

  #take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#source);
    if (found !== null) this.#at = pattern.lastIndex;
    return found;
  }
}

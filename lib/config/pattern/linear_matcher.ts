// Matches a regular expression in time linear in the text: it backtracks like V8, in the same order, but
// never tries the same instruction at the same place of the text twice. Characters and assertions are
// tested by V8, so that they mean the same. A property test compares it with V8.
import { countStepsAt, matchesEmpty } from "./count_steps.ts";
import type { ParsedPattern, PatternNode, RepeatNode } from "./parse_pattern.ts";

/** The whole match and the first group, as `RegExp.exec` returns them. */
export type Match = readonly (string | undefined)[];

/** Most instructions of an expression. */
const MAX_INSTRUCTIONS = 10_000;

/** Most steps of a lookaround. */
const MAX_AROUND_STEPS = 200;

type Instruction =
  | { readonly op: "char"; readonly matches: (code: number) => boolean }
  | { readonly op: "assert"; readonly expression: RegExp }
  | { readonly op: "try"; first: number; second: number }
  | { readonly op: "jump"; to: number }
  | { readonly op: "save"; readonly slot: number }
  | { readonly op: "forget" }
  | { readonly op: "advanced"; readonly slot: number }
  | { readonly op: "match" };

/** The slots of the first group; later ones hold the start of a repetition. */
const [START, END, FIRST_MARK] = [0, 1, 2];

/** A regular expression, compiled into instructions. */
export class LinearMatcher {
  readonly #program: Instruction[] = [];
  readonly #hasGroup: boolean;
  readonly #charTests = new Map<string, (code: number) => boolean>();
  #slots = FIRST_MARK;

  /**
   * Compiles a tree.
   *
   * @throws {RangeError} if it cannot be matched in linear time; the message is the reason.
   */
  constructor({ node, groups, needsBacktracking }: ParsedPattern) {
    if (needsBacktracking !== undefined) throw new RangeError(`it has ${needsBacktracking}`);
    this.#hasGroup = groups > 0;
    this.#compile(node);
    this.#emit({ op: "match" });
  }

  /** Number of instructions; time and memory of a match are at most this times the length of the text. */
  get size(): number {
    return this.#program.length;
  }

  /** The first match in the text, or null. */
  exec(text: string): Match | null {
    const visited = new Uint8Array(((text.length + 1) * this.size >> 3) + 1);
    for (let start = 0; start <= text.length; start += width(text, start)) {
      const slots = new Array<number>(this.#slots).fill(-1);
      const end = this.#run(text, start, slots, visited);
      if (end === undefined) continue;
      const whole = text.slice(start, end);
      if (!this.#hasGroup) return [whole];
      return [whole, slots[END]! < 0 ? undefined : text.slice(slots[START], slots[END])];
    }
    return null;
  }

  /** The end of the match that starts at a place. What is left to try is a stack of places, and of slots to restore. */
  #run(text: string, start: number, slots: number[], visited: Uint8Array): number | undefined {
    const stack = [0, start];
    const restore = (slot: number) => stack.push(-1 - slot, slots[slot]!);
    while (stack.length > 0) {
      let at = stack.pop()!;
      let pc: number | undefined = stack.pop()!;
      if (pc < 0) {
        slots[-1 - pc] = at;
        continue;
      }
      while (pc !== undefined) {
        const state: number = at * this.size + pc;
        if ((visited[state >> 3]! & (1 << (state & 7))) !== 0) break;
        visited[state >> 3]! |= 1 << (state & 7);
        const one: Instruction = this.#program[pc]!;
        if (one.op === "match") return at;
        if (one.op === "char") {
          if (at >= text.length || !one.matches(text.codePointAt(at)!)) break;
          at += width(text, at);
        } else if (one.op === "try") stack.push(one.second, at);
        else if (one.op === "save") {
          restore(one.slot);
          slots[one.slot] = at;
        } else if (one.op === "forget") {
          restore(START);
          restore(END);
          slots[START] = slots[END] = -1;
        }
        pc = next(one, pc, text, at, slots);
      }
    }
    return undefined;
  }

  #emit(instruction: Instruction): number {
    if (this.size >= MAX_INSTRUCTIONS) throw new RangeError("its repetitions are too many");
    return this.#program.push(instruction) - 1;
  }

  #compile(node: PatternNode): void {
    switch (node.kind) {
      case "char":
        this.#emit({ op: "char", matches: this.#charTest(node.source) });
        return;
      case "assertion":
        return this.#assertion(node.source, node.around);
      case "sequence":
        return node.nodes.forEach((one) => this.#compile(one));
      case "choice":
        return this.#choice(node.nodes);
      case "group":
        if (node.index === 1) this.#emit({ op: "save", slot: START });
        this.#compile(node.node);
        if (node.index === 1) this.#emit({ op: "save", slot: END });
        return;
      case "repeat":
        return this.#repeat(node);
    }
  }

  #charTest(source: string): (code: number) => boolean {
    const test = this.#charTests.get(source) ?? charTest(source);
    this.#charTests.set(source, test);
    return test;
  }

  /** V8 tries an assertion at every place, so it must take few steps. */
  #assertion(source: string, around: PatternNode | undefined): void {
    if (around !== undefined && countStepsAt(around, MAX_AROUND_STEPS) >= MAX_AROUND_STEPS) {
      throw new RangeError("it has a lookaround that repeats");
    }
    this.#emit({ op: "assert", expression: new RegExp(source, "uy") });
  }

  #choice(nodes: readonly PatternNode[]): void {
    const ends: { op: "jump"; to: number }[] = [];
    for (const [at, node] of nodes.entries()) {
      const isLast = at === nodes.length - 1;
      const choice = { op: "try" as const, first: this.size + 1, second: 0 };
      if (!isLast) this.#emit(choice);
      this.#compile(node);
      if (isLast) break;
      const end = { op: "jump" as const, to: 0 };
      this.#emit(end);
      ends.push(end);
      choice.second = this.size;
    }
    for (const end of ends) end.to = this.size;
  }

  /**
   * Around a loop whose iterations may be empty, the matcher would reach a position that it has not finished, and skip
   * it. It reaches no other position twice before finishing it.
   */
  #repeat({ node, min, max, greedy }: RepeatNode): void {
    if (max === Infinity && matchesEmpty(node)) {
      throw new RangeError("it repeats a part that may be empty");
    }
    for (let n = 0; n < min; n++) this.#iteration(node);
    const choices: { op: "try"; first: number; second: number }[] = [];
    for (let n = min; n < (max === Infinity ? min + 1 : max); n++) {
      const choice = { op: "try" as const, first: 0, second: 0 };
      const at = this.#emit(choice);
      choices.push(choice);
      choice[greedy ? "first" : "second"] = this.size;
      this.#optional(node);
      if (max === Infinity) this.#emit({ op: "jump", to: at });
    }
    for (const choice of choices) choice[greedy ? "second" : "first"] = this.size;
  }

  /** An iteration that is not required fails where it matches the empty string. */
  #optional(node: PatternNode): void {
    if (!matchesEmpty(node)) return this.#iteration(node);
    const slot = this.#slots++;
    this.#emit({ op: "save", slot });
    this.#iteration(node);
    this.#emit({ op: "advanced", slot });
  }

  /** An iteration forgets what the one before it captured. */
  #iteration(node: PatternNode): void {
    if (hasFirstGroup(node)) this.#emit({ op: "forget" });
    this.#compile(node);
  }
}

/** The instruction that follows; undefined where the instruction fails. */
function next(
  one: Instruction,
  pc: number,
  text: string,
  at: number,
  slots: readonly number[],
): number | undefined {
  if (one.op === "try") return one.first;
  if (one.op === "jump") return one.to;
  if (one.op === "advanced") return slots[one.slot] === at ? undefined : pc + 1;
  if (one.op !== "assert") return pc + 1;
  one.expression.lastIndex = at;
  return one.expression.test(text) ? pc + 1 : undefined;
}

function hasFirstGroup(node: PatternNode): boolean {
  if (node.kind === "group") return node.index === 1 || hasFirstGroup(node.node);
  if (node.kind === "repeat") return hasFirstGroup(node.node);
  return (node.kind === "sequence" || node.kind === "choice") && node.nodes.some(hasFirstGroup);
}

/** Whether a code point is one of a class; the results for ASCII are kept. Most expressions never get here: see pattern.ts. */
function charTest(source: string): (code: number) => boolean {
  let expression: RegExp | undefined;
  const ascii = new Int8Array(128).fill(-1);
  const test = (code: number) => {
    expression ??= new RegExp(`^${source}$`, "u");
    return expression.test(String.fromCodePoint(code));
  };
  return (code) => {
    if (code >= 128) return test(code);
    if (ascii[code] === -1) ascii[code] = Number(test(code));
    return ascii[code] === 1;
  };
}

/** How many UTF-16 units the code point at a place has. */
function width(text: string, at: number): 1 | 2 {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}

// Reads a YAML file into a tree in which every node knows its place. It accepts the subset of YAML that
// a job needs (mappings with string keys, lists, scalars, anchors, merge keys) and reports duplicate keys,
// tags and excessive sizes. Invariant: the tree expands to at most MOST_NODES nodes, at most
// DEEPEST_NESTING deep, however aliases are used.
import { Composer, isAlias, isMap, isScalar, isSeq, Parser, YAMLParseError } from "yaml";
import type { Alias, Document, Node, Pair, Scalar, YAMLMap, YAMLSeq } from "yaml";
import { type Finding, lineOf, type Place, type SourceText } from "./problem.ts";
import type { YamlEntry, YamlList, YamlMap, YamlNode, YamlScalar } from "./node.ts";
export type { YamlNode } from "./node.ts";
import { didYouMean } from "../../did_you_mean.ts";
import { DEEPEST_NESTING, MOST_NODES, readTokens } from "./limits.ts";
import { isReadable, yamlMistakes } from "./mistake.ts";

/** Maximum number of findings that are recorded. */
const MOST_FINDINGS = 200;
/** Maximum number of syntax errors that are reported per file. */
const MOST_MISTAKES = 20;

/** Reads a YAML file. If it has mistakes, the tree holds the readable part, or is undefined. */
export function readYamlTree(
  source: SourceText,
): { root: YamlNode | undefined; findings: Finding[] } {
  const tokens = readTokens(source);
  if (!Array.isArray(tokens)) return { root: undefined, findings: [tokens] };
  const document = parseTokens(tokens, source.text.length);
  const findings = yamlMistakes(source, document.errors)
    .concat(yamlMistakes(source, document.warnings)).slice(0, MOST_MISTAKES);
  if (!isReadable(document.errors)) return { root: undefined, findings };
  const builder = new TreeBuilder(source, findings);
  const root = document.contents === null ? undefined : builder.build(document.contents, 0);
  return { root, findings };
}

/** Does what `parseDocument` of the yaml package does, without lexing a second time. */
function parseTokens(tokens: readonly string[], end: number): Document.Parsed {
  const parser = new Parser();
  const parsed = function* () {
    for (const token of tokens) yield* parser.next(token);
    yield* parser.end();
  };
  const composer = new Composer({ prettyErrors: false, uniqueKeys: false, logLevel: "silent" });
  const [document, second] = composer.compose(parsed(), true, end);
  if (second !== undefined) {
    const message = "the file contains a second document";
    document!.errors.push(
      new YAMLParseError([second.range[0], second.range[1]], MULTIPLE, message),
    );
  }
  return document!;
}

const MULTIPLE = "MULTIPLE_DOCS";

/** Builds the tree of one document; anchors are defined in the order of the file. */
class TreeBuilder {
  readonly #anchors = new Map<string, YamlNode>();
  #merged = 0;

  constructor(readonly source: SourceText, readonly findings: Finding[]) {}

  build(node: Node, depth: number): YamlNode {
    const built = this.#convert(node, depth);
    if ("anchor" in node && typeof node.anchor === "string") this.#anchors.set(node.anchor, built);
    if (depth === 0 && built.size > MOST_NODES) {
      this.#report(built.place, `aliases make the file larger than ${MOST_NODES} values`);
      return this.#empty(built.place);
    }
    return built;
  }

  #convert(node: Node, depth: number): YamlNode {
    const place = this.#place(node);
    if (depth > DEEPEST_NESTING) {
      this.#report(place, `mappings and lists are nested more than ${DEEPEST_NESTING} deep`);
      return this.#empty(place);
    }
    if (isAlias(node)) return this.#alias(node, place, depth);
    if (isMap(node)) return this.#map(node, place, depth);
    if (isSeq(node)) return this.#list(node, place, depth);
    return this.#scalar(node as Scalar, place);
  }

  #alias(node: Alias, place: Place, depth: number): YamlNode {
    const target = this.#anchors.get(node.source);
    if (target === undefined) {
      const guess = didYouMean(node.source, this.#anchors.keys());
      this.#report(place, join(`the anchor "${node.source}" is not defined before this`, guess));
      return this.#empty(place);
    }
    if (target.size <= MOST_NODES && target.depth + depth <= DEEPEST_NESTING) return target;
    this.#report(place, "aliases make the file too large or too deep");
    return this.#empty(place);
  }

  #list(node: YAMLSeq, place: Place, depth: number): YamlList {
    const items = node.items.map((item) => this.build(item as Node, depth + 1));
    return { kind: "list", place, items, ...this.#sizes(items, place) };
  }

  #map(node: YAMLMap, place: Place, depth: number): YamlMap {
    const entries = new Map<string, YamlEntry>();
    const merged: YamlEntry[] = [];
    for (const pair of node.items as Pair<Node, Node | null>[]) {
      const key = this.#key(pair.key);
      if (key === undefined) continue;
      const value = pair.value === null || pair.value === undefined
        ? this.#empty(key.place)
        : this.build(pair.value, depth + 1);
      const first = entries.get(key.text);
      if (key.text === "<<") merged.push({ key: key.place, node: value });
      else if (first !== undefined) entries.set(key.text, this.#twice(first, key, value));
      else entries.set(key.text, { key: key.place, node: value });
    }
    for (const { key, node } of merged) this.#merge(entries, key, node);
    const values = [...entries.values()].map(({ node }) => node);
    return { kind: "map", place, entries, ...this.#sizes(values, place) };
  }

  /** For a duplicate key, keeps the larger value, so that fewer of its parts are reported as missing. */
  #twice(first: YamlEntry, key: { text: string; place: Place }, second: YamlNode): YamlEntry {
    const line = lineOf(this.source, first.key.offset);
    this.#report(key.place, `the key "${key.text}" is already defined in line ${line}`);
    return second.size > first.node.size ? { key: key.place, node: second } : first;
  }

  #key(key: Node): { text: string; place: Place } | undefined {
    const place = this.#place(key);
    if (!isScalar(key)) {
      this.#report(place, "a key must be a string");
      return undefined;
    }
    const text = typeof key.value === "string" ? key.value : key.source ?? String(key.value);
    if (text !== "__proto__") return { text, place };
    this.#report(place, 'a key cannot be "__proto__"');
    return undefined;
  }

  /** `<<: *anchor`: adds the keys of one or more mappings that the mapping does not have itself. */
  #merge(entries: Map<string, YamlEntry>, key: Place, from: YamlNode): void {
    const maps = from.kind === "list" ? from.items : [from];
    for (const map of maps) {
      if (map.kind !== "map") {
        this.#report(key, "the value of << must be a mapping or a list of mappings");
        continue;
      }
      this.#merged += map.entries.size;
      if (this.#merged > MOST_NODES) return this.#report(key, "merge keys make the file too large");
      for (const [name, entry] of map.entries) if (!entries.has(name)) entries.set(name, entry);
    }
  }

  #scalar(node: Scalar, place: Place): YamlScalar {
    const value = scalarValue(node);
    if (typeof value === "string" && (value.includes("\0") || !value.isWellFormed())) {
      this.#report(place, "the string contains a NUL character or an unpaired surrogate");
    }
    return { kind: "scalar", place, value, size: 1, depth: 0 };
  }

  #sizes(children: readonly YamlNode[], place: Place): { size: number; depth: number } {
    let [size, depth] = [1, 0];
    for (const child of children) {
      size += child.size;
      depth = Math.max(depth, child.depth);
    }
    if (depth >= DEEPEST_NESTING) this.#report(place, "aliases make the file too deep");
    return { size, depth: depth + 1 };
  }

  #empty(place: Place): YamlScalar {
    return { kind: "scalar", place, value: null, size: 1, depth: 0 };
  }

  #place(node: Node): Place {
    const [start, end] = node.range ?? [0, 0];
    const { source } = this;
    // A collection extends to the next node; problems point at its first line.
    const lineEnd = source.text.indexOf("\n", start);
    const last = lineEnd < 0 ? end : Math.min(end, lineEnd);
    return { source, offset: start, length: Math.max(1, last - start) };
  }

  #report(place: Place, message: string): void {
    if (this.findings.length < MOST_FINDINGS) this.findings.push({ place, message });
  }
}

/** The value of a scalar. Integers beyond the safe range and codes such as "007" stay strings. */
function scalarValue({ value, source }: Scalar): YamlScalar["value"] {
  if (typeof value === "number") {
    const code = source !== undefined && /^[-+]?0\d/.test(source);
    return code || Number.isInteger(value) && !Number.isSafeInteger(value) ? source ?? null : value;
  }
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  return source ?? String(value);
}

/** A message, followed by a guess if there is one. */
function join(message: string, guess: string | undefined): string {
  return guess === undefined ? message : `${message}; ${guess}`;
}

// Reads the nodes of a decoded document as objects, arrays, strings or media types; a node of another kind
// reads as an empty one. Pure; nothing in it throws.
import { isObject } from "../../extract/value/path.ts";

/** An object of the document. */
export type Node = Readonly<Record<string, unknown>>;

/** The node, or an empty one. */
export function nodeOf(value: unknown): Node {
  return isObject(value) ? value : {};
}

/** The array, or an empty one. */
export function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The string, or an empty one. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** The first content with a JSON media type. */
export function jsonOf(content: Node): Node | undefined {
  const type = Object.keys(content).find((type) => /json/i.test(type) && !isLines(type));
  return type === undefined ? undefined : nodeOf(content[type]);
}

/** The format that a job has to declare where none of the media types is JSON. */
export function formatOf(types: readonly string[]): "csv" | "ndjson" | undefined {
  if (types.some((type) => /json|^\*\/\*$/i.test(type) && !isLines(type))) return undefined;
  if (types.some(isLines)) return "ndjson";
  return types.some((type) => /csv/i.test(type)) ? "csv" : undefined;
}

function isLines(type: string): boolean {
  return /ndjson|jsonl|json-lines|json-seq/i.test(type);
}

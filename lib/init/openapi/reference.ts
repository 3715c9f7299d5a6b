// Resolves `$ref`: finds the node of the file that a reference names. A JSON pointer may step through objects
// and arrays, and files next to the document are read through a function that is passed in. Invariant:
// circular references end, and a reference that cannot be resolved is recorded, never dropped.
import { parse } from "yaml";
import { isObject } from "../../extract/value/path.ts";
import { type Node, nodeOf } from "./node.ts";

/** Reads a file relative to the document; undefined where there is none. */
export type ReadFile = (name: string) => string | undefined;

/** Most references in a row. */
const MAX_REFERENCES = 20;
/** Most files that one document refers to. */
const MAX_FILES = 200;
/** Aliases of one YAML anchor: generated documents repeat the same node thousands of times. */
const MAX_ALIASES = 100_000;

/** The references of one document and the files next to it. */
export class References {
  /** References without a target, as written. */
  readonly unresolved = new Set<string>();
  readonly #root: Node;
  readonly #read: ReadFile;
  readonly #files = new Map<string, unknown>();

  /** Resolves the references of a decoded document. */
  constructor(root: Node, read: ReadFile) {
    this.#root = root;
    this.#read = read;
  }

  /** The node behind references; members next to a `$ref` override those of its target. */
  follow(node: unknown): Node {
    let found = nodeOf(node);
    const beside: Node[] = [];
    for (let n = 0; typeof found.$ref === "string"; n++) {
      const { $ref, ...own } = found;
      if (n === MAX_REFERENCES) {
        this.unresolved.add($ref as string);
        return {};
      }
      if (Object.keys(own).length > 0) beside.unshift(own);
      found = this.#target($ref as string);
    }
    return beside.length === 0 ? found : Object.assign({}, found, ...beside);
  }

  #target(reference: string): Node {
    const at = reference.indexOf("#");
    const [file, pointer] = at < 0
      ? [reference, ""]
      : [reference.slice(0, at), reference.slice(at + 1)];
    const found = stepsOf(pointer).reduce(stepInto, file === "" ? this.#root : this.#file(file));
    if (!isObject(found)) this.unresolved.add(reference);
    return nodeOf(found);
  }

  #file(name: string): unknown {
    if (!this.#files.has(name)) {
      const text = this.#files.size < MAX_FILES ? this.#read(decoded(name)) : undefined;
      this.#files.set(name, text === undefined ? undefined : withBase(parsedOrNone(text), name));
    }
    return this.#files.get(name);
  }
}

/** Decodes JSON or YAML; throws where the text is neither. */
export function parseDocument(text: string): unknown {
  return /^\s*[{[]/.test(text) ? JSON.parse(text) : parse(text, { maxAliasCount: MAX_ALIASES });
}

function parsedOrNone(text: string): unknown {
  try {
    return parseDocument(text);
  } catch {
    return undefined;
  }
}

/** The steps of a JSON pointer (RFC 6901), percent-decoded. */
function stepsOf(pointer: string): string[] {
  if (!pointer.startsWith("/")) return pointer === "" ? [] : [pointer];
  return pointer.slice(1).split("/").map((step) =>
    decoded(step).replaceAll("~1", "/").replaceAll("~0", "~")
  );
}

function stepInto(value: unknown, step: string): unknown {
  if (Array.isArray(value)) return /^\d+$/.test(step) ? value[Number(step)] : undefined;
  return isObject(value) && Object.hasOwn(value, step) ? value[step] : undefined;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The content of a file with references that lead from the document; nodes of YAML anchors are shared. */
function withBase(root: unknown, file: string): unknown {
  const folder = file.includes("/") ? file.slice(0, file.lastIndexOf("/") + 1) : "";
  const copies = new Map<object, unknown>();
  const copy = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value;
    const known = copies.get(value);
    if (known !== undefined) return known;
    const target: unknown[] | Record<string, unknown> = Array.isArray(value) ? [] : {};
    copies.set(value, target);
    for (const [name, member] of Object.entries(value)) {
      const isReference = name === "$ref" && typeof member === "string";
      Object.defineProperty(target, name, {
        value: isReference ? rebased(member, file, folder) : copy(member),
        ...{ enumerable: true, writable: true, configurable: true },
      });
    }
    return target;
  };
  return copy(root);
}

function rebased(reference: string, file: string, folder: string): string {
  if (reference.startsWith("#")) return `${file}${reference}`;
  return /^[a-z]+:/i.test(reference) ? reference : `${folder}${reference.replace(/^\.\//, "")}`;
}

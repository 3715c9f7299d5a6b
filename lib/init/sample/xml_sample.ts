// Owns the reading of an XML sample as the values that JSON would have: lists, numbers, booleans and null. Pure.
// Invariant: paths of the result are those of the job, since only lists of one and the types of texts change.
import { decodeBody } from "../../extract/decode/read_body.ts";
import { isObject } from "../../extract/value/path.ts";
import { Failure } from "../../failure.ts";

/** An XML document, and the namespaces without which its names would collide. */
export interface XmlSample {
  /** The decoded value. */
  readonly body: unknown;
  /** Prefixes of namespaces, by the URI that the document declares; undefined where none is needed. */
  readonly namespaces?: Readonly<Record<string, string>>;
}

/** Elements that repeat, even if a document has only one of them. */
const REPEATED = /^(item|entry|record|row|time_?series|series|obs|period|point)$/i;

/** Numbers that a numeric column stores unchanged. */
const NUMBER = /^[+-]?(0|[1-9]\d{0,14})(\.\d+)?$/;

/**
 * Reads an XML document.
 *
 * @throws {Failure} of kind `window` where it is not well-formed.
 */
export function readXmlSample(text: string): XmlSample {
  const { value, namespaces } = decode(text);
  const places = new Map<string, Place>();
  visit(value, "", places);
  const body = converted(value, "", places);
  return { body, ...namespaces === undefined ? {} : { namespaces } };
}

function decode(text: string): { value: unknown; namespaces?: Record<string, string> } {
  try {
    return { value: drained(decodeBody(text, { format: "xml" })) };
  } catch (error) {
    const namespaces = Object.fromEntries(
      [...text.matchAll(/\sxmlns:([\w-]+)\s*=\s*["']([^"']+)["']/g)].map(([, prefix, uri]) => [
        ...[prefix!, uri!],
      ]),
    );
    if (!(error instanceof Failure) || Object.keys(namespaces).length === 0) throw error;
    return { value: drained(decodeBody(text, { format: "xml", namespaces })), namespaces };
  }
}

function drained<T>(steps: Generator<void, T>): T {
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

/** What all values at one path have in common. */
interface Place {
  isList: boolean;
  areNumbers: boolean;
  areBooleans: boolean;
}

/** Collects the values at each path; the elements of a list are at the path of the list. */
function visit(value: unknown, path: string, places: Map<string, Place>): void {
  const place = places.get(path) ?? { isList: false, areNumbers: true, areBooleans: true };
  places.set(path, place);
  if (Array.isArray(value)) {
    place.isList = true;
    for (const element of value) visit(element, path, places);
  } else if (isObject(value)) {
    const [, parent = ""] = /([^/]*)$/.exec(path) ?? [];
    for (const [name, member] of Object.entries(value)) {
      const below = `${path}/${name}`;
      visit(member, below, places);
      if (repeats(name, parent, Object.keys(value).length)) places.get(below)!.isList = true;
    }
  } else if (typeof value === "string" && value.trim() !== "") {
    place.areNumbers &&= NUMBER.test(value.trim());
    place.areBooleans &&= /^(true|false)$/.test(value.trim());
  }
}

/** Whether an element repeats by its name: `item`, or `station` alone in `stations`. */
function repeats(name: string, parent: string, siblings: number): boolean {
  return REPEATED.test(name) || siblings === 1 && parent === `${name}s`;
}

function converted(value: unknown, path: string, places: ReadonlyMap<string, Place>): unknown {
  const place = places.get(path)!;
  if (Array.isArray(value)) return value.map((element) => valueAt(element, path, places));
  const element = valueAt(value, path, places);
  return place.isList && element !== null ? [element] : element;
}

function valueAt(value: unknown, path: string, places: ReadonlyMap<string, Place>): unknown {
  if (isObject(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [
        name,
        converted(member, `${path}/${name}`, places),
      ]),
    );
  }
  const text = typeof value === "string" ? value.trim() : "";
  if (text === "") return null;
  const { areNumbers, areBooleans } = places.get(path)!;
  return areNumbers ? Number(text) : areBooleans ? text === "true" : value;
}

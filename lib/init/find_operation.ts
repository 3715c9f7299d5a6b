// Finds an operation of an OpenAPI document by what the user writes: its path, something like it, or a word.
// Pure. Invariant: operations that can be requested by date come first in every list.
import { suggest } from "../did_you_mean.ts";
import { Failure } from "../failure.ts";
import { oneLine } from "../report/text/format.ts";
import type { OpenApiDocument, Operation } from "./openapi/document.ts";
import { proposeDates } from "./propose_dates.ts";

const MAX_SHOWN = 30;

/** An operation in a list. */
export interface ListedOperation {
  /** Method and path, such as `GET /v1/items`. */
  readonly name: string;
  /** A sentence about it, or empty. */
  readonly summary: string;
  /** Whether its requests can be restricted to dates. */
  readonly isDated: boolean;
}

/** The operations that contain all the words, or all operations; GETs that take dates first. */
export function listOperations(document: OpenApiDocument, words = ""): ListedOperation[] {
  const wanted = words.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter((word) => word !== "");
  const listed = document.operations.flatMap((name) => {
    const operation = document.operation(pathOf(name))!;
    const { summary, description, tags, parameters } = operation;
    const text = [name, summary, ...tags].join(" ").toLowerCase();
    if (!wanted.every((word) => text.includes(word))) return [];
    const isDated = proposeDates(document, { parameters, description }, false) !== undefined;
    return [{ name: oneLine(name), summary: oneLine(summary).slice(0, 80), isDated }];
  });
  const rank = ({ name, isDated }: ListedOperation) =>
    (isDated ? 0 : 2) + (name.startsWith("GET") ? 0 : 1);
  return listed.toSorted((a, b) => rank(a) - rank(b));
}

/**
 * The operation at a path.
 *
 * @throws {Failure} of kind `configuration` where there is none; the hint names similar ones, or those that
 * contain the words.
 */
export function findOperation(document: OpenApiDocument, path: string): Operation {
  const found = document.operation(path);
  if (found !== undefined) return found;
  const paths = document.operations.map(pathOf);
  const near = paths.find((one) => isLike(one, path)) ?? suggest(path, paths);
  const matching = listOperations(document, path);
  const listed = (matching.length > 0 ? matching : listOperations(document))
    .map(({ name, isDated }) => isDated ? `${name} (by date)` : name);
  const shown = listed.slice(0, MAX_SHOWN).join(", ") + (listed.length > MAX_SHOWN ? ", ..." : "");
  const list = matching.length > 0
    ? `Operations with these words: ${shown}`
    : `It has ${shown || "no operation"}`;
  throw new Failure("configuration", `Cannot find "${path}" in the OpenAPI document`, {
    hint: near === undefined ? list : `Did you mean "${oneLine(near)}"?`,
  });
}

/** The path of a listed operation. */
export function pathOf(name: string): string {
  return name.replace(/^\w+ /, "");
}

/** Whether the user means a path: with a method before it, without its slashes, or with values instead of names. */
function isLike(path: string, written: string): boolean {
  const steps = (text: string) => text.toLowerCase().replace(/^\/|\/$/g, "").split("/");
  const [known, given] = [steps(path), steps(written.replace(/^(GET|POST)\s+/i, ""))];
  return known.length === given.length &&
    known.every((step, at) => step === given[at] || /^\{.*\}$/.test(step));
}

// Turns the tree of a job into the plain value that the schema parses: it substitutes environment
// variables, except in secrets, which stay `${NAME}` and are checked instead. It also finds the place of
// any path, for problem reports.
import { type Env, envReferences, substituteEnv } from "./yaml/env.ts";
import type { Finding, Place } from "./yaml/problem.ts";
import { variableProblem } from "./variables.ts";
import { isAboveSecrets, secretAt, secretProblem } from "./schema/secret.ts";
import type { YamlNode } from "./yaml/node.ts";

/** The plain value of a tree. */
export interface PlainValue {
  /** Objects, arrays and scalars. */
  readonly value: unknown;
  /** Problems with variables and secrets. */
  readonly findings: (Finding & { readonly path: readonly string[] })[];
  /** Places of strings that no message may show: secrets written in the file. */
  readonly secrets: Place[];
  /** Names of the variables in the file, in order. */
  readonly variables: string[];
  /** Paths (as JSON) of strings that contain variables: their values are not shown either. */
  readonly fromEnv: ReadonlySet<string>;
}

/** Turns a tree into a plain value; a variable that is not set is a problem and reads as empty. */
export function plainValue(root: YamlNode, env: Env): PlainValue {
  const reader = new PlainReader(env);
  const value = reader.plain(root, []);
  const { findings, secrets, fromEnv } = reader;
  return { value, findings, secrets, variables: [...reader.variables], fromEnv };
}

/** Walks a tree and collects what it finds about variables and secrets. */
class PlainReader {
  readonly findings: PlainValue["findings"] = [];
  readonly secrets: Place[] = [];
  readonly variables = new Set<string>();
  readonly fromEnv = new Set<string>();

  constructor(readonly env: Env) {}

  plain(node: YamlNode, path: string[]): unknown {
    if (node.kind === "list") {
      return node.items.map((item, i) => this.plain(item, [...path, String(i)]));
    }
    if (node.kind === "scalar") {
      return typeof node.value === "string" ? this.#text(node.value, node.place, path) : node.value;
    }
    return Object.fromEntries(
      [...node.entries].map(([key, entry]) => [key, this.plain(entry.node, [...path, key])]),
    );
  }

  #text(value: string, place: Place, path: string[]): string {
    this.#note(value, place, path);
    const secret = secretAt(path);
    if (secret !== undefined) {
      const problem = secretProblem(value, secret);
      if (problem === undefined) return value;
      this.secrets.push(place);
      this.findings.push({ place, message: problem, path });
      return value;
    }
    if (isAboveSecrets(path) && envReferences(value).length === 0) this.secrets.push(place);
    return this.#substituted(value, place, path);
  }

  /** Records the variables of a string, and those that a job may not use. */
  #note(value: string, place: Place, path: string[]): void {
    for (const { name } of envReferences(value)) {
      if (name === undefined) continue;
      this.variables.add(name);
      const message = variableProblem(name, path);
      if (message !== undefined) this.findings.push({ place, message, path });
    }
  }

  #substituted(value: string, place: Place, path: string[]): string {
    const { text, missing } = substituteEnv(value, this.env);
    if (text !== value) this.fromEnv.add(JSON.stringify(path));
    for (const { name, text } of missing) {
      const message = name === undefined
        ? `expected \${NAME} or \${NAME:-default}, found "${text}"; write $\${ for the two characters`
        : `the variable "${name}" is not set; set it, or write a default: \${${name}:-...}`;
      this.findings.push({ place, message, path });
    }
    return text;
  }
}

/**
 * The place of a path: of the value if it is a scalar and `point` is "value", else of the key. If the
 * path leads further than the file, the place of the nearest part above it.
 */
export function placeOf(
  root: YamlNode,
  path: readonly PropertyKey[],
  point: "key" | "value" = "value",
): Place {
  let [node, place] = [root, root.place];
  for (const step of path) {
    const entry = node.kind === "map" ? node.entries.get(String(step)) : undefined;
    const next = entry?.node ?? (node.kind === "list" ? node.items[Number(step)] : undefined);
    // A single item may be written without its list: its index leads to itself.
    if (next === undefined && typeof step === "number") continue;
    if (next === undefined) break;
    [node, place] = [next, entry?.key ?? next.place];
  }
  return point === "value" && node.kind === "scalar" ? node.place : place;
}

/** The part of a place that contains a string, or the whole place if it does not. */
export function partOf(place: Place, part: string): Place {
  const { source, offset } = place;
  const found = part === "" ? -1 : source.text.indexOf(part, offset);
  const isInside = found >= 0 && found + part.length <= offset + place.length;
  return isInside ? { source, offset: found, length: part.length } : place;
}

// Owns the step from the tree of a file to the plain value that the schema reads: environment variables
// are put into texts, but for the keys that hold secrets, whose texts stay as they are and are checked
// instead. It finds the place of any path again, for whoever has a problem to report.
import { type Env, envReferences, substituteEnv } from "./env.ts";
import { type Place, type Problem, problemAt } from "./problem.ts";
import { secretAt, secretProblem } from "./secret.ts";
import type { YamlNode } from "./yaml_tree.ts";

/** The plain value of a tree. */
export interface PlainValue {
  readonly value: unknown;
  readonly problems: Problem[];
  /** Places of texts that no message may show: secrets written into the file. */
  readonly secrets: Place[];
  /** Names of the variables that occur, in order. */
  readonly variables: string[];
  /** Paths (as JSON) of texts that variables are part of: their values are not shown either. */
  readonly fromEnv: ReadonlySet<string>;
}

/** Turns a tree into a plain value; a variable without a value is a problem and reads as empty. */
export function plainValue(root: YamlNode, env: Env): PlainValue {
  const problems: Problem[] = [];
  const secrets: Place[] = [];
  const variables = new Set<string>();
  const fromEnv = new Set<string>();

  function plain(node: YamlNode, path: string[]): unknown {
    if (node.kind === "list") return node.items.map((item, i) => plain(item, [...path, String(i)]));
    if (node.kind === "scalar") {
      return typeof node.value === "string" ? text(node.value, node.place, path) : node.value;
    }
    const pairs = [...node.entries].map(([key, entry]) => [key, plain(entry.node, [...path, key])]);
    return Object.fromEntries(pairs);
  }

  function text(value: string, place: Place, path: string[]): string {
    for (const { name } of envReferences(value)) if (name !== undefined) variables.add(name);
    const secret = secretAt(path);
    if (secret !== undefined) {
      const problem = secretProblem(value, secret);
      if (problem === undefined) return value;
      secrets.push(place);
      problems.push(problemAt(place, problem, [place]));
      return value;
    }
    const { text, missing } = substituteEnv(value, env);
    if (text !== value) fromEnv.add(JSON.stringify(path));
    for (const { name, text } of missing) {
      const message = name === undefined
        ? `expected \${NAME} or \${NAME:-default}, found "${text}"; write $\${ for the two characters`
        : `the variable "${name}" is not set; set it, or give it a default: \${${name}:-...}`;
      problems.push(problemAt(place, message));
    }
    return text;
  }

  const value = plain(root, []);
  return { value, problems, secrets, variables: [...variables], fromEnv };
}

/** The place of a path: of the key where there is one, else of the nearest part of the file above it. */
export function placeOf(
  root: YamlNode,
  path: readonly PropertyKey[],
  point: "key" | "value" = "value",
): Place {
  let [node, place] = [root, root.place];
  for (const step of path) {
    const entry = node.kind === "map" ? node.entries.get(String(step)) : undefined;
    const next = entry?.node ?? (node.kind === "list" ? node.items[Number(step)] : undefined);
    if (next === undefined) return entryPlace(node, place, point);
    [node, place] = [next, entry?.key ?? next.place];
  }
  return entryPlace(node, place, point);
}

function entryPlace(node: YamlNode, key: Place, point: "key" | "value"): Place {
  return point === "value" && node.kind === "scalar" ? node.place : key;
}

/** The node at a path, or undefined. */
export function nodeAt(root: YamlNode, path: readonly PropertyKey[]): YamlNode | undefined {
  let node: YamlNode | undefined = root;
  for (const step of path) {
    if (node?.kind === "map") node = node.entries.get(String(step))?.node;
    else node = node?.kind === "list" ? node.items[Number(step)] : undefined;
  }
  return node;
}

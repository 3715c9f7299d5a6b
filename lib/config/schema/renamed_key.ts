// Gives keys that were renamed their current names, so that job files of earlier versions keep working. The old
// name of a key is the `formerly` of its schema; nothing else lists renames. Pure. Invariant: nodes keep their
// places, so that problems point at what the file says.
import type { z } from "zod";
import type { Finding } from "../yaml/problem.ts";
import type { YamlEntry, YamlMap, YamlNode } from "../yaml/node.ts";
import { jobSchema } from "./job_schema.ts";
import { isFormerName } from "./scalar_schema.ts";
import { alternatives, fixedKeys, memberSchema, schemaShape } from "./shape.ts";

/** A tree with current names. */
export interface CurrentKeys {
  /** The tree. */
  readonly root: YamlNode;
  /** Keys that have both an old and a new name in the file. */
  readonly findings: Finding[];
  /** One note for each old name: where it is, and the new name. */
  readonly notes: Finding[];
}

/** Renames the keys of a job file that have an old name. */
export function withCurrentKeys(root: YamlNode): CurrentKeys {
  // Few files have such keys, and the walk along the schema takes 10 ms.
  if (!hasFormerName(root)) return { root, findings: [], notes: [] };
  const renamer = new Renamer();
  return { root: renamer.node(jobSchema, root), findings: renamer.findings, notes: renamer.notes };
}

/** Whether a key of the tree has a name that some key had in earlier versions. */
function hasFormerName(node: YamlNode): boolean {
  if (node.kind === "scalar") return false;
  if (node.kind === "list") return node.items.some(hasFormerName);
  return [...node.entries].some(([key, entry]) => isFormerName(key) || hasFormerName(entry.node));
}

/** Walks a tree along its schema. */
class Renamer {
  readonly findings: Finding[] = [];
  readonly notes: Finding[] = [];

  node(schema: z.core.$ZodType, node: YamlNode): YamlNode {
    if (node.kind === "scalar") return node;
    const { core } = schemaShape(schema);
    const options = alternatives(core);
    if (options !== undefined) {
      return options.reduce<YamlNode>((done, one) => this.node(one, done), node);
    }
    const keys = fixedKeys(core);
    if (keys !== undefined) return node.kind === "map" ? this.#map(keys, node) : node;
    const member = memberSchema(core);
    const isList = (core as z.core.$ZodTypes)._zod.def.type === "array";
    if (member === undefined || isList !== (node.kind === "list")) return node;
    if (node.kind === "list") {
      return { ...node, items: node.items.map((item) => this.node(member, item)) };
    }
    return this.#entries(node, (_, entry) => this.node(member, entry.node));
  }

  #map(keys: Readonly<Record<string, z.core.$ZodType>>, map: YamlMap): YamlMap {
    const renamed = this.#renamed(keys, map);
    return this.#entries(renamed, (key, entry) => {
      const schema = Object.hasOwn(keys, key) ? keys[key] : undefined;
      return schema === undefined ? entry.node : this.node(schema, entry.node);
    });
  }

  #entries(map: YamlMap, value: (key: string, entry: YamlEntry) => YamlNode): YamlMap {
    const entries = [...map.entries].map(([key, entry]) =>
      [key, { key: entry.key, node: value(key, entry) }] as const
    );
    return { ...map, entries: new Map(entries) };
  }

  #renamed(keys: Readonly<Record<string, z.core.$ZodType>>, map: YamlMap): YamlMap {
    const current = currentNames(keys);
    if (![...map.entries.keys()].some((key) => current.has(key))) return map;
    const entries = new Map<string, YamlEntry>();
    for (const [key, entry] of map.entries) {
      const name = current.get(key);
      if (name === undefined) entries.set(key, entry);
      else if (map.entries.has(name)) this.#report(this.findings, entry, twice(key, name));
      else {
        entries.set(name, entry);
        this.#report(this.notes, entry, `"${key}" is now called "${name}"`);
      }
    }
    return { ...map, entries };
  }

  #report(list: Finding[], { key: place }: YamlEntry, message: string): void {
    // An alias leads to the same key several times.
    if (!list.some((known) => known.place === place)) list.push({ place, message });
  }
}

function twice(old: string, name: string): string {
  return `"${old}" is the old name of "${name}", which is given too; remove "${old}"`;
}

/** Current names by old names. */
function currentNames(keys: Readonly<Record<string, z.core.$ZodType>>): Map<string, string> {
  return new Map(
    Object.entries(keys).flatMap(([key, schema]) => {
      const { formerly } = schemaShape(schema).meta;
      return formerly === undefined || Object.hasOwn(keys, formerly) ? [] : [[formerly, key]];
    }),
  );
}

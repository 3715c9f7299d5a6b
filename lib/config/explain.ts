// Owns the print of a job with every default filled in: the keys of the file as they are written (a
// variable stays `${NAME}`, so no value of one is shown), short forms written out, defaults marked. What
// it prints is itself a job file that means the same.
import { Document, isCollection, type Node, Pair, YAMLMap, YAMLSeq } from "yaml";
import type { z } from "zod";
import { jobSchema } from "./schema/job_schema.ts";
import { alternatives, fixedKeys, memberSchema, schemaShape } from "./schema/shape.ts";
import type { YamlNode } from "./yaml/node.ts";

/** The YAML text of a job, from its merged tree; the job must have no problem. */
export function explainJob(root: YamlNode): string {
  const value = written(root) as Record<string, unknown>;
  delete value.include;
  const document = new Document();
  document.contents = new Writer(document).node(jobSchema, value, {
    flow: false,
    isDefault: false,
  });
  return document.toString({ lineWidth: 100 });
}

function written(node: YamlNode): unknown {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.items.map(written);
  return Object.fromEntries([...node.entries].map(([key, entry]) => [key, written(entry.node)]));
}

/** How a value is written: on one line, and whether it is a default. */
interface Look {
  readonly flow: boolean;
  readonly isDefault: boolean;
}

/** Writes values with the defaults of their schemas. */
class Writer {
  constructor(readonly document: Document) {}

  node(schema: z.core.$ZodType, value: unknown, look: Look): Node {
    const { core } = schemaShape(schema);
    const options = alternatives(core);
    if (options !== undefined) return this.#union(options, value, look);
    const keys = fixedKeys(core);
    if (keys !== undefined && isMap(value)) return this.#map(keys, value, look);
    const member = memberSchema(core);
    if (member !== undefined && Array.isArray(value)) return this.#list(member, value, look);
    if (member !== undefined && isMap(value)) {
      const entries = Object.entries(value).map(([key, item]) =>
        [key, this.node(member, item, look)] as const
      );
      return this.#entries(entries, look);
    }
    return this.document.createNode(value, { flow: true }) as Node;
  }

  #list(member: z.core.$ZodType, value: unknown[], look: Look): Node {
    const list = new YAMLSeq(this.document.schema);
    list.items = value.map((item) => this.node(member, item, look));
    list.flow = look.flow || value.every((item) => typeof item !== "object");
    return list;
  }

  #map(
    keys: Readonly<Record<string, z.core.$ZodType>>,
    value: Record<string, unknown>,
    look: Look,
  ): Node {
    const entries = Object.entries(keys).flatMap(([key, schema]) => {
      const isDefault = look.isDefault || value[key] === undefined;
      const filled = value[key] ?? (value[key] === undefined ? schemaShape(schema).fallback : null);
      if (filled === undefined) return [];
      const node = this.node(schema, filled, { ...look, isDefault });
      if (isDefault && !look.flow && (!isCollection(node) || node.flow)) node.comment = " default";
      return [[key, node] as const];
    });
    return this.#entries(entries, look);
  }

  #entries(entries: readonly (readonly [key: string, node: Node])[], look: Look): Node {
    const map = new YAMLMap(this.document.schema);
    for (const [key, node] of entries) map.add(new Pair(this.document.createNode(key), node));
    map.flow = look.flow || entries.length === 0;
    return map;
  }

  /** Of the alternatives the one that the value is written in; a short form becomes what it stands for. */
  #union(options: readonly z.core.$ZodType[], value: unknown, look: Look): Node {
    const list = options.find(isList);
    if (Array.isArray(value) && list !== undefined) return this.node(list, value, look);
    const map = options.find((option) => fits(option, value));
    if (map === undefined || Array.isArray(value)) {
      return this.document.createNode(value, { flow: true }) as Node;
    }
    const flow = look.flow || isShort(map);
    if (isMap(value)) return this.node(map, value, { ...look, flow });
    const { shorthand } = schemaShape(map).meta;
    if (shorthand === undefined || !hasDefaults(map)) {
      return this.document.createNode(value) as Node;
    }
    return this.node(map, { [shorthand]: value }, { ...look, flow });
  }
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isList(option: z.core.$ZodType): boolean {
  return (schemaShape(option).core as z.core.$ZodTypes)._zod.def.type === "array";
}

/** Whether an alternative is a map that the value may be, judged by its keys and those that have one possible value. */
function fits(option: z.core.$ZodType, value: unknown): boolean {
  const { core } = schemaShape(option);
  const keys = fixedKeys(core);
  if (keys === undefined) return isMap(value) && memberSchema(core) !== undefined && !isList(core);
  if (!isMap(value)) return true;
  if (Object.keys(value).some((key) => !Object.hasOwn(keys, key))) return false;
  return Object.entries(keys).every(([key, schema]) => {
    const { def } = (schemaShape(schema).core as z.core.$ZodTypes)._zod;
    return def.type !== "literal" || (def.values as unknown[]).includes(value[key]);
  });
}

/** Values of columns, conditions and the like are many and short: each has one line. */
function isShort(map: z.core.$ZodType): boolean {
  const { meta, core } = schemaShape(map);
  const isRequest = fixedKeys(core)?.query !== undefined;
  return meta.shorthand === "type" || meta.shorthand === "path" && !isRequest;
}

function hasDefaults(map: z.core.$ZodType): boolean {
  const keys = Object.values(fixedKeys(schemaShape(map).core) ?? {});
  return keys.some((key) => schemaShape(key).fallback !== undefined);
}

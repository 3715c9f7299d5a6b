// Owns the print of a job with every default filled in: the keys of the file as they are written (a
// variable stays `${NAME}`, so no value of one is shown), short forms written out, defaults marked. What
// it prints is itself a job file that means the same.
import { Document, isCollection, type Node, Pair, YAMLMap, YAMLSeq } from "yaml";
import type { z } from "zod";
import { jobSchema } from "./job_schema.ts";
import { alternatives, fixedKeys, memberSchema, schemaShape } from "./schema_shape.ts";
import type { YamlNode } from "./yaml_tree.ts";

const DEFAULT_MARK = " default";

/** The YAML text of a job, from its merged tree; the job must have no problem. */
export function explainJob(root: YamlNode): string {
  const document = new Document();
  const value = written(root) as Record<string, unknown>;
  delete value.include;
  document.contents = filled(document, jobSchema, value, false);
  return document.toString({ lineWidth: 100, flowCollectionPadding: true });
}

/** The value of a tree as it is written in the file. */
export function written(node: YamlNode): unknown {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.items.map(written);
  return Object.fromEntries([...node.entries].map(([key, entry]) => [key, written(entry.node)]));
}

/** The node of a value with the defaults of its schema; `flow` writes maps on one line. */
function filled(
  document: Document,
  schema: z.core.$ZodType,
  value: unknown,
  flow: boolean,
): Node {
  const { core } = schemaShape(schema);
  const options = alternatives(core);
  if (options !== undefined) return filledUnion(document, options, value, flow);
  const keys = fixedKeys(core);
  if (keys !== undefined && isMap(value)) return filledMap(document, keys, value, flow);
  const member = memberSchema(core);
  if (member !== undefined && Array.isArray(value)) {
    const list = new YAMLSeq(document.schema);
    list.items = value.map((item) => filled(document, member, item, flow));
    list.flow = flow || value.every((item) => typeof item !== "object");
    return list;
  }
  if (member !== undefined && isMap(value)) {
    const map = new YAMLMap(document.schema);
    for (const [key, item] of Object.entries(value)) {
      map.add(new Pair(document.createNode(key), filled(document, member, item, flow)));
    }
    map.flow = flow || map.items.length === 0;
    return map;
  }
  return document.createNode(value, { flow: true }) as Node;
}

function filledMap(
  document: Document,
  keys: Readonly<Record<string, z.core.$ZodType>>,
  value: Record<string, unknown>,
  flow: boolean,
): Node {
  const map = new YAMLMap(document.schema);
  for (const [key, schema] of Object.entries(keys)) {
    const { fallback } = schemaShape(schema);
    const given = value[key] !== undefined;
    if (!given && fallback === undefined) continue;
    const node = filled(document, schema, given ? value[key] : fallback, flow);
    if (!given && !flow && (!isCollection(node) || node.flow)) node.comment = DEFAULT_MARK;
    map.add(new Pair(document.createNode(key), node));
  }
  map.flow = flow || map.items.length === 0;
  return map;
}

/** Of the alternatives the one that the value is written in; a short form becomes the map it stands for. */
function filledUnion(
  document: Document,
  options: readonly z.core.$ZodType[],
  value: unknown,
  flow: boolean,
): Node {
  const map = options.find((option) => isMapFor(option, value));
  if (isMap(value)) {
    const short = map !== undefined && hasOneLine(map);
    return filled(document, map ?? options.at(-1)!, value, flow || short);
  }
  if (Array.isArray(value)) {
    const list = options.find((option) => isListSchema(option));
    return list === undefined
      ? document.createNode(value) as Node
      : filled(document, list, value, flow);
  }
  const shorthand = map === undefined ? undefined : schemaShape(map).meta.shorthand;
  if (map === undefined || shorthand === undefined || !hasDefaults(map)) {
    return document.createNode(value) as Node;
  }
  return filled(document, map, { [shorthand]: value }, flow || hasOneLine(map));
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value could be of a map's schema, judged by its keys that have one possible value. */
function isMapFor(option: z.core.$ZodType, value: unknown): boolean {
  const { core } = schemaShape(option);
  const keys = fixedKeys(core);
  if (keys === undefined) {
    return isMap(value) && memberSchema(core) !== undefined && !isListSchema(core);
  }
  if (!isMap(value)) return true;
  return Object.entries(keys).every(([key, schema]) => {
    const { def } = (schemaShape(schema).core as z.core.$ZodTypes)._zod;
    return def.type !== "literal" || def.values.includes(value[key] as string);
  });
}

function isListSchema(option: z.core.$ZodType): boolean {
  return (schemaShape(option).core as z.core.$ZodTypes)._zod.def.type === "array";
}

/** Values of columns and conditions are many and short. */
function hasOneLine(map: z.core.$ZodType): boolean {
  const { meta, core } = schemaShape(map);
  return meta.shorthand === "type" ||
    meta.shorthand === "path" && fixedKeys(core)?.query === undefined;
}

function hasDefaults(map: z.core.$ZodType): boolean {
  const keys = Object.values(fixedKeys(schemaShape(map).core) ?? {});
  return keys.some((key) => schemaShape(key).fallback !== undefined);
}

// Owns the output of `check --explain`: a job with every default filled in and marked, and short forms
// expanded. Variables stay `${NAME}`, so their values are never shown. The output is itself an equivalent
// job file.
import { Document, isCollection, type Node, Pair, YAMLMap, YAMLSeq } from "yaml";
import type { z } from "zod";
import { jobSchema } from "./schema/job_schema.ts";
import { alternatives, fixedKeys, memberSchema, schemaShape } from "./schema/shape.ts";
import type { YamlNode } from "./yaml/node.ts";

/** The YAML text of a job, from its merged tree; the job must have no problems. */
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

/** How a value is written: whether in flow style, and whether it is a default. */
interface Style {
  readonly flow: boolean;
  readonly isDefault: boolean;
}

/** Writes values with the defaults of their schemas. */
class Writer {
  constructor(readonly document: Document) {}

  node(schema: z.core.$ZodType, value: unknown, style: Style): Node {
    const { core } = schemaShape(schema);
    const options = alternatives(core);
    if (options !== undefined) return this.#union(options, value, style);
    const keys = fixedKeys(core);
    if (keys !== undefined && isMap(value)) return this.#map(keys, value, style);
    const member = memberSchema(core);
    if (member !== undefined && Array.isArray(value)) return this.#list(member, value, style);
    if (member !== undefined && isMap(value)) {
      const entries = Object.entries(value).map(([key, item]) =>
        [key, this.node(member, item, style)] as const
      );
      return this.#entries(entries, style);
    }
    return this.document.createNode(value, { flow: true }) as Node;
  }

  #list(member: z.core.$ZodType, value: unknown[], style: Style): Node {
    const list = new YAMLSeq(this.document.schema);
    list.items = value.map((item) => this.node(member, item, style));
    list.flow = style.flow || value.every((item) => typeof item !== "object");
    return list;
  }

  #map(
    keys: Readonly<Record<string, z.core.$ZodType>>,
    value: Record<string, unknown>,
    style: Style,
  ): Node {
    const entries = Object.entries(keys).flatMap(([key, schema]) => {
      const isDefault = style.isDefault || value[key] === undefined;
      const filled = value[key] ?? (value[key] === undefined ? schemaShape(schema).fallback : null);
      if (filled === undefined) return [];
      const node = this.node(schema, filled, { ...style, isDefault });
      if (isDefault && !style.flow && (!isCollection(node) || node.flow)) node.comment = " default";
      return [[key, node] as const];
    });
    return this.#entries(entries, style);
  }

  #entries(entries: readonly (readonly [key: string, node: Node])[], style: Style): Node {
    const map = new YAMLMap(this.document.schema);
    for (const [key, node] of entries) map.add(new Pair(this.document.createNode(key), node));
    map.flow = style.flow || entries.length === 0;
    return map;
  }

  /** Writes a value by the alternative that it matches; a short form is expanded. */
  #union(options: readonly z.core.$ZodType[], value: unknown, style: Style): Node {
    const list = options.find(isList);
    if (Array.isArray(value) && list !== undefined) return this.node(list, value, style);
    const map = options.find((option) => fits(option, value));
    if (map === undefined || Array.isArray(value)) {
      return this.document.createNode(value, { flow: true }) as Node;
    }
    const flow = style.flow || isShort(map);
    if (isMap(value)) return this.node(map, value, { ...style, flow });
    const { shorthand } = schemaShape(map).meta;
    if (shorthand === undefined || !hasDefaults(map)) {
      return this.document.createNode(value) as Node;
    }
    return this.node(map, { [shorthand]: value }, { ...style, flow });
  }
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isList(option: z.core.$ZodType): boolean {
  return (schemaShape(option).core as z.core.$ZodTypes)._zod.def.type === "array";
}

/** Whether a value can be this alternative: its keys are known and its literal keys agree. */
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

/** Whether a mapping is written on one line, as column values and conditions are. */
function isShort(map: z.core.$ZodType): boolean {
  const { meta, core } = schemaShape(map);
  const isRequest = fixedKeys(core)?.query !== undefined;
  return meta.shorthand === "type" || meta.shorthand === "path" && !isRequest;
}

function hasDefaults(map: z.core.$ZodType): boolean {
  const keys = Object.values(fixedKeys(schemaShape(map).core) ?? {});
  return keys.some((key) => schemaShape(key).fallback !== undefined);
}

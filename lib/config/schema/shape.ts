// Owns the look behind a schema's wrappers: what a key is once defaults, options and conversions are
// taken off, and what was said about it. Everything that derives from the job schema (secrets,
// --explain, the reference page) walks it through here and needs to know nothing else about zod.
import { z } from "zod";
import type { KeyMeta } from "./scalar_schema.ts";

/** What zod and the project know about a key. */
export type SchemaMeta = KeyMeta & { readonly description?: string | undefined };

/** A schema without its wrappers. */
export interface SchemaShape {
  /** The innermost schema: what a job file writes. */
  readonly core: z.core.$ZodType;
  /** Whether the key may be left out. */
  readonly optional: boolean;
  /** What is used, as a job file would write it, where the key is left out. */
  readonly fallback: unknown;
  /** What was said about it, the outermost word winning. */
  readonly meta: SchemaMeta;
}

/** Takes the wrappers off a schema. */
export function schemaShape(schema: z.core.$ZodType): SchemaShape {
  let [core, optional, fallback] = [schema, false, undefined as unknown];
  let meta: SchemaMeta = {};
  for (let wrappers = 0; wrappers < 20; wrappers++) {
    meta = { ...z.globalRegistry.get(core), ...meta };
    const { def } = (core as z.core.$ZodTypes)._zod;
    if (def.type === "optional") [core, optional] = [def.innerType, true];
    else if (def.type === "default" || def.type === "prefault") {
      [core, optional, fallback] = [def.innerType, true, fallback ?? def.defaultValue];
    } else if (def.type === "pipe") core = def.in;
    else if (def.type === "lazy") core = def.getter();
    else break;
  }
  return { core, optional, fallback, meta };
}

/** The keys of a map with fixed keys, or undefined for any other schema. */
export function fixedKeys(
  core: z.core.$ZodType,
): Readonly<Record<string, z.core.$ZodType>> | undefined {
  const { def } = (core as z.core.$ZodTypes)._zod;
  return def.type === "object" ? def.shape : undefined;
}

/** The alternatives of a union, or undefined for any other schema. */
export function alternatives(core: z.core.$ZodType): readonly z.core.$ZodType[] | undefined {
  const { def } = (core as z.core.$ZodTypes)._zod;
  return def.type === "union" ? def.options : undefined;
}

/** What the values of a map with free keys, or the items of a list, are; undefined for any other schema. */
export function memberSchema(core: z.core.$ZodType): z.core.$ZodType | undefined {
  const { def } = (core as z.core.$ZodTypes)._zod;
  if (def.type === "record") return def.valueType;
  return def.type === "array" ? def.element : undefined;
}

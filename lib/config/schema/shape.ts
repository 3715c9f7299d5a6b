// Unwraps a schema: the type of a key without defaults, options and conversions, and its metadata.
// Everything derived from the job schema (secrets, --explain, the reference page) walks it through here
// and depends on nothing else in zod.
import { z } from "zod";
import type { KeyMeta } from "./scalar_schema.ts";

/** The metadata of a key, from zod and from the project. */
type SchemaMeta = KeyMeta & { readonly description?: string | undefined };

/** A schema without its wrappers. */
export interface SchemaShape {
  /** The innermost schema: the type that a job file writes. */
  readonly core: z.core.$ZodType;
  /** Whether the key may be omitted. */
  readonly optional: boolean;
  /** The default if the key is omitted, as a job file would write it. */
  readonly fallback: unknown;
  /** Its metadata; that of outer wrappers wins. */
  readonly meta: SchemaMeta;
}

/** Unwraps a schema. */
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

/** The keys of a mapping with fixed keys, or undefined for any other schema. */
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

/** The schema of the values of a mapping with free keys or of the items of a list, else undefined. */
export function memberSchema(core: z.core.$ZodType): z.core.$ZodType | undefined {
  const { def } = (core as z.core.$ZodTypes)._zod;
  if (def.type === "record") return def.valueType;
  return def.type === "array" ? def.element : undefined;
}

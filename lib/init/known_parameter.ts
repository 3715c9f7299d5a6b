// Owns parameters as the proposals read them: with the one type, the bounds, the default and the values of their schema,
// and their name as words. Pure.
import type { OpenApiDocument, ParameterNode } from "./openapi/document.ts";
import { listOf, textOf } from "./openapi/node.ts";
import { merged, typeOf } from "./openapi_shape.ts";

/** A parameter with what its schema declares. */
export interface KnownParameter extends ParameterNode {
  /** Its type, where it has one. */
  readonly type: string | undefined;
  /** Its format, or empty. */
  readonly format: string;
  /** Its maximum. */
  readonly most: number | undefined;
  /** Its minimum. */
  readonly least: number | undefined;
  /** Its default. */
  readonly fallback: unknown;
  /** An example of it. */
  readonly example: unknown;
  /** The values it may have; empty where any. */
  readonly values: readonly unknown[];
  /** Its name as words in lower case: `created[gte]` and `createdGte` are `created`, `gte`. */
  readonly words: readonly string[];
}

/** The parameters with what their schemas declare. */
export function knownOf(
  document: OpenApiDocument,
  parameters: readonly ParameterNode[],
): KnownParameter[] {
  return parameters.map((parameter) => {
    const schema = merged(document, parameter.schema);
    const number = (value: unknown) => typeof value === "number" ? value : undefined;
    return {
      ...parameter,
      type: typeOf(schema),
      format: textOf(schema.format),
      most: number(schema.maximum),
      least: number(schema.minimum),
      fallback: schema.default ?? parameter.schema.default,
      example: schema.example ?? listOf(schema.examples)[0],
      values: schema.const === undefined ? listOf(schema.enum) : [schema.const],
      words: wordsOf(parameter.name),
    };
  });
}

const ROLES =
  "from|to|since|until|till|start|end|begin|stop|after|before|min|max|gte|lte|gt|lt|earliest|latest";
const THINGS = "date|datetime|time|day|ts|timestamp|created|updated|modified|published|period";
const GLUED = [
  new RegExp(`^(${ROLES})(${THINGS})$`),
  new RegExp(`^(${THINGS})(${ROLES})$`),
];

/** The words of a name, including those written without a separator: `fromdate`, `dateto`; `at>` is `at`, `gte`. */
function wordsOf(name: string): string[] {
  return name.replace(/>=?$/, " gte").replace(/<=?$/, " lte").replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1 $2")
    .toLowerCase().split(/[^\p{L}\p{N}]+/u).filter((word) => word !== "")
    .flatMap((word) => {
      const parts = GLUED.map((glued) => glued.exec(word)).find((found) => found !== null);
      return parts === undefined || parts === null ? [word] : [parts[1]!, parts[2]!];
    });
}

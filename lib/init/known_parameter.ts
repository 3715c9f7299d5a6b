// Owns parameters as guesses look at them: with the one type, the bounds and the default of their schema. Pure.
import type { OpenApiDocument, ParameterNode } from "./openapi_document.ts";
import { textOf } from "./openapi_node.ts";
import { merged, typeOf } from "./openapi_shape.ts";

/** A parameter with the one type of its schema. */
export interface Known extends ParameterNode {
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
}

/** The parameters with what their schemas say. */
export function knownOf(document: OpenApiDocument, parameters: readonly ParameterNode[]): Known[] {
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
    };
  });
}

// Owns the step from a JSON Schema, as OpenAPI has it, to the shape of the values it describes. Pure.
// Invariant: schemas that hold themselves end in "anything".
import type { ColumnType } from "../config/schema/job_schema.ts";
import type { OpenApiDocument } from "./openapi_document.ts";
import { listOf, type Node, nodeOf, textOf } from "./openapi_node.ts";
import { ANY, type Shape } from "./shape.ts";

/** Levels of objects and lists that are looked into. */
const DEEPEST = 12;

/** The shape of what a schema describes; `isElement` where it is one of a list, and so perhaps a record. */
export function shapeOfSchema(
  document: OpenApiDocument,
  schema: Node,
  depth = 0,
  isElement = false,
): Shape {
  if (depth > DEEPEST) return ANY;
  const node = merged(document, schema, depth);
  const shapeOf = (inner: unknown, isElement = false) =>
    shapeOfSchema(document, document.follow(inner), depth + 1, isElement);
  switch (typeOf(node)) {
    case "array":
      return { kind: "list", of: node.items === undefined ? ANY : shapeOf(node.items, true) };
    case "object": {
      const properties = Object.entries(nodeOf(node.properties));
      if (properties.length > 0) {
        const members = properties.map(([name, inner]) =>
          [name, scalarOf(name, document.follow(inner), isElement) ?? shapeOf(inner)] as const
        );
        return { kind: "object", members: new Map(members) };
      }
      const { additionalProperties: inner } = node;
      return typeof inner === "object" && inner !== null
        ? { kind: "map", of: shapeOf(inner) }
        : ANY;
    }
    case "string":
      return scalar(textTypes[textOf(node.format)] ?? "text");
    case "integer":
      return scalar(node.format === "int32" ? "integer" : "bigint");
    case "number":
      return scalar("numeric");
    case "boolean":
      return scalar("boolean");
    default:
      return ANY;
  }
}

const textTypes: Readonly<Record<string, ColumnType>> = {
  "date": "date",
  "date-time": "timestamptz",
  "uuid": "uuid",
};

function scalar(type: ColumnType): Shape {
  return { kind: "scalar", type };
}

/** What the name of a member tells beyond its schema: that a text is a date, or a number a time. */
function scalarOf(name: string, node: Node, isElement: boolean): Shape | undefined {
  if (isElement && isDateText(name, node)) return scalar("date");
  const words = `${textOf(node.format)} ${textOf(node.description)}`;
  if (!["integer", "number"].includes(typeOf(node) ?? "")) return undefined;
  if (!/\b(unix|epoch)\b|unix-?time|timestamp in/i.test(words)) return undefined;
  const format = /milli|\bms\b/i.test(words) ? "epoch_ms" : "epoch";
  return { kind: "scalar", type: "timestamptz", format };
}

/** Many documents say of the date of a record only that it is a text. */
function isDateText(name: string, { type, format, example }: Node): boolean {
  if (!/^(date|day)$/i.test(name) || type !== "string" || format !== undefined) return false;
  return example === undefined || /^\d{4}-\d{2}-\d{2}$/.test(textOf(example));
}

/** The one type that is not null. */
export function typeOf(node: Node): string | undefined {
  const types = [node.type].flat().filter((type) => typeof type === "string" && type !== "null");
  if (types.length === 1) return types[0] as string;
  if (types.length > 1) return undefined;
  if (node.properties !== undefined) return "object";
  return node.items === undefined ? undefined : "array";
}

/** A schema with those of `allOf`, and of the only alternative that is not null. */
export function merged(document: OpenApiDocument, schema: Node, depth = 0): Node {
  if (depth > DEEPEST) return {};
  const parts = listOf(schema.allOf).map((part) =>
    merged(document, document.follow(part), depth + 1)
  );
  const alternatives = [...listOf(schema.anyOf), ...listOf(schema.oneOf)]
    .map((part) => document.follow(part)).filter((part) => part.type !== "null");
  const only = alternatives.length === 1
    ? merged(document, alternatives[0]!, depth + 1)
    : alternatives.length > 1
    ? either(alternatives.map((part) => merged(document, part, depth + 1)))
    : {};
  const properties = Object.assign(
    {},
    ...[...parts, only, schema].map((part) => nodeOf(part.properties)),
  );
  const { allOf: _, anyOf: __, oneOf: ___, ...own } = schema;
  const whole = Object.assign({}, ...parts, only, own);
  return Object.keys(properties).length === 0 ? whole : { ...whole, properties };
}

/** Of several alternatives, objects all, one that has the members of each; of others anything. */
function either(alternatives: readonly Node[]): Node {
  if (!alternatives.every((one) => typeOf(one) === "object")) return { type: ["object", "string"] };
  const members = alternatives.flatMap((one) => Object.entries(nodeOf(one.properties)));
  const properties: Record<string, unknown> = {};
  for (const [name, member] of members) {
    const isSame = !Object.hasOwn(properties, name) ||
      JSON.stringify(properties[name]) === JSON.stringify(member);
    properties[name] = isSame ? member : {};
  }
  return { type: "object", properties };
}

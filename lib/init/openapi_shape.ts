// Turns a JSON Schema, as OpenAPI has it, into the shape of the values it describes. Pure. Invariant: each
// schema is read once, and a schema that contains itself ends in "anything".
import type { ColumnType } from "../config/schema/job_schema.ts";
import { type OpenApiDocument, plainText } from "./openapi/document.ts";
import { listOf, type Node, nodeOf, textOf } from "./openapi/node.ts";
import { ANY, type Shape } from "./shape.ts";

/** Levels of objects and arrays that are read. */
const DEEPEST = 12;

/** The shape of what a schema describes; `isElement` where it describes an element of an array. */
export function shapeOfSchema(
  document: OpenApiDocument,
  schema: Node,
  isElement = false,
): Shape {
  return new SchemaReader(document).shapeOf(schema, 0, isElement);
}

/** Reads the schemas of one response; each only once, however often it is referred to. */
class SchemaReader {
  readonly #document: OpenApiDocument;
  readonly #known = new Map<Node, Shape>();

  constructor(document: OpenApiDocument) {
    this.#document = document;
  }

  shapeOf(schema: Node, depth: number, isElement: boolean): Shape {
    const known = this.#known.get(schema);
    if (known !== undefined || depth > DEEPEST) return known ?? ANY;
    this.#known.set(schema, ANY);
    const shape = this.#read(merged(this.#document, schema), depth, isElement);
    this.#known.set(schema, shape);
    return shape;
  }

  #read(node: Node, depth: number, isElement: boolean): Shape {
    const about = plainText(textOf(node.description)).slice(0, 300);
    const scalar = (type: ColumnType): Shape =>
      about === "" ? { kind: "scalar", type } : { kind: "scalar", type, about };
    switch (typeOf(node)) {
      case "array":
        return { kind: "list", of: this.#inner(node.items, depth, true) };
      case "object":
        return this.#object(node, depth, isElement);
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

  #object({ properties, additionalProperties }: Node, depth: number, isElement: boolean): Shape {
    const members = Object.entries(nodeOf(properties)).map(([name, inner]) => {
      const node = this.#document.follow(inner);
      return [name, timeOf(name, node, isElement) ?? this.#inner(inner, depth, false)] as const;
    });
    if (members.length > 0) return { kind: "object", members: new Map(members) };
    if (typeof additionalProperties !== "object" || additionalProperties === null) return ANY;
    return { kind: "map", of: this.#inner(additionalProperties, depth, false) };
  }

  #inner(schema: unknown, depth: number, isElement: boolean): Shape {
    if (schema === undefined) return ANY;
    return this.shapeOf(this.#document.follow(schema), depth + 1, isElement);
  }
}

const textTypes: Readonly<Record<string, ColumnType>> = {
  "date": "date",
  "date-time": "timestamptz",
  "uuid": "uuid",
};

/** What the name of a member adds to its schema: that a string is a date, or a number an epoch. */
function timeOf(name: string, node: Node, isElement: boolean): Shape | undefined {
  if (isElement && isDateText(name, node)) return { kind: "scalar", type: "date" };
  const words = `${textOf(node.format)} ${textOf(node.description)}`;
  if (!["integer", "number"].includes(typeOf(node) ?? "")) return undefined;
  if (!/\b(unix|epoch)\b|unix-?time|timestamp in/i.test(words)) return undefined;
  const format = /milli|\bm(s|sec)\b/i.test(words) ? "epoch_ms" : "epoch";
  return { kind: "scalar", type: "timestamptz", format };
}

/** Many documents declare the date of a record as a string only. */
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
  if (node.items !== undefined) return "array";
  const values = node.const === undefined ? listOf(node.enum) : [node.const];
  return values.length > 0 && values.every((value) => typeof value === "string")
    ? "string"
    : undefined;
}

/** A schema with those of `allOf`, and of the only alternative that is not null. */
export function merged(
  document: OpenApiDocument,
  schema: Node,
  above: ReadonlySet<Node> = new Set(),
): Node {
  if (above.has(schema) || above.size > DEEPEST) return {};
  const inside = new Set([...above, schema]);
  const partsOf = (list: unknown) => listOf(list).map((part) => document.follow(part));
  const parts = partsOf(schema.allOf).map((part) => merged(document, part, inside));
  const alternatives = [...partsOf(schema.anyOf), ...partsOf(schema.oneOf)]
    .filter((part) => part.type !== "null").map((part) => merged(document, part, inside));
  const [only = {}] = alternatives;
  const choice = alternatives.length > 1 ? either(alternatives) : only;
  const all = [...parts, choice, schema];
  const properties = all.flatMap((part) => Object.entries(nodeOf(part.properties)));
  const { allOf: _, anyOf: __, oneOf: ___, ...own } = schema;
  const whole = Object.assign({}, ...parts, choice, own);
  return properties.length === 0 ? whole : { ...whole, properties: Object.fromEntries(properties) };
}

/** Of several objects, one with the members of each; of any others, a value of unknown type. */
function either(alternatives: readonly Node[]): Node {
  const types = new Set(alternatives.map(typeOf));
  if (types.size === 1 && !types.has("object") && !types.has(undefined)) return alternatives[0]!;
  if (types.size > 1 || !types.has("object")) return { type: ["object", "string"] };
  const properties = new Map<string, unknown>();
  for (
    const [name, member] of alternatives.flatMap((one) => Object.entries(nodeOf(one.properties)))
  ) {
    const isSame = !properties.has(name) ||
      JSON.stringify(properties.get(name)) === JSON.stringify(member);
    properties.set(name, isSame ? member : {});
  }
  return { type: "object", properties: Object.fromEntries(properties) };
}

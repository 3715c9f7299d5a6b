// Owns an OpenAPI document, 3.x or Swagger 2.0: its servers, operations, parameters, responses and security schemes.
// Pure; references are resolved by reference.ts. Invariant: what the document declares in an unusual place is found,
// and a reference without a target is reported.
import { isObject } from "../../extract/value/path.ts";
import { Failure } from "../../failure.ts";
import { formatOf, jsonOf, listOf, type Node, nodeOf, textOf } from "./node.ts";
import { parseDocument, type ReadFile, References } from "./reference.ts";
import { basePathOf, serversOf, swaggerUrl, urlOf } from "./server.ts";

/** A parameter of an operation. */
export interface ParameterNode {
  /** Its name. */
  readonly name: string;
  /** `query`, `path`, `header`, ..., or `body` for a member of a JSON body. */
  readonly in: string;
  /** Whether a request must have it. */
  readonly required: boolean;
  /** Its description, without markup. */
  readonly description: string;
  /** Its schema. */
  readonly schema: Node;
}

/** A security scheme. */
export interface SecurityNode {
  /** Its definition. */
  readonly scheme: Node;
  /** Scopes that the operation requires. */
  readonly scopes: readonly string[];
}

/** An operation that returns data. */
export interface Operation {
  /** Path below the server's URL. */
  readonly path: string;
  /** Method, in capitals. */
  readonly method: "GET" | "POST";
  /** A sentence about it, or empty. */
  readonly summary: string;
  /** Everything that the document says about it in prose. */
  readonly description: string;
  /** Its parameters, those of the path included. */
  readonly parameters: readonly ParameterNode[];
  /** Schema of the successful response, or undefined. */
  readonly response: Node | undefined;
  /** Its tags and id, for searching. */
  readonly tags: readonly string[];
  /** Its format, unless it is JSON. */
  readonly format: "csv" | "ndjson" | undefined;
  /** Names of the headers of that response, in lower case. */
  readonly headers: readonly string[];
  /** Security schemes of a request: the first alternative that is not empty. */
  readonly security: readonly SecurityNode[];
}

/** An OpenAPI document. */
export class OpenApiDocument {
  readonly #root: Node;
  readonly #references: References;

  /** Wraps a decoded document; `read` reads files next to it. */
  constructor(root: Node, read: ReadFile = () => undefined) {
    this.#root = root;
    this.#references = new References(root, read);
  }

  /** References without a target, so far. */
  get unresolved(): readonly string[] {
    return [...this.#references.unresolved];
  }

  /** The description of the API, in words. */
  get description(): string {
    return plainText(textOf(nodeOf(this.#root.info).description));
  }

  /** Title of the API, or empty. */
  get title(): string {
    return textOf(nodeOf(this.#root.info).title);
  }

  /** URL of its first server, https before http; undefined where none is absolute. */
  get url(): string | undefined {
    return urlOf([...serversOf(this.#root), swaggerUrl(this.#root) ?? ""]);
  }

  /** URL of the servers that a path declares for itself, or of the document's. */
  urlOf(path: string): string | undefined {
    const item = this.#item(path);
    const own = METHODS.flatMap((method) => serversOf(nodeOf(item[method.toLowerCase()])));
    return urlOf(own) ?? urlOf(serversOf(item)) ?? this.url;
  }

  /** The path of its first server where that has no host, such as `/api/v3`; empty otherwise. */
  get basePath(): string {
    return basePathOf(this.#root);
  }

  /** Paths with their methods that return data, such as `GET /v1/items`, GET before POST. */
  get operations(): string[] {
    const entries = Object.keys(nodeOf(this.#root.paths)).map((path) =>
      [path, this.#item(path)] as const
    );
    return METHODS.flatMap((method) =>
      entries.filter(([, item]) => isObject(item[method.toLowerCase()]))
        .map(([path]) => `${method} ${path}`)
    );
  }

  #item(path: string): Node {
    return this.follow(nodeOf(this.#root.paths)[path]);
  }

  /** The operation at a path, GET before POST; undefined where there is none. */
  operation(path: string): Operation | undefined {
    const item = this.#item(path);
    const method = METHODS.find((method) => isObject(item[method.toLowerCase()]));
    if (method === undefined) return undefined;
    const node = nodeOf(item[method.toLowerCase()]);
    const response = this.#responseOf(nodeOf(node.responses));
    return {
      path,
      method,
      summary: plainText(textOf(node.summary ?? node.description).split("\n")[0]!),
      description: plainText(
        [item.description, node.summary, node.description].map(textOf).join(" "),
      ),
      tags: [textOf(node.operationId), ...listOf(node.tags).map(textOf)],
      parameters: [...this.#parametersOf(item, node), ...this.#bodyOf(node)],
      ...this.#contentOf(response, node),
      headers: Object.keys(nodeOf(response.headers)).map((name) => name.toLowerCase()),
      security: this.#security(node.security ?? this.#root.security),
    };
  }

  /** The parameters of a path and an operation, the latter replacing the former; objects become their members. */
  #parametersOf(item: Node, operation: Node): ParameterNode[] {
    const all = [...listOf(item.parameters), ...listOf(operation.parameters)]
      .map((parameter) => this.follow(parameter))
      .filter((parameter) => parameter.in !== "body");
    const byName = new Map(all.map((one) => [`${textOf(one.in)} ${textOf(one.name)}`, one]));
    return [...byName.values()].flatMap((one) => this.#membersOf(one) ?? [this.#parameter(one)]);
  }

  /** An object in the query is sent as its members: `a=1`, or `name[a]=1` as a deep object. */
  #membersOf(node: Node): ParameterNode[] | undefined {
    const schema = this.follow(node.schema);
    const object = [schema, ...listOf(schema.anyOf), ...listOf(schema.oneOf)]
      .map((one) => this.follow(one)).find((one) => isObject(one.properties));
    if (node.in !== "query" || object === undefined || node.explode === false) return undefined;
    const { name, description } = this.#parameter(node);
    const isDeep = node.style === "deepObject";
    return Object.entries(nodeOf(object.properties)).map(([member, inner]) => {
      const own = this.#parameter({ name: member, in: "query", schema: inner });
      const words = `${own.description} ${description}`.trim();
      return { ...own, name: isDeep ? `${name}[${member}]` : member, description: words };
    });
  }

  /** The members of the JSON body of an operation. */
  #bodyOf(operation: Node): ParameterNode[] {
    const inSwagger = listOf(operation.parameters).map((one) => this.follow(one))
      .find((one) => one.in === "body");
    const content = nodeOf(this.follow(operation.requestBody).content);
    const schema = this.follow(inSwagger?.schema ?? jsonOf(content)?.schema);
    return this.#bodyMembers(schema, { prefix: "", isRequired: true, above: [] });
  }

  /** The members of an object in a body, and those of objects in it, as `filter.from`. */
  #bodyMembers(
    schema: Node,
    { prefix, isRequired, above }: { prefix: string; isRequired: boolean; above: Node[] },
  ): ParameterNode[] {
    const parts = [schema, ...listOf(schema.allOf).map((part) => this.follow(part))];
    const required = parts.flatMap((part) => listOf(part.required));
    return parts.flatMap(({ properties }) => Object.entries(nodeOf(properties))).flatMap(
      ([key, property]) => {
        const inner = this.follow(property);
        const name = prefix + key;
        const isNeeded = isRequired && required.includes(key);
        const inside = above.length > DEEPEST_BODY || above.includes(inner)
          ? []
          : this.#bodyMembers(inner, {
            prefix: `${name}.`,
            isRequired: isNeeded,
            above: [...above, inner],
          });
        if (inside.length > 0) return inside;
        return [{ ...this.#parameter({ name, in: "body", schema: inner }), required: isNeeded }];
      },
    );
  }

  /** The response with status 200, or with another successful one. */
  #responseOf(responses: Node): Node {
    const status = ["200", "2XX", "2xx", "201", "206", "default"].find((one) => one in responses);
    return this.follow(status === undefined ? undefined : responses[status]);
  }

  /** The node behind references. */
  follow(node: unknown): Node {
    return this.#references.follow(node);
  }

  #parameter(node: Node): ParameterNode {
    const schema = isObject(node.schema)
      ? this.follow(node.schema)
      : this.follow(jsonOf(nodeOf(node.content))?.schema);
    return {
      name: textOf(node.name),
      in: textOf(node.in),
      required: node.required === true,
      description: plainText(`${textOf(node.description)} ${textOf(schema.description)}`),
      // In Swagger 2.0 the parameter is its own schema.
      schema: Object.keys(schema).length > 0 ? { example: exampleOf(node), ...schema } : node,
    };
  }

  #contentOf(response: Node, operation: Node): Pick<Operation, "response" | "format"> {
    const content = nodeOf(response.content);
    const schema = jsonOf(content)?.schema ?? Object.values(content).map(nodeOf)[0]?.schema ??
      response.schema;
    const types = Object.keys(content);
    const produced = listOf(operation.produces ?? this.#root.produces).map(textOf);
    return {
      response: isObject(schema) ? this.follow(schema) : undefined,
      format: formatOf(types.length > 0 ? types : produced),
    };
  }

  #security(requirements: unknown): SecurityNode[] {
    const schemes = nodeOf(nodeOf(this.#root.components).securitySchemes);
    const definitions = nodeOf(this.#root.securityDefinitions);
    const choices = listOf(requirements).map(nodeOf).filter((one) => Object.keys(one).length > 0);
    const isUsable = (one: Node) =>
      Object.keys(one).every((name) =>
        isSupported(this.follow(schemes[name] ?? definitions[name]))
      );
    const first = choices.find(isUsable) ?? choices[0];
    return Object.entries(first ?? {}).map(([name, scopes]) => ({
      scheme: this.follow(schemes[name] ?? definitions[name]),
      scopes: listOf(scopes).map(textOf),
    }));
  }
}

const METHODS = ["GET", "POST"] as const;
/** Objects in each other in a body whose members are read. */
const DEEPEST_BODY = 4;

/** The example of a parameter, also the first one of several. */
function exampleOf({ example, examples }: Node): unknown {
  return example ?? nodeOf(Object.values(nodeOf(examples))[0]).value;
}

/**
 * Reads a document; `read` reads files next to it.
 *
 * @throws {Failure} of kind `configuration` where it is not an OpenAPI document.
 */
export function readOpenApi(text: string, read?: ReadFile): OpenApiDocument {
  let root: unknown;
  try {
    root = parseDocument(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    throw notOpenApi("it is neither JSON nor YAML", cause);
  }
  if (!isObject(root) || !isObject(root.paths)) throw notOpenApi('it has no "paths"');
  if (root.openapi === undefined && root.swagger === undefined) {
    throw notOpenApi('it contains neither "openapi" nor "swagger"');
  }
  return new OpenApiDocument(root, read);
}

function notOpenApi(what: string, cause?: unknown): Failure {
  return new Failure("configuration", `Cannot read the OpenAPI document: ${what}`, {
    hint: "Pass an OpenAPI 3 or Swagger 2.0 document in JSON or YAML",
    ...cause === undefined ? {} : { cause },
  });
}

/** Whether a job can declare a security scheme. */
function isSupported({ type, in: where, scheme }: Node): boolean {
  if (type === "apiKey") return where === "header" || where === "query";
  return type !== "http" || /^(basic|bearer)$/i.test(textOf(scheme));
}

/** Text without HTML, on one line. */
export function plainText(html: string): string {
  return html.replace(/<\/?[a-z][^<>]*>/gi, " ").replace(/[\p{C}\s]+/gu, " ").trim();
}

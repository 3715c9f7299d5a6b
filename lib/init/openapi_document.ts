// Owns reading an OpenAPI document, 3.x or Swagger 2.0, JSON or YAML: its operations, parameters, answers
// and ways of proving who asks, with references followed. Pure. Invariant: references that go in circles end.
import { parse } from "yaml";
import { isObject } from "../extract/path.ts";
import { Failure } from "../report/failure.ts";

/** An object of the document. */
export type Node = Readonly<Record<string, unknown>>;

/** A parameter of an operation. */
export interface ParameterNode {
  /** Its name. */
  readonly name: string;
  /** `query`, `path`, `header`, ... */
  readonly in: string;
  /** Whether a request must have it. */
  readonly required: boolean;
  /** What the document says of it, in words. */
  readonly description: string;
  /** Its schema. */
  readonly schema: Node;
}

/** A way of proving who asks, as the document names it. */
export type SecurityNode = Node;

/** An operation that answers with data. */
export interface Operation {
  /** Path below the server's address. */
  readonly path: string;
  /** Method, in capitals. */
  readonly method: "GET" | "POST";
  /** A sentence about it, or empty. */
  readonly summary: string;
  /** Its parameters, those of the path included. */
  readonly parameters: readonly ParameterNode[];
  /** Schema of the answer with status 200, or undefined. */
  readonly answer: Node | undefined;
  /** Names of the headers of that answer, in small letters. */
  readonly headers: readonly string[];
  /** Ways of proving who asks, the first that the document offers. */
  readonly security: readonly SecurityNode[];
}

/** Most references that lead from one to the next. */
const MOST_REFERENCES = 20;

/** An OpenAPI document. */
export class OpenApiDocument {
  readonly #root: Node;

  /** Takes a decoded document. */
  constructor(root: Node) {
    this.#root = root;
  }

  /** Title of the API, or empty. */
  get title(): string {
    return textOf(nodeOf(this.#root.info).title);
  }

  /** Address of its first server; undefined where it states none that is absolute. */
  get url(): string | undefined {
    const [server] = listOf(this.#root.servers).map(nodeOf);
    const url = server === undefined ? this.#swaggerUrl() : withVariables(server);
    return url !== undefined && URL.canParse(url) ? url.replace(/\/+$/, "") : undefined;
  }

  /** Paths with their methods that answer with data, such as `GET /v1/items`. */
  get operations(): string[] {
    return Object.entries(nodeOf(this.#root.paths)).flatMap(([path, item]) =>
      METHODS.filter((method) => isObject(nodeOf(item)[method.toLowerCase()]))
        .map((method) => `${method} ${path}`)
    );
  }

  /**
   * The operation at a path, GET before POST.
   *
   * @throws {Failure} of kind `configuration` where there is none, with those there are.
   */
  operation(path: string): Operation {
    const item = nodeOf(nodeOf(this.#root.paths)[path]);
    const method = METHODS.find((method) => isObject(item[method.toLowerCase()]));
    if (method === undefined) throw this.#noOperation(path);
    const node = nodeOf(item[method.toLowerCase()]);
    const parameters = [...listOf(item.parameters), ...listOf(node.parameters)];
    const answer = this.follow(nodeOf(node.responses)["200"] ?? nodeOf(node.responses).default);
    return {
      path,
      method,
      summary: textOf(node.summary ?? node.description).split("\n")[0]!,
      parameters: parameters.map((parameter) => this.#parameter(this.follow(parameter))),
      answer: this.#schemaOf(answer),
      headers: Object.keys(nodeOf(answer.headers)).map((name) => name.toLowerCase()),
      security: this.#security(node.security ?? this.#root.security),
    };
  }

  /** What a node is, behind references. */
  follow(node: unknown): Node {
    let found = nodeOf(node);
    for (let n = 0; typeof found.$ref === "string" && n < MOST_REFERENCES; n++) {
      found = this.#at(found.$ref);
    }
    return typeof found.$ref === "string" ? {} : found;
  }

  #at(reference: string): Node {
    if (!reference.startsWith("#/")) return {};
    let found: unknown = this.#root;
    for (const part of reference.slice(2).split("/")) {
      const name = decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
      found = isObject(found) && Object.hasOwn(found, name) ? found[name] : undefined;
    }
    return nodeOf(found);
  }

  #parameter(node: Node): ParameterNode {
    return {
      name: textOf(node.name),
      in: textOf(node.in),
      required: node.required === true,
      description: `${textOf(node.description)} ${textOf(nodeOf(node.schema).description)}`.trim(),
      // In Swagger 2.0 the parameter is its own schema.
      schema: isObject(node.schema) ? this.follow(node.schema) : node,
    };
  }

  #schemaOf(answer: Node): Node | undefined {
    const content = nodeOf(answer.content);
    const type = Object.keys(content).find((type) => /json/i.test(type)) ?? Object.keys(content)[0];
    const schema = type === undefined ? answer.schema : nodeOf(content[type]).schema;
    return isObject(schema) ? this.follow(schema) : undefined;
  }

  #security(requirements: unknown): SecurityNode[] {
    const schemes = nodeOf(nodeOf(this.#root.components).securitySchemes);
    const definitions = nodeOf(this.#root.securityDefinitions);
    const [first] = listOf(requirements).map(nodeOf).filter((one) => Object.keys(one).length > 0);
    return Object.keys(first ?? {}).map((name) => this.follow(schemes[name] ?? definitions[name]));
  }

  #swaggerUrl(): string | undefined {
    const { host, basePath, schemes } = this.#root;
    if (typeof host !== "string") return undefined;
    const [scheme = "https"] = listOf(schemes).map(textOf);
    return `${scheme}://${host}${textOf(basePath)}`;
  }

  #noOperation(path: string): Failure {
    const known = this.operations;
    const shown = known.slice(0, 30).join(", ");
    return new Failure("configuration", `Cannot find "${path}" in the OpenAPI document`, {
      hint: `It has ${shown === "" ? "no operation" : shown}${known.length > 30 ? ", ..." : ""}`,
    });
  }
}

const METHODS = ["GET", "POST"] as const;

/**
 * Reads the text of a document.
 *
 * @throws {Failure} of kind `configuration` where it is none.
 */
export function readOpenApi(text: string): OpenApiDocument {
  let root: unknown;
  try {
    root = /^\s*\{/.test(text) ? JSON.parse(text) : parse(text, { maxAliasCount: 100 });
  } catch (cause) {
    throw notOpenApi("it is neither JSON nor YAML", cause);
  }
  if (!isObject(root) || !isObject(root.paths)) throw notOpenApi('it has no "paths"');
  return new OpenApiDocument(root);
}

function notOpenApi(what: string, cause?: unknown): Failure {
  return new Failure("configuration", `Cannot read the OpenAPI document: ${what}`, {
    hint: "Give a file of OpenAPI 3 or Swagger 2.0, JSON or YAML",
    ...cause === undefined ? {} : { cause },
  });
}

/** Placeholders in a server's address stand for their defaults. */
function withVariables(server: Node): string {
  const variables = nodeOf(server.variables);
  return textOf(server.url).replace(
    /\{(\w+)\}/g,
    (_, name: string) => textOf(nodeOf(variables[name]).default),
  );
}

/** The node, or an empty one. */
export function nodeOf(value: unknown): Node {
  return isObject(value) ? value : {};
}

/** The list, or an empty one. */
export function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The text, or an empty one. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

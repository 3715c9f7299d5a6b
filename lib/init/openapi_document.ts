// Owns reading an OpenAPI document, 3.x or Swagger 2.0, JSON or YAML: its operations, parameters, answers
// and ways of proving who asks, with references followed. Pure. Invariant: references that go in circles end.
import { parse } from "yaml";
import { suggest } from "../did_you_mean.ts";
import { isObject } from "../extract/value/path.ts";
import { Failure } from "../failure.ts";
import { formatOf, jsonOf, listOf, type Node, nodeOf, textOf } from "./openapi_node.ts";

/** A parameter of an operation. */
export interface ParameterNode {
  /** Its name. */
  readonly name: string;
  /** `query`, `path`, `header`, ..., or `body` for a member of a JSON body. */
  readonly in: string;
  /** Whether a request must have it. */
  readonly required: boolean;
  /** What the document says of it, in words. */
  readonly description: string;
  /** Its schema. */
  readonly schema: Node;
}

/** A way of proving who asks, as the document names it. */
export interface SecurityNode {
  /** Its definition. */
  readonly scheme: Node;
  /** Scopes that the operation asks for. */
  readonly scopes: readonly string[];
}

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
  /** Schema of the answer that says yes, or undefined. */
  readonly answer: Node | undefined;
  /** Its format, where it is no JSON. */
  readonly format: "csv" | "ndjson" | undefined;
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

  /** The path of its first server where it states no host, such as `/api/v3`; empty otherwise. */
  get basePath(): string {
    const [server] = listOf(this.#root.servers).map(nodeOf);
    const path = server === undefined ? textOf(this.#root.basePath) : withVariables(server);
    return path.startsWith("/") ? path.replace(/\/+$/, "") : "";
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
    const item = this.follow(nodeOf(this.#root.paths)[path]);
    const method = METHODS.find((method) => isObject(item[method.toLowerCase()]));
    if (method === undefined) throw this.#noOperation(path);
    const node = nodeOf(item[method.toLowerCase()]);
    const answer = this.#answerOf(nodeOf(node.responses));
    return {
      path,
      method,
      summary: textOf(node.summary ?? node.description).split("\n")[0]!,
      parameters: [...this.#parametersOf(item, node), ...this.#bodyOf(node)],
      ...this.#contentOf(answer, node),
      headers: Object.keys(nodeOf(answer.headers)).map((name) => name.toLowerCase()),
      security: this.#security(node.security ?? this.#root.security),
    };
  }

  /** The parameters of a path and an operation, the latter over the former; objects become their members. */
  #parametersOf(item: Node, operation: Node): ParameterNode[] {
    const all = [...listOf(item.parameters), ...listOf(operation.parameters)]
      .map((parameter) => this.follow(parameter))
      .filter((parameter) => parameter.in !== "body");
    const byName = new Map(all.map((one) => [`${textOf(one.in)} ${textOf(one.name)}`, one]));
    return [...byName.values()].flatMap((one) => this.#membersOf(one) ?? [this.#parameter(one)]);
  }

  /** A query parameter that is an object is sent as its members: `a=1` or, as a deep object, `name[a]=1`. */
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

  /** The members of the JSON body that an operation takes. */
  #bodyOf(operation: Node): ParameterNode[] {
    const inSwagger = listOf(operation.parameters).map((one) => this.follow(one))
      .find((one) => one.in === "body");
    const content = nodeOf(this.follow(operation.requestBody).content);
    const schema = this.follow(inSwagger?.schema ?? jsonOf(content)?.schema);
    const required = listOf(schema.required);
    return Object.entries(nodeOf(schema.properties)).map(([name, inner]) => ({
      ...this.#parameter({ name, in: "body", schema: inner }),
      required: required.includes(name),
    }));
  }

  /** The answer with the status 200, or another that says yes. */
  #answerOf(responses: Node): Node {
    const status = ["200", "2XX", "2xx", "201", "206", "default"].find((one) => one in responses);
    return this.follow(status === undefined ? undefined : responses[status]);
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

  #contentOf(answer: Node, operation: Node): Pick<Operation, "answer" | "format"> {
    const content = nodeOf(answer.content);
    const schema = jsonOf(content)?.schema ?? Object.values(content).map(nodeOf)[0]?.schema ??
      answer.schema;
    const types = Object.keys(content);
    const produced = listOf(operation.produces ?? this.#root.produces).map(textOf);
    return {
      answer: isObject(schema) ? this.follow(schema) : undefined,
      format: formatOf(types.length > 0 ? types : produced),
    };
  }

  #security(requirements: unknown): SecurityNode[] {
    const schemes = nodeOf(nodeOf(this.#root.components).securitySchemes);
    const definitions = nodeOf(this.#root.securityDefinitions);
    const [first] = listOf(requirements).map(nodeOf).filter((one) => Object.keys(one).length > 0);
    return Object.entries(first ?? {}).map(([name, scopes]) => ({
      scheme: this.follow(schemes[name] ?? definitions[name]),
      scopes: listOf(scopes).map(textOf),
    }));
  }

  #swaggerUrl(): string | undefined {
    const { host, basePath, schemes } = this.#root;
    if (typeof host !== "string") return undefined;
    const offered = listOf(schemes).map(textOf);
    const scheme = offered.includes("http") && !offered.includes("https") ? "http" : "https";
    return `${scheme}://${host}${textOf(basePath)}`;
  }

  #noOperation(path: string): Failure {
    const known = this.operations;
    const paths = known.map((operation) => operation.replace(/^\w+ /, ""));
    const near = paths.find((one) => isLike(one, path)) ?? suggest(path, paths);
    const shown = known.slice(0, 30).join(", ");
    const list = `It has ${shown === "" ? "no operation" : shown}${
      known.length > 30 ? ", ..." : ""
    }`;
    return new Failure("configuration", `Cannot find "${path}" in the OpenAPI document`, {
      hint: near === undefined ? list : `Did you mean "${near}"?`,
    });
  }
}

/** Whether a path is meant by what people write: a method before it, no slash at its ends, values for names. */
function isLike(path: string, written: string): boolean {
  const steps = (text: string) => text.toLowerCase().replace(/^\/|\/$/g, "").split("/");
  const [known, given] = [steps(path), steps(written.replace(/^(GET|POST)\s+/i, ""))];
  return known.length === given.length &&
    known.every((step, at) => step === given[at] || /^\{.*\}$/.test(step));
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
  if (root.openapi === undefined && root.swagger === undefined) {
    throw notOpenApi('it says neither "openapi" nor "swagger"');
  }
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

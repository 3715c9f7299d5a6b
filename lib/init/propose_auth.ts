// Owns how requests prove who asks in a drafted job: as a document says, or as a person does. Pure. Invariant:
// what it proposes names variables, never a secret.
import { Failure } from "../failure.ts";
import { snakeCase } from "./column_name.ts";
import type { SecurityNode } from "./openapi_document.ts";
import { type Node, nodeOf, textOf } from "./openapi_node.ts";

/** How requests prove who asks, as a job file has it. */
export type AuthDraft = Readonly<Record<string, unknown>>;

/** How the first ways of proving who asks are said in a job. */
export function authOf(security: readonly SecurityNode[], name: string): AuthDraft | undefined {
  const auth: Record<string, unknown> = {};
  for (const { scheme, scopes } of security) {
    const type = textOf(scheme.type);
    const kind = textOf(scheme.scheme).toLowerCase();
    const variable = name.toUpperCase();
    if (type === "basic" || type === "http" && kind === "basic") {
      Object.assign(auth, basic(variable));
    } else if (type === "apiKey" && scheme.in === "cookie") continue;
    else if (type === "apiKey") {
      auth[textOf(scheme.in)] = { [textOf(scheme.name)]: `\${${variable}_API_KEY}` };
    } else if (type === "oauth2") Object.assign(auth, oauth2(scheme, scopes, variable));
    else if (type === "http" && kind !== "bearer") continue;
    else if (type !== "") auth.bearer = `\${${variable}_TOKEN}`;
  }
  return Object.keys(auth).length === 0 ? undefined : auth;
}

function basic(variable: string): AuthDraft {
  return {
    basic: { username: `\${${variable}_USERNAME}`, password: `\${${variable}_PASSWORD}` },
  };
}

function oauth2(scheme: Node, scopes: readonly string[], variable: string): AuthDraft {
  const flow = nodeOf(nodeOf(scheme.flows).clientCredentials);
  const tokenUrl = textOf(flow.tokenUrl) ||
    (scheme.flow === "application" ? textOf(scheme.tokenUrl) : "");
  if (!URL.canParse(tokenUrl)) return { bearer: `\${${variable}_TOKEN}` };
  return {
    oauth2: {
      token_url: tokenUrl,
      client_id: `\${${variable}_CLIENT_ID}`,
      client_secret: `\${${variable}_CLIENT_SECRET}`,
      ...scopes.length === 0 ? {} : { scope: scopes.join(" ") },
    },
  };
}

/**
 * Reads `none`, `basic`, `bearer`, `header:NAME` or `query:NAME`.
 *
 * @throws {Failure} of kind `configuration` where it is none of them.
 */
export function readAuth(text: string, name: string): AuthDraft | undefined {
  const [kind = "", where = ""] = text.split(":");
  const variable = snakeCase(name).toUpperCase();
  if (kind === "none") return undefined;
  if (kind === "basic") return basic(variable);
  if (kind === "bearer") return { bearer: `\${${variable}_TOKEN}` };
  if ((kind === "header" || kind === "query") && where !== "") {
    return { [kind]: { [where]: `\${${variable}_API_KEY}` } };
  }
  throw new Failure("configuration", `Cannot write a job: there is no --auth "${text}"`, {
    hint: "Say none, basic, bearer, header:X-Api-Key or query:api_key",
  });
}

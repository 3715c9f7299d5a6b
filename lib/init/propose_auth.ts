// Owns the credentials of a drafted job, as a document or the user declares them. Pure. Invariant: it proposes names of
// variables, never a secret, and a credential never becomes a parameter of the job.
import { Failure } from "../failure.ts";
import { snakeCase } from "./column_name.ts";
import type { Operation, ParameterNode } from "./openapi/document.ts";
import { type Node, nodeOf, textOf } from "./openapi/node.ts";

/** What to write as "auth". */
export type AuthDraft = Readonly<Record<string, unknown>>;

/** Where a credential goes, and under which name. */
interface Slot {
  readonly in: string;
  readonly name: string;
}

/** The credentials of an operation: its security schemes, and required parameters that look like credentials. */
export function authOf(
  { security, parameters }: Pick<Operation, "security" | "parameters">,
  name: string,
): AuthDraft | undefined {
  const auth: Record<string, unknown> = {};
  const slots: Slot[] = [];
  const variable = name.toUpperCase();
  for (const { scheme, scopes } of security) {
    const type = textOf(scheme.type);
    const kind = textOf(scheme.scheme).toLowerCase();
    if (type === "basic" || type === "http" && kind === "basic") {
      Object.assign(auth, basic(variable));
    } else if (type === "apiKey") slots.push({ in: textOf(scheme.in), name: textOf(scheme.name) });
    else if (type === "oauth2") Object.assign(auth, oauth2(scheme, scopes, variable));
    else if (type === "http" && kind !== "bearer") {
      slots.push({ in: "header", name: "Authorization" });
    } else if (type !== "") auth.bearer = `\${${variable}_TOKEN}`;
  }
  const isAuthorized = Object.keys(auth).length > 0;
  for (const { in: where, name, required } of parameters.filter(isCredential)) {
    const isDeclared = slots.some((slot) => slot.in === where && slot.name === name);
    const isHeld = isAuthorized && /^authorization$/i.test(name);
    if (required && !isDeclared && !isHeld) slots.push({ in: where, name });
  }
  for (const { in: where, name } of slots.map(cookieAsHeader)) {
    if (where !== "header" && where !== "query") continue;
    const known = auth[where] as Record<string, string> | undefined;
    auth[where] = { ...known, [name]: `\${${variableOf(variable, name, slots)}}` };
  }
  return Object.keys(auth).length === 0 ? undefined : auth;
}

/** Whether a parameter of a request is a credential, by its name or description. */
export function isCredential({ in: where, name, description }: ParameterNode): boolean {
  if (where !== "query" && where !== "header") return false;
  const plain = name.toLowerCase().replace(/[^a-z]/g, "");
  if (/^(next|page|nextpage|sync|continuation|delta|skip|start|pagination)token$/.test(plain)) {
    return false;
  }
  if (/^(idempotency|sort|partition|primary|order|group|cache)key$/.test(plain)) return false;
  return SECRET_NAMES.test(plain) ||
    plain === "key" && /api|access|account|your|auth/i.test(description) ||
    plain === "token" && !/page|cursor|next|continu/i.test(description);
}

const SECRET_NAMES =
  /(apikey|appkey|applicationkey|subscriptionkey|accesskey|accountkey|clientkey|userkey|licensekey|securitykey|authkey|authtoken|accesstoken|accounttoken|apitoken|usertoken|sessiontoken|sessionid|securitytoken|bearertoken|clientsecret|clientid|appid|applicationid|appsecret|secret|secretkey|password|passwd|authorization|signature)$|^x.*(token|key|auth|secret)$|^(auth|apiauth|credential)s?$/;

function cookieAsHeader({ in: where, name }: Slot): Slot {
  return where === "cookie" ? { in: "header", name: "Cookie" } : { in: where, name };
}

/** One key in two places is one variable; different credentials have a variable each. */
function variableOf(variable: string, name: string, slots: readonly Slot[]): string {
  const plain = (text: string) => text.toLowerCase().replace(/^x-/, "").replace(/[^a-z0-9]/g, "");
  const isOne = slots.every((slot) => plain(slot.name) === plain(slots[0]!.name));
  return isOne ? `${variable}_API_KEY` : `${variable}_${snakeCase(name).toUpperCase()}`;
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
  if (!URL.canParse(tokenUrl) || tokenUrl.includes("${")) {
    return { bearer: `\${${variable}_TOKEN}` };
  }
  return {
    oauth2: {
      token_url: tokenUrl,
      client_id: `\${${variable}_CLIENT_ID}`,
      client_secret: `\${${variable}_CLIENT_SECRET}`,
      ...scopes.length === 0 ? {} : { scope: scopes.join(" ").replaceAll("${", () => "$${") },
    },
  };
}

/**
 * Reads `none`, `basic`, `bearer`, `header:NAME` or `query:NAME`.
 *
 * @throws {Failure} of kind `configuration` where the text is anything else.
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
  throw new Failure("configuration", `Cannot write a job: --auth "${text}" is not supported`, {
    hint: "Write none, basic, bearer, header:X-Api-Key or query:api_key",
  });
}

// Owns which environment variables a job may use and where it sends them. A job file may come from a
// stranger: it never receives the settings of Hindcast, and a variable that the user did not intend for it
// only as a credential or as the URL itself. Pure; it never reads the environment.
import { type Env, envReferences, substituteEnv } from "./yaml/env.ts";
import type { YamlNode } from "./yaml/node.ts";
import { isSecretName, secretAt } from "./schema/secret.ts";

/** A variable in a string of a job. */
export interface VariableUse {
  /** Name of the variable. */
  readonly name: string;
  /** Keys from the top of the job to the string. */
  readonly path: readonly string[];
  /** The string, with its references. */
  readonly text: string;
}

/** Variables that are never available to jobs: settings of Hindcast, Deno, PostgreSQL and proxies. */
export const RESERVED: RegExp =
  /^(DATABASE_URL|(BACKFILL|HINDCAST|DENO|OTEL|NODE|NPM|LD|AWS)_\w*|(HTTP|HTTPS|ALL|NO)_PROXY|SSL_CERT_\w*|PGPASS(WORD|FILE))$/i;

/** Why a job cannot use a variable at a path, or undefined if it can. */
export function variableProblem(name: string, path: readonly string[]): string | undefined {
  if (RESERVED.test(name)) return `the variable "${name}" is not available to jobs`;
  const isStored = path[0] === "params" || path[2] === "for_each" && path[0] === "streams";
  if (!isStored || !isSecretName(name)) return undefined;
  return `the secret "${name}" cannot be used here: the values of parameters and of for_each are stored and shown`;
}

/** The variables in all strings of a job. */
export function variableUses(root: YamlNode | undefined): VariableUse[] {
  const uses: VariableUse[] = [];
  const visit = (node: YamlNode, path: readonly string[]): void => {
    if (node.kind === "list") node.items.forEach((item, at) => visit(item, [...path, String(at)]));
    else if (node.kind === "map") {
      for (const [key, entry] of node.entries) visit(entry.node, [...path, key]);
    } else if (typeof node.value === "string") {
      for (const { name } of envReferences(node.value)) {
        if (name !== undefined) uses.push({ name, path, text: node.value });
      }
    }
  };
  if (root !== undefined) visit(root, []);
  return uses;
}

/**
 * A test whether a job may use a variable that is set in the environment and in none of the .env files:
 * as a credential, as the beginning of a URL (it then names the host itself), with the name of the job as
 * its prefix, or if the job lists it under `variables`.
 */
export function offeredBy(root: YamlNode | undefined): (use: VariableUse) => boolean {
  const job = scalarAt(root, "job");
  const prefix = job === undefined ? undefined : `${job.toUpperCase()}_`;
  const listed = root?.kind === "map" ? root.entries.get("variables")?.node : undefined;
  const items = listed?.kind === "list" ? listed.items : listed === undefined ? [] : [listed];
  const names = new Set(items.map((item) => item.kind === "scalar" ? item.value : undefined));
  return ({ name, path, text }) =>
    secretAt(path) !== undefined || isUrl(path) && text.startsWith(`\${${name}`) ||
    prefix !== undefined && name.toUpperCase().startsWith(prefix) || names.has(name);
}

/** The variables that a job sends, by origin; those in the base URL decide the host and are left out. */
export function sentVariables(root: YamlNode | undefined, env: Env): Map<string, string[]> {
  const url = scalarAt(root, "source", "url") ?? scalarAt(root, "source");
  const api = hostOf(url, env);
  const issuers = new Map(ISSUERS.flatMap((keys) => {
    const url = scalarAt(root, "source", "auth", ...keys);
    return url === undefined ? [] : [[keys[0], hostOf(url, env)]];
  }));
  const sent = new Map<string, string[]>();
  for (const { name, path } of variableUses(root)) {
    const isSent = path[0] === "source" || path[0] === "streams" && path[2] === "request";
    if (!isSent || isUrl(path)) continue;
    const host = path[1] === "auth" ? issuers.get(path[2] ?? "") ?? api : api;
    const names = sent.get(host) ?? [];
    if (!names.includes(name)) sent.set(host, [...names, name]);
  }
  return sent;
}

/** The keys under `auth` that name a server of tokens, to which the variables next to them are sent. */
export const ISSUERS: readonly (readonly string[])[] = [
  ["oauth2", "token_url"],
  ["jwt", "token_url"],
  ["login", "url"],
];

function isUrl(path: readonly string[]): boolean {
  const issuers = ISSUERS.map((keys) => ["source", "auth", ...keys].join("."));
  return ["source", "source.url", ...issuers].includes(path.join("."));
}

function scalarAt(root: YamlNode | undefined, ...keys: readonly string[]): string | undefined {
  let node = root;
  for (const key of keys) node = node?.kind === "map" ? node.entries.get(key)?.node : undefined;
  return node?.kind === "scalar" && typeof node.value === "string" ? node.value : undefined;
}

function hostOf(url: string | undefined, env: Env): string {
  const text = substituteEnv(url ?? "", env).text;
  return URL.canParse(text) ? new URL(text).origin : "the API";
}

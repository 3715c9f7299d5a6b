// Finds out what a job needs access to, before the job is read: its hosts, its files and the variables
// it names. It reports no errors: a file that cannot be read gets access to nothing, and the command then
// says what is wrong with it. The YAML reader is loaded only if needed.
import type { YamlNode } from "../../config/yaml/tree.ts";

/** What a job needs access to. */
export interface JobAccess {
  /** The job file and the files it includes. */
  readonly files: readonly string[];
  /** `host:port` of the API, of the server that issues tokens, and of the webhook that is notified. */
  readonly hosts: readonly string[];
  /** Names of the environment variables in its files that the job may read. */
  readonly variables: readonly string[];
  /** Names of those that are set but not offered to the job. */
  readonly withheld: readonly string[];
  /** Folder or bucket that the job names for its archive; undefined without one. */
  readonly archive?: string | undefined;
  /** Whether a request needs the target: for the rows of a query, for limits, or for a refresh token. */
  readonly needsTarget: boolean;
  /** Whether responses are read piece by piece: files of rows, which may have any size. */
  readonly readsFiles?: boolean;
}

/** Maximum size of a file; the command refuses a larger one with a message. */
const MOST_BYTES = 1 << 20;

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string>>;

/** Whether the YAML of a job must be parsed: for its hosts, and for the files it includes. */
export function needsParsing(file: string, withHosts: boolean): boolean {
  return file !== "" && (withHosts || /\binclude\b/.test(readText(file)));
}

/** Finds out what a job needs access to; its hosts only if `withHosts`. */
export async function readJobAccess(
  file: string,
  withHosts: boolean,
  env: Environment,
  fromFiles: ReadonlySet<string>,
): Promise<JobAccess> {
  const texts = new Map<string, string>();
  const read = (path: string) => {
    const text = readText(path);
    texts.set(path, text);
    return text;
  };
  read(file);
  const { isFed, unoffered = [], hosts = [], archive } = needsParsing(file, withHosts)
    ? await readTree(file, read, withHosts, env)
    : NOTHING;
  const withheld = unoffered.filter((name) => env[name] !== undefined && !fromFiles.has(name));
  const named = new Set([...texts.values()].flatMap(variablesOf));
  const isShared = [...texts.values()]
    .some((text) => /\b(limits|refresh_token)["']?\s*:/.test(text));
  return {
    files: [...texts.keys()].filter((path) => path !== ""),
    ...{ hosts, withheld, archive },
    variables: [...named].filter((name) => !withheld.includes(name)),
    needsTarget: isFed || isShared,
    readsFiles: [...texts.values()].some((text) => FILE_FORMAT.test(text)),
  };
}

const FILE_FORMAT = /\bformat["']?\s*:\s*["']?(csv|ndjson)\b/;

/** What the parsed job says. */
interface TreeAccess {
  /** Whether the rows of a query feed a stream. */
  readonly isFed: boolean;
  /** Variables that the job uses without being offered them. */
  readonly unoffered?: readonly string[];
  readonly hosts?: readonly string[];
  readonly archive?: string | undefined;
}

const NOTHING: TreeAccess = { isFed: false };

async function readTree(
  file: string,
  read: (path: string) => string,
  withHosts: boolean,
  env: Environment,
): Promise<TreeAccess> {
  const { readJobTree } = await import("../../config/yaml/include.ts");
  const { root } = await readJobTree(file, read);
  return {
    isFed: queriesOf(root).length > 0,
    archive: await archiveOf(root, env),
    ...withHosts && { unoffered: await unofferedIn(root), hosts: await hostsOf(root, env) },
  };
}

/** Variables that the job uses without being offered them; commands without the API send none. */
async function unofferedIn(root: YamlNode | undefined): Promise<string[]> {
  const { offeredBy, variableUses } = await import("../../config/variables.ts");
  const isOffered = offeredBy(root);
  return variableUses(root).filter((use) => !isOffered(use)).map(({ name }) => name);
}

function readText(path: string): string {
  try {
    return Deno.statSync(path).size > MOST_BYTES ? "" : Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}

function variablesOf(text: string): string[] {
  return [...text.matchAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)/g)].map((match) => match[1]!);
}

/** The archive of a job, if it is at a place that a job may name. */
async function archiveOf(
  root: YamlNode | undefined,
  env: Environment,
): Promise<string | undefined> {
  const named = at(root, "archive");
  const node = named?.kind === "scalar" ? named : at(named, "path");
  if (node?.kind !== "scalar" || typeof node.value !== "string") return undefined;
  const { substituteEnv } = await import("../../config/yaml/env.ts");
  const { isArchivePath } = await import("../../config/job/archive.ts");
  const { text } = substituteEnv(node.value, (name) => env[name]);
  return isArchivePath(text) ? text : undefined;
}

async function hostsOf(root: YamlNode | undefined, env: Environment): Promise<string[]> {
  const { substituteEnv } = await import("../../config/yaml/env.ts");
  const { ISSUERS } = await import("../../config/variables.ts");
  const source = at(root, "source");
  const notify = at(root, "notify");
  const urls = [
    source?.kind === "scalar" ? source : at(source, "url"),
    ...ISSUERS.map((keys) => at(source, "auth", ...keys)),
    notify?.kind === "scalar" ? notify : at(notify, "url"),
  ];
  const textOf = (node: YamlNode | undefined) =>
    node?.kind === "scalar" && typeof node.value === "string"
      ? substituteEnv(node.value, (name) => env[name]).text
      : undefined;
  const [base, ...others] = urls.map(textOf);
  const scheme = base?.startsWith("http:") ? "http" : "https";
  const linked = linkHostsOf(root).map(textOf).map((host) => host && `${scheme}://${host}`);
  return [base, ...others, ...linked].flatMap((url) => url === undefined ? [] : hostOf(url) ?? []);
}

/** The hosts to which links may lead, of all streams. */
function linkHostsOf(root: YamlNode | undefined): YamlNode[] {
  return membersOf(at(root, "streams")).flatMap((stream) => {
    const hosts = [at(stream, "paging", "hosts"), at(stream, "export", "hosts")];
    return hosts.flatMap((list) => list?.kind === "list" ? list.items : []);
  });
}

/** The queries of all `for_each`. */
function queriesOf(root: YamlNode | undefined): YamlNode[] {
  const streams = membersOf(at(root, "streams"));
  const sources = streams.flatMap((stream) => membersOf(at(stream, "for_each")));
  return sources.flatMap((source) => at(source, "query") ?? []);
}

function membersOf(node: YamlNode | undefined): YamlNode[] {
  return node?.kind === "map" ? [...node.entries.values()].map((entry) => entry.node) : [];
}

function at(node: YamlNode | undefined, ...names: readonly string[]): YamlNode | undefined {
  for (const name of names) node = node?.kind === "map" ? node.entries.get(name)?.node : undefined;
  return node;
}

/** `host:port`, always with the port: without it, all ports of the host would be granted. */
export function hostOf(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { hostname, port, protocol } = new URL(url);
  if (/[*,]/.test(hostname)) return undefined;
  return hostname === "" ? undefined : `${hostname}:${port || (protocol === "http:" ? 80 : 443)}`;
}

// Reads a `postgres://` URL. Pure; it never reads the environment's PG* variables, so a job
// behaves the same on every machine. A parameter is honored or refused by name, never silently ignored.
// Its errors never repeat the URL, which contains a password.
import { Failure } from "../../failure.ts";
import { readServerOptions } from "./server_options.ts";

/** How the connection is encrypted, with libpq's names and meanings. */
export type SslMode = "disable" | "allow" | "prefer" | "require" | "verify-ca" | "verify-full";

/** A server, or one of the servers that replicate a database. */
export interface PostgresHost {
  /** A host name or address, or the folder of a Unix socket. */
  readonly host: string;
  /** Its TCP port, or the number in the name of the socket. */
  readonly port: number;
}

/** Where to connect, and as which role. */
export interface PostgresAddress {
  /** The servers, in the order in which they are tried; at least one. */
  readonly hosts: readonly PostgresHost[];
  /** The role. */
  readonly user: string;
  /** Its password; empty if the URL has none. */
  readonly password: string;
  /** The name of the database. */
  readonly database: string;
  /** Whether and how the connection is encrypted. */
  readonly sslMode: SslMode;
  /** The file with the certificate authority's certificate, or `system` for the roots that Deno trusts. */
  readonly sslRootCert: string | undefined;
  /** Server settings that each transaction applies, such as `search_path`. */
  readonly settings: Readonly<Record<string, string>>;
  /** Milliseconds to wait for a connection. */
  readonly connectTimeoutMs: number;
  /** The address without the password, for display. */
  readonly label: string;
}

const SSL_MODES: readonly SslMode[] = [
  "disable",
  "allow",
  "prefer",
  "require",
  "verify-ca",
  "verify-full",
];
/** Modes that prove the identity of the server. */
const VERIFYING = new Set<SslMode>(["verify-ca", "verify-full"]);
const DEFAULT_PORT = 5432;
const DEFAULT_CONNECT_TIMEOUT_S = 15;

/** Parameters that are honored. */
const HONOURED = [
  "host",
  "port",
  "user",
  "password",
  "dbname",
  "sslmode",
  "sslrootcert",
  "options",
  "schema",
  "connect_timeout",
];
/** Parameters that other clients need and that change nothing here; Hindcast works through any pooler. */
const WITHOUT_EFFECT = new Set([
  "application_name",
  "pgbouncer",
  "connection_limit",
  "pool_timeout",
  "statement_cache_size",
  "prepared_statements",
]);
/** Values that request nothing beyond what Hindcast does anyway. */
const NEUTRAL: Readonly<Record<string, readonly string[]>> = {
  target_session_attrs: ["any", "read-write", "primary"],
  channel_binding: ["disable", "prefer"],
  gssencmode: ["disable", "prefer"],
  load_balance_hosts: ["disable"],
  ssl: ["true"],
};

/**
 * Reads `postgres://user:password@host:port/database?sslmode=...`, with one host or several
 * (`host:port,host:port`); reserved characters in user, password and database are percent-encoded.
 *
 * @throws {Failure} of kind `configuration` that says what is wrong, without the URL.
 */
export function parsePostgresUrl(text: string): PostgresAddress {
  const { url, others } = parseUrl(text);
  refuseUnsupported(url.searchParams);
  const parameter = (name: string) => url.searchParams.get(name) ?? undefined;
  const user = parameter("user") ?? (decoded(url.username, "user") || "postgres");
  const database = parameter("dbname") ?? (decoded(url.pathname.slice(1), "database") || user);
  const hosts = hostsOf([url, ...others], parameter("host"), parameter("port"));
  const shown = hosts.map(({ host, port }) => `${host}:${port}`).join(",");
  return {
    hosts,
    user,
    password: parameter("password") ?? decoded(url.password, "password"),
    database,
    ...sslOf(url.searchParams),
    settings: settingsOf(parameter("options"), parameter("schema")),
    connectTimeoutMs: connectTimeout(parameter("connect_timeout")),
    label: `postgres://${url.username || encodeURIComponent(user)}@${shown}/${database}`,
  };
}

/** The hosts of the parameter `host`, otherwise of the URL; there is one port for each, or one for all. */
function hostsOf(urls: readonly URL[], names = "", ports = ""): PostgresHost[] {
  const inUrl = urls.map(({ hostname }) => decoded(hostname, "host").replace(/^\[(.*)\]$/, "$1"));
  const hosts = names === "" ? inUrl : names.split(",");
  const shared = ports.split(",");
  if (shared.length !== 1 && shared.length !== hosts.length) {
    throw unreadable(
      `it has ${shared.length} ports for ${hosts.length} ${hosts.length === 1 ? "host" : "hosts"}`,
      "Name one port for each host, as in host=a,b&port=5432,5433, or one for all",
    );
  }
  return hosts.map((host, at) => {
    const own = urls[urls.length === 1 ? 0 : at]?.port;
    const port = own || shared[shared.length === 1 ? 0 : at] || String(DEFAULT_PORT);
    if (host === "" && hosts.length > 1) throw unreadable("one of its hosts is empty", EXAMPLE);
    if (!/^\d{1,5}$/.test(port)) throw unreadable("its port is not a number", EXAMPLE);
    return { host: host || "localhost", port: Number(port) };
  });
}

/** Whether the server is on this machine, where nobody can listen: loopback or a Unix socket. */
export function isLocal(host: string): boolean {
  return host.startsWith("/") || host === "localhost" || /^127\.|^::1$/.test(host);
}

/** The URL with its first host, and one for each other host. */
function parseUrl(text: string): { url: URL; others: URL[] } {
  if (!/^postgres(ql)?:\/\//.test(text)) {
    throw unreadable('it does not begin with "postgres://"', EXAMPLE);
  }
  const [, before = "", hosts = "", after = ""] = /^([^/]+\/\/(?:[^/?#]*@)?)([^/?#]*)(.*)$/s
    .exec(text)!;
  const [first = "", ...others] = hosts.split(",");
  // libpq allows a user without a host, for a socket; URLs do not.
  const isWithoutHost = first === "" && before.endsWith("@");
  const urls = [
    before + (isWithoutHost ? "localhost" : first) + after,
    ...others.map((host) => `postgres://${host}`),
  ].map((each) => URL.canParse(each) ? new URL(each) : undefined);
  // An unescaped "#", "/" or "?" in the password ends the host early; a fragment or a second "@" shows it.
  const [url] = urls;
  if (urls.includes(undefined) || url!.hash !== "" || /@/.test(url!.pathname + url!.search)) {
    const isHost = !after.includes("@") && before.endsWith("@");
    throw isHost
      ? unreadable("its host or port is not valid", EXAMPLE)
      : unreadable("it is not a valid URL", ESCAPING);
  }
  return { url: url!, others: urls.slice(1) as URL[] };
}

const EXAMPLE = "Write it as postgres://user:password@host:5432/database";
const ESCAPING =
  'Percent-encode reserved characters of the password: "#" as %23, "/" as %2F, "?" as %3F, "@" as %40';

function refuseUnsupported(parameters: URLSearchParams): void {
  for (const [name, value] of parameters) {
    if (HONOURED.includes(name) || WITHOUT_EFFECT.has(name)) continue;
    const allowed = NEUTRAL[name];
    if (allowed?.includes(value)) continue;
    const shown = name.slice(0, 40);
    throw allowed === undefined
      ? unreadable(
        `the parameter "${shown}" is not supported`,
        `Remove it; the supported parameters are ${HONOURED.join(", ")}`,
      )
      : unreadable(
        `"${shown}=${value.slice(0, 40)}" is not supported`,
        `Remove it, or use ${allowed.map((one) => `${name}=${one}`).join(" or ")}`,
      );
  }
}

/** As libpq does it: an authority that is given is used, and the system's roots require the full check. */
function sslOf(parameters: URLSearchParams): Pick<PostgresAddress, "sslMode" | "sslRootCert"> {
  const rootCert = parameters.get("sslrootcert") || undefined;
  const fallback = rootCert === "system" ? "verify-full" : "prefer";
  const mode = (parameters.get("sslmode") ?? fallback) as SslMode;
  if (!SSL_MODES.includes(mode)) {
    throw unreadable(
      `"${mode.slice(0, 40)}" is not a value of sslmode`,
      `Use one of ${SSL_MODES.join(", ")}`,
    );
  }
  if (rootCert === "system" && mode !== "verify-full") {
    throw unreadable(
      `sslrootcert=system cannot be combined with sslmode=${mode}`,
      "Use sslmode=verify-full, or leave sslmode out",
    );
  }
  const proves = VERIFYING.has(mode) || mode === "require" && rootCert !== undefined;
  return {
    sslMode: mode === "require" && proves ? "verify-ca" : mode,
    sslRootCert: proves ? rootCert : undefined,
  };
}

function settingsOf(
  options: string | undefined,
  schema: string | undefined,
): Record<string, string> {
  const settings = readServerOptions(options ?? "");
  if (settings === undefined) {
    throw unreadable(
      'its "options" are not of the form "-c name=value"',
      "Write them as options=-c%20search_path%3Dsales",
    );
  }
  if (schema === undefined) return settings;
  if (schema === "" || schema.includes("\0")) {
    throw unreadable('its "schema" is empty', "Name a schema, as in ?schema=sales");
  }
  return { ...settings, search_path: `"${schema.replaceAll('"', '""')}"` };
}

function connectTimeout(seconds: string | undefined): number {
  if (seconds === undefined) return DEFAULT_CONNECT_TIMEOUT_S * 1000;
  if (!/^\d{1,4}$/.test(seconds)) {
    throw unreadable("its connect_timeout is not a number of seconds", "Use connect_timeout=15");
  }
  // libpq waits forever at zero, otherwise at least two seconds.
  return seconds === "0" ? DEFAULT_CONNECT_TIMEOUT_S * 1000 : Math.max(2, Number(seconds)) * 1000;
}

function decoded(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw unreadable(`its ${what} is not percent-encoded correctly`, 'Write "%" itself as %25');
  }
}

function unreadable(what: string, hint: string): Failure {
  return new Failure("configuration", `Cannot read the database URL: ${what}`, { hint });
}

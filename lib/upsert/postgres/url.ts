// Owns what a `postgres://` URL says. Pure; the environment's PG* variables are never asked, so a job
// behaves the same on every machine. Its errors never repeat the URL, which holds a password.
import { Failure } from "../../failure.ts";

/** How the connection is encrypted, as libpq names it; `prefer` is without proof of who answers. */
export type SslMode = "disable" | "prefer" | "require" | "verify-ca" | "verify-full";

/** Where and as whom to connect. */
export interface PostgresAddress {
  /** A host's name or address, or the folder of a Unix socket. */
  readonly host: string;
  /** Its TCP port, or the number in the socket's name. */
  readonly port: number;
  /** The role. */
  readonly user: string;
  /** Its password; empty where none is given. */
  readonly password: string;
  /** The database's name. */
  readonly database: string;
  /** Whether and how the connection is encrypted. */
  readonly sslMode: SslMode;
  /** File of the authority's certificate, for `verify-ca` and `verify-full`. */
  readonly sslRootCert: string | undefined;
  /** Command-line options for the server, such as `-c search_path=archive`. */
  readonly options: string | undefined;
  /** The address without the password, for people. */
  readonly label: string;
}

const SSL_MODES: readonly SslMode[] = ["disable", "prefer", "require", "verify-ca", "verify-full"];
const DEFAULT_PORT = 5432;

/**
 * Reads `postgres://user:password@host:port/database?sslmode=...`; what is reserved in a URL stands
 * percent-encoded in user, password and database.
 *
 * @throws {Failure} of kind `configuration` which says what is wrong, without the URL.
 */
export function parsePostgresUrl(text: string): PostgresAddress {
  const url = parseUrl(text);
  const parameter = (name: string) => url.searchParams.get(name) ?? undefined;
  const user = decoded(url.username, "user") || "postgres";
  const named = decoded(url.hostname, "host").replace(/^\[(.*)\]$/, "$1");
  const host = parameter("host") || named || "localhost";
  const port = Number(url.port || parameter("port") || DEFAULT_PORT);
  const database = decoded(url.pathname.slice(1), "database") || user;
  const sslMode = (parameter("sslmode") ?? "prefer") as SslMode;
  if (!SSL_MODES.includes(sslMode)) {
    throw unreadable(`"${sslMode}" is no sslmode`, `Use one of ${SSL_MODES.join(", ")}`);
  }
  return {
    host,
    port,
    user,
    password: decoded(url.password, "password"),
    database,
    sslMode,
    sslRootCert: parameter("sslrootcert"),
    options: parameter("options"),
    label: `postgres://${url.username || user}@${host}:${port}/${database}`,
  };
}

function parseUrl(text: string): URL {
  if (!/^postgres(ql)?:\/\//.test(text)) {
    throw unreadable('it does not begin with "postgres://"', EXAMPLE);
  }
  // libpq allows a user without a host, for a socket; URLs do not.
  const whole = text.replace(/^([^/]+\/\/[^/?#]*@)(?=\/|$)/, "$1localhost");
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  // An unescaped "#", "/" or "?" in the password ends the host early; a fragment or a second "@" shows it.
  if (url === undefined || url.hash !== "" || /@/.test(url.pathname + url.search)) {
    throw unreadable("it is not a valid URL", ESCAPING);
  }
  return url;
}

const EXAMPLE = "Write it as postgres://user:password@host:5432/database";
const ESCAPING =
  'Reserved characters of the password must be percent-encoded: "#" as %23, "/" as %2F, "?" as %3F, "@" as %40';

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

// Owns one connection to a PostgreSQL server and its replacement after a loss. It opens on first use,
// sets the session up the same on every server, and runs one thing at a time. The password reaches the
// driver and nothing else.
import type { Duplex } from "node:stream";
// @ts-types="@types/pg"
import pg from "pg";
import { DatabaseError } from "../write/database_error.ts";
import { DURABLE_SQL } from "../write/write_plan.ts";
import type { PostgresAddress } from "./url.ts";

const CONNECT_TIMEOUT_MS = 15_000;
/** Idle time after which the system asks whether the server is still there. */
const KEEP_ALIVE_MS = 30_000;
const CLOSE_TIMEOUT_MS = 1_000;

/**
 * What every session has, whatever the server's, database's or role's defaults. The `tcp_keepalives`
 * make the server notice within two minutes that the other machine is gone, and drop its locks.
 */
const SESSION_SQL = `SELECT ${DURABLE_SQL}, ${
  Object.entries({
    standard_conforming_strings: "on",
    TimeZone: "UTC",
    DateStyle: "ISO, YMD",
    IntervalStyle: "iso_8601",
    bytea_output: "hex",
    extra_float_digits: "1",
    statement_timeout: "0",
    lock_timeout: "60s",
    idle_in_transaction_session_timeout: "0",
    tcp_keepalives_idle: "60",
    tcp_keepalives_interval: "15",
    tcp_keepalives_count: "4",
  }).map(([name, value]) => `set_config('${name}', '${value}', false)`).join(", ")
}`;

/** A connection that is opened when needed and again after it was lost. */
export class PostgresConnection implements AsyncDisposable {
  readonly #address: PostgresAddress;
  readonly #rootCert: string | undefined;
  #client: pg.Client | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #closed = false;

  /** `rootCert` is the authority's certificate in PEM, where the address names one. */
  constructor(address: PostgresAddress, rootCert?: string) {
    this.#address = address;
    this.#rootCert = rootCert;
  }

  /** Whether there is a connection, as far as is known. */
  get isOpen(): boolean {
    return this.#client !== undefined;
  }

  /**
   * Runs something on the connection, after what was asked before.
   *
   * @throws {DatabaseError}
   */
  use<T>(run: (client: pg.Client) => Promise<T>): Promise<T> {
    const result = this.#turn.then(() => this.#run(run));
    this.#turn = result.catch(() => {});
    return result;
  }

  /** Says goodbye and closes the connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    const client = this.#client;
    this.#client = undefined;
    if (client !== undefined) await close(client);
  }

  async #run<T>(run: (client: pg.Client) => Promise<T>): Promise<T> {
    if (this.#closed) throw new Error("Cannot use the database: it was closed");
    try {
      return await run(this.#client ??= await this.#connect());
    } catch (thrown) {
      const error = thrown instanceof DatabaseError ? thrown : new DatabaseError(thrown);
      if (error.consequence === "lost") this.#discard();
      throw error;
    }
  }

  async #connect(): Promise<pg.Client> {
    const { sslMode, host } = this.#address;
    const local = host.startsWith("/") || host === "localhost" || /^127\.|^::1$/.test(host);
    if (sslMode === "disable" || (sslMode === "prefer" && local)) return await this.#open(false);
    const verify = sslMode === "verify-ca" || sslMode === "verify-full";
    const ssl = {
      rejectUnauthorized: verify,
      ...(this.#rootCert === undefined ? {} : { ca: this.#rootCert }),
      ...(sslMode === "verify-ca" ? { checkServerIdentity: () => undefined } : {}),
    };
    try {
      return await this.#open(ssl);
    } catch (error) {
      const refused = error instanceof Error && /does not support SSL/.test(error.message);
      if (sslMode === "prefer" && refused) return await this.#open(false);
      throw error;
    }
  }

  async #open(ssl: pg.ClientConfig["ssl"]): Promise<pg.Client> {
    const { host, port, user, password, database, options } = this.#address;
    const client = new pg.Client({
      host,
      port,
      user,
      password: () => password,
      database,
      ssl,
      application_name: "hindcast",
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
      ...(options === undefined ? {} : { options }),
    });
    // A connection that breaks while idle is replaced when it is needed.
    client.on("error", () => this.#forget(client));
    client.on("end", () => this.#forget(client));
    try {
      await client.connect();
      await client.query(SESSION_SQL);
    } catch (error) {
      abandon(client);
      throw error;
    }
    return client;
  }

  #forget(client: pg.Client): void {
    if (this.#client === client) this.#client = undefined;
  }

  #discard(): void {
    if (this.#client !== undefined) abandon(this.#client);
    this.#client = undefined;
  }
}

/** Says goodbye; a server that does not answer is left after a second. */
async function close(client: pg.Client): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, CLOSE_TIMEOUT_MS);
  await Promise.race([client.end().catch(() => {}), late.promise]);
  clearTimeout(timer);
  socketOf(client).destroy();
}

/** Drops a connection that is of no use. pg waits for its end, which over TLS may never come. */
function abandon(client: pg.Client): void {
  client.end().catch(() => {});
  socketOf(client).destroy();
}

/** The socket, or what encrypts it; pg keeps it where its types do not say. */
function socketOf(client: pg.Client): Duplex {
  return (client as unknown as { connection: { stream: Duplex } }).connection.stream;
}

// Owns one connection to a PostgreSQL server and its replacement after a loss. It opens on first use and runs
// one operation at a time. Invariant: it changes nothing about the session, because behind a connection
// pooler the session belongs to others too; settings belong to transactions (transaction_settings.ts).
import type { Duplex } from "node:stream";
// @ts-types="@types/pg"
import pg from "pg";
import { DatabaseError } from "../write/database_error.ts";
import type { Encryption } from "../write/query.ts";
import { isLocal } from "./url.ts";
import type { PostgresAddress, PostgresHost } from "./url.ts";

/** Idle time after which the operating system checks whether the server is still reachable. */
const KEEP_ALIVE_MS = 30_000;
const CLOSE_TIMEOUT_MS = 1_000;

/** What pg has and its types do not declare. */
interface Internals {
  connection: { stream: Duplex };
  processID: number | null;
  _handleAuthCleartextPassword(message: unknown): void;
}

type Tls = Exclude<pg.ClientConfig["ssl"], boolean | undefined>;

/** A connection that opens when needed, and again after it was lost. */
export class PostgresConnection implements AsyncDisposable {
  readonly #address: PostgresAddress;
  readonly #rootCert: string | undefined;
  readonly #onLoss: () => void;
  #client: pg.Client | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #closed = false;
  #isDirect = false;
  #encryption: Encryption = "none";

  /**
   * `rootCert` is the certificate authority's certificate in PEM, if the address names a file; `onLoss` is
   * called when the connection breaks.
   */
  constructor(address: PostgresAddress, rootCert?: string, onLoss: () => void = () => {}) {
    this.#onLoss = onLoss;
    this.#address = address;
    this.#rootCert = rootCert;
  }

  /** Whether there is a connection, as far as is known. */
  get isOpen(): boolean {
    return this.#client !== undefined;
  }

  /** Whether the connection leads to the server itself, not to a pooler; false before the first use. */
  get isDirect(): boolean {
    return this.#isDirect;
  }

  /** How the connection is encrypted; `none` before the first use. */
  get encryption(): Encryption {
    return this.#encryption;
  }

  /**
   * Runs an operation after the ones that were started before; `finish` follows it without delaying its
   * result.
   *
   * @throws {DatabaseError}
   */
  use<T>(
    run: (client: pg.Client) => Promise<T>,
    finish: (client: pg.Client) => Promise<unknown> = () => Promise.resolve(),
  ): Promise<T> {
    const result = this.#turn.then(() => this.#run(run));
    this.#turn = result.catch(() => {}).then(() => this.#finish(finish));
    return result;
  }

  /** Closes the connection. */
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

  async #finish(finish: (client: pg.Client) => Promise<unknown>): Promise<void> {
    if (this.#client === undefined) return;
    try {
      await finish(this.#client);
    } catch {
      this.#discard();
    }
  }

  /**
   * Connects to the primary, which is the first host that is not a standby. While no primary is up, a standby serves
   * reads.
   */
  async #connect(): Promise<pg.Client> {
    const failures: DatabaseError[] = [];
    const standbys: Opened[] = [];
    try {
      for (const host of this.#address.hosts) {
        const opened = await this.#connectTo(host).catch((thrown) => new DatabaseError(thrown));
        if (!(opened instanceof DatabaseError)) {
          if (!opened.isStandby) return this.#accept(opened);
          standbys.push(opened);
          // As in libpq: wrong credentials are not tried on the next host.
        } else if (!opened.passes) throw opened;
        else failures.push(opened);
      }
      const standby = standbys.shift();
      if (standby === undefined) throw joined(failures);
      return this.#accept(standby);
    } finally {
      for (const { client } of standbys) abandon(client);
    }
  }

  #accept({ client, encryption, isDirect }: Opened): pg.Client {
    // A connection that breaks while idle is replaced when it is needed.
    client.on("error", () => this.#forget(client));
    client.on("end", () => this.#forget(client));
    this.#isDirect = isDirect;
    this.#encryption = encryption;
    return client;
  }

  async #connectTo(at: PostgresHost): Promise<Opened> {
    const { sslMode } = this.#address;
    if (sslMode === "disable" || sslMode === "prefer" && isLocal(at.host)) {
      return await this.#open(at);
    }
    if (sslMode === "allow") {
      return await this.#open(at).catch((error) =>
        isRefusedUnencrypted(error) ? this.#open(at, this.#tls()) : Promise.reject(error)
      );
    }
    return await this.#open(at, this.#tls()).catch((error) =>
      sslMode === "prefer" && isWithoutTls(error) ? this.#open(at) : Promise.reject(error)
    );
  }

  #tls(): Tls {
    const { sslMode } = this.#address;
    return {
      rejectUnauthorized: sslMode === "verify-ca" || sslMode === "verify-full",
      ...(this.#rootCert === undefined ? {} : { ca: this.#rootCert }),
      ...(sslMode === "verify-ca" ? { checkServerIdentity: () => undefined } : {}),
    };
  }

  async #open({ host, port }: PostgresHost, tls?: Tls): Promise<Opened> {
    const { user, password, database, connectTimeoutMs } = this.#address;
    const client = new pg.Client({
      host,
      port,
      user,
      password: () => password,
      database,
      ssl: tls ?? false,
      application_name: "hindcast",
      connectionTimeoutMillis: connectTimeoutMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    });
    if (tls === undefined && !isLocal(host)) refuseCleartextPassword(client);
    client.on("error", () => {});
    try {
      await client.connect();
      return { client, encryption: encryptionOf(host, tls), ...await natureOf(client) };
    } catch (error) {
      abandon(client);
      throw error;
    }
  }

  #forget(client: pg.Client): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    this.#onLoss();
  }

  #discard(): void {
    if (this.#client === undefined) return;
    abandon(this.#client);
    this.#client = undefined;
    this.#onLoss();
  }
}

/** A connection that was opened, and what it leads to. */
interface Opened {
  readonly client: pg.Client;
  readonly encryption: Encryption;
  readonly isDirect: boolean;
  readonly isStandby: boolean;
}

/** A pooler announces its own process ID. */
async function natureOf(client: pg.Client): Promise<Pick<Opened, "isDirect" | "isStandby">> {
  const { rows } = await client.query(
    "SELECT pg_backend_pid() AS pid, pg_is_in_recovery() AS standby",
  );
  return {
    isDirect: rows[0].pid === internals(client).processID,
    isStandby: rows[0].standby === true,
  };
}

function encryptionOf(host: string, tls: Tls | undefined): Encryption {
  if (tls === undefined) return isLocal(host) ? "local" : "none";
  return tls.rejectUnauthorized ? "proven" : "unproven";
}

/** One error for those of all hosts: if one of them is starting, it is worth waiting for. */
function joined(errors: readonly DatabaseError[]): DatabaseError {
  if (errors.length === 1) return errors[0]!;
  const starting = errors.find(({ code }) => code === "57P03");
  const message = errors.map(({ message }) => message).join("; ");
  return new DatabaseError(Object.assign(new Error(message), { code: starting?.code ?? "" }));
}

/** Anybody on the network path could read the password. */
function refuseCleartextPassword(client: pg.Client): void {
  internals(client)._handleAuthCleartextPassword = () => {
    const message = "the server requests the password in clear text over an unencrypted connection";
    internals(client).connection.stream.destroy(new CleartextPasswordError(message));
  };
}

class CleartextPasswordError extends Error {
  readonly code = "28000";
}

function isWithoutTls(error: unknown): boolean {
  return error instanceof Error && /does not support SSL/.test(error.message);
}

/** What pg_hba.conf without a matching `host` entry gives. */
function isRefusedUnencrypted(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "28000";
}

/** Ends the session; waits at most a second for an unresponsive server. */
async function close(client: pg.Client): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, CLOSE_TIMEOUT_MS);
  await Promise.race([client.end().catch(() => {}), late.promise]);
  clearTimeout(timer);
  internals(client).connection.stream.destroy();
}

/** Drops a broken connection. pg would wait for its end, which over TLS may never come. */
function abandon(client: pg.Client): void {
  client.end().catch(() => {});
  internals(client).connection.stream.destroy();
}

function internals(client: pg.Client): Internals {
  return client as unknown as Internals;
}

// Owns the session with a PostgreSQL server: one connection writes, another reads, so that a query never
// waits for a batch. Both open when first needed. Everything runs in a transaction that carries its own
// settings, so a connection pooler may be in between. The driver is pg alone: docs/benchmarks.md, "Writing",
// has the measurements of the others.
// @ts-types="@types/pg"
import type { Client, QueryArrayConfig } from "pg";
import { transact } from "./pipelined_transaction.ts";
import { PostgresConnection } from "./connection.ts";
import { beginWriting, settingsSql } from "./transaction_settings.ts";
import type { PostgresAddress } from "./url.ts";
import { readValue } from "../sql/read_value.ts";
import { READ_TIMEOUT_MS } from "../write/query.ts";
import type { Session, Step, StepResult } from "../write/session.ts";
import type { Encryption } from "../write/query.ts";
import type { QueryOptions, QueryResult } from "../write/query.ts";

/** Rows fetched from a cursor at a time. */
const FETCH_ROWS = 1000;

/** A session with a server. */
export class PostgresSession implements Session {
  readonly #writer: PostgresConnection;
  readonly #reader: PostgresConnection;
  readonly #beginWrite: readonly string[];
  readonly #beginRead: string;

  /** `rootCert` is the certificate authority's certificate in PEM, if the address names a file. */
  constructor(address: PostgresAddress, rootCert?: string) {
    this.#writer = new PostgresConnection(address, rootCert);
    this.#reader = new PostgresConnection(address, rootCert);
    this.#beginWrite = beginWriting(address.settings);
    this.#beginRead = settingsSql(address.settings, READ_TIMEOUT_MS);
  }

  get encryption(): Encryption {
    return this.#reader.encryption;
  }

  /** A temporary table that outlives its transaction would stay on a pooler's connection. */
  async keepsTemporaryTables(): Promise<boolean> {
    if (!this.#writer.isOpen) await this.#writer.use(() => Promise.resolve());
    return this.#writer.isDirect;
  }

  transact(steps: readonly Step[], end: "commit" | "rollback" = "commit"): Promise<StepResult[]> {
    return this.#writer.use((client) => transact(client, this.#beginWrite, steps, end));
  }

  coordinate(steps: readonly Step[]): Promise<StepResult[]> {
    return this.#reader.use((client) => transact(client, this.#beginWrite, steps));
  }

  query(sql: string, options: QueryOptions = {}): Promise<QueryResult> {
    const [begin, end] = options.readOnly
      ? [`BEGIN READ ONLY;\n${this.#beginRead}`, "ROLLBACK"]
      : [this.#beginWrite.join(";\n"), "COMMIT"];
    return this.#reader.use((client) =>
      inOneTrip(client, begin, () => runQuery(client, sql, options.parameters), end)
    );
  }

  readAll(
    sql: string,
    parameters: readonly unknown[],
    take: (result: QueryResult) => void,
  ): Promise<void> {
    return this.#read(async (client) => {
      await runQuery(client, `DECLARE hindcast_cursor NO SCROLL CURSOR FOR ${sql}`, parameters);
      for (;;) {
        const result = await runQuery(client, `FETCH ${FETCH_ROWS} FROM hindcast_cursor`);
        take(result);
        if (result.rows.length < FETCH_ROWS) return;
      }
    });
  }

  /** Closes both connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer[Symbol.asyncDispose]();
    await this.#reader[Symbol.asyncDispose]();
  }

  #read<T>(run: (client: Client) => Promise<T>): Promise<T> {
    return this.#reader.use(async (client) => {
      await client.query(`BEGIN READ ONLY;\n${this.#beginRead}`);
      return await run(client);
    }, (client) => client.query("ROLLBACK"));
  }
}

/**
 * Runs a query in a transaction and waits for the network once: its three messages are sent together. Where the
 * query fails, so does the transaction, and its end rolls it back.
 */
async function inOneTrip<T>(
  client: Client,
  begin: string,
  run: () => Promise<T>,
  end: string,
): Promise<T> {
  // Enabled only during the transaction, because pg then accepts no statements of other classes
  // (pipelined_transaction.ts).
  const mode = client as { -readonly [K in "pipeline"]: Client[K] };
  mode.pipeline = true;
  try {
    const [begun, result, ended] = await Promise.allSettled([
      client.query(begin),
      run(),
      client.query(end),
    ]);
    for (const each of [begun, result, ended]) {
      if (each.status === "rejected") throw each.reason;
    }
    return (result as PromiseFulfilledResult<T>).value;
  } finally {
    mode.pipeline = false;
  }
}

/** The extended protocol accepts a single statement, whatever the string contains. */
async function runQuery(
  client: Client,
  text: string,
  parameters: readonly unknown[] = [],
): Promise<QueryResult> {
  const config: QueryArrayConfig & { queryMode: "extended" } = {
    text,
    values: [...parameters],
    rowMode: "array",
    queryMode: "extended",
    types: { getTypeParser: (oid) => (value: string) => readValue(oid, value) },
  };
  const { fields, rows } = await client.query<unknown[]>(config);
  return { columns: fields.map((field) => field.name), rows };
}

// Owns the session with a PostgreSQL server: one connection writes, another reads, so that a query never
// waits for a batch. Both open when they are first needed. The driver is pg alone: see docs/benchmarks.md,
// "Writing", for what was measured of the others.
// @ts-types="@types/pg"
import type { Client, QueryArrayConfig } from "pg";
import { PipelinedTransaction } from "./pipelined_transaction.ts";
import { PostgresConnection } from "./connection.ts";
import type { PostgresAddress } from "./url.ts";
import { readValue } from "../sql/read_value.ts";
import type { Session, Step, StepResult } from "../write/session.ts";
import type { Answer, QueryOptions } from "../write/target.ts";

/** A session with a server. */
export class PostgresSession implements Session {
  readonly #writer: PostgresConnection;
  readonly #reader: PostgresConnection;

  /** `rootCert` is the authority's certificate in PEM, where the address names one. */
  constructor(address: PostgresAddress, rootCert?: string) {
    this.#writer = new PostgresConnection(address, rootCert);
    this.#reader = new PostgresConnection(address, rootCert);
  }

  transact(steps: readonly Step[], end: "commit" | "rollback" = "commit"): Promise<StepResult[]> {
    return this.#writer.use(async (client) => {
      const transaction = new PipelinedTransaction(steps, end);
      client.query(transaction);
      try {
        return await transaction.done;
      } catch (error) {
        await client.query("ROLLBACK").catch(() => {});
        throw error;
      }
    });
  }

  query(sql: string, options: QueryOptions = {}): Promise<Answer> {
    return this.#reader.use((client) =>
      options.readOnly
        ? readOnly(client, () => runQuery(client, sql, options.parameters))
        : runQuery(client, sql, options.parameters)
    );
  }

  /** Closes both connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer[Symbol.asyncDispose]();
    await this.#reader[Symbol.asyncDispose]();
  }
}

async function readOnly<T>(client: Client, run: () => Promise<T>): Promise<T> {
  await client.query("BEGIN READ ONLY");
  try {
    return await run();
  } finally {
    await client.query("ROLLBACK").catch(() => {});
  }
}

/** The extended protocol takes one statement only, whatever the text holds. */
async function runQuery(
  client: Client,
  text: string,
  parameters: readonly unknown[] = [],
): Promise<Answer> {
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

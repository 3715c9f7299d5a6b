// Owns the session with an embedded database, which runs in this process: statements have no round trip, so
// nothing is pipelined, and the event loop is blocked while one runs. If its engine crashes, the database is
// opened again from its folder, as a server would be restarted.
import { PGlite } from "@electric-sql/pglite";
import type { Results, Transaction } from "@electric-sql/pglite";
import { HEADER_BYTES } from "../sql/copy_text.ts";
import { DatabaseError } from "../write/database_error.ts";
import { readValue } from "../sql/read_value.ts";
import { READ_TIMEOUT_MS } from "../write/query.ts";
import type { Session, Step, StepResult } from "../write/session.ts";
import type { QueryOptions, QueryResult } from "../write/query.ts";

/** A session with the database in a folder; the caller holds the folder's lock. */
export class PgliteSession implements Session {
  readonly #path: string;
  #database: Promise<PGlite> | undefined;

  /** `path` is the folder. */
  constructor(path: string) {
    this.#path = path;
  }

  async transact(
    steps: readonly Step[],
    end: "commit" | "rollback" = "commit",
  ): Promise<StepResult[]> {
    return await this.#use(async (database) => {
      const results: StepResult[] = [];
      try {
        await database.transaction(async (transaction) => {
          for (const step of steps) results.push(await run(transaction, step));
          if (end === "rollback") await transaction.rollback();
        });
      } catch (error) {
        throw new DatabaseError(error, results.length < steps.length ? results.length : undefined);
      }
      return results;
    });
  }

  coordinate(steps: readonly Step[]): Promise<StepResult[]> {
    return this.transact(steps);
  }

  async query(sql: string, options: QueryOptions = {}): Promise<QueryResult> {
    const parameters = [...options.parameters ?? []];
    return await this.#use(async (database) =>
      options.readOnly
        ? await database.transaction(async (transaction) => {
          await transaction.exec(BEGIN_READING);
          return resultOf(await transaction.query(sql, parameters, { rowMode: "array" }));
        })
        : resultOf(await database.query(sql, parameters, { rowMode: "array" }))
    );
  }

  readonly encryption = "local";

  keepsTemporaryTables(): Promise<boolean> {
    return Promise.resolve(true);
  }

  async readAll(
    sql: string,
    parameters: readonly unknown[],
    take: (result: QueryResult) => void,
  ): Promise<void> {
    take(await this.query(sql, { parameters, readOnly: true }));
  }

  /** Closes the database. */
  async [Symbol.asyncDispose](): Promise<void> {
    const database = this.#database;
    this.#database = undefined;
    await (await database?.catch(() => undefined))?.close();
  }

  async #use<T>(run: (database: PGlite) => Promise<T>): Promise<T> {
    try {
      return await run(await (this.#database ??= open(this.#path)));
    } catch (thrown) {
      const error = thrown instanceof DatabaseError ? thrown : new DatabaseError(thrown);
      if (error.consequence === "lost") await this[Symbol.asyncDispose]().catch(() => {});
      throw error;
    }
  }
}

const BEGIN_READING = `SET TRANSACTION READ ONLY; SET LOCAL statement_timeout = ${READ_TIMEOUT_MS}`;

async function open(path: string): Promise<PGlite> {
  const database = await PGlite.create({ dataDir: path });
  await database.exec("SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'");
  // read_value.ts converts the values of both databases: here they stay strings.
  for (const oid of Object.keys(database.parsers)) database.parsers[Number(oid)] = (text) => text;
  return database;
}

async function run(transaction: Transaction, { sql, text }: Step): Promise<StepResult> {
  if (text === undefined) return stepResult(await transaction.query(sql, [], { rowMode: "array" }));
  const chunks = await Array.fromAsync(text.chunks(), (chunk) => chunk.subarray(HEADER_BYTES));
  const fromBlob = sql.replace(/STDIN$/, "'/dev/blob'");
  return stepResult(await transaction.query(fromBlob, [], { blob: new Blob(chunks) }));
}

function stepResult({ command, rows }: Results): StepResult {
  return { tag: command ?? "", rows: rows as unknown as (string | null)[][] };
}

function resultOf({ fields, rows }: Results): QueryResult {
  const read = (row: (string | null)[]) =>
    row.map((text, at) => text === null ? null : readValue(fields[at]!.dataTypeID, text));
  return {
    columns: fields.map((field) => field.name),
    rows: (rows as unknown as (string | null)[][]).map(read),
  };
}

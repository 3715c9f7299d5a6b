// Owns the session with an embedded database. It runs in this very process: statements follow each other
// at no cost, so nothing is pipelined, and everything else waits while one runs. A database whose engine
// has crashed is opened again from its folder, as a server would be restarted.
import { PGlite } from "@electric-sql/pglite";
import type { Results, Transaction } from "@electric-sql/pglite";
import { HEADER_BYTES } from "../sql/copy_text.ts";
import { DatabaseError } from "../write/database_error.ts";
import { readValue } from "../sql/read_value.ts";
import type { Session, Step, StepResult } from "../write/session.ts";
import type { Answer, QueryOptions } from "../write/target.ts";

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
      const answers: StepResult[] = [];
      try {
        await database.transaction(async (transaction) => {
          for (const step of steps) answers.push(await run(transaction, step));
          if (end === "rollback") await transaction.rollback();
        });
      } catch (error) {
        throw new DatabaseError(error, answers.length < steps.length ? answers.length : undefined);
      }
      return answers;
    });
  }

  async query(sql: string, options: QueryOptions = {}): Promise<Answer> {
    const parameters = [...options.parameters ?? []];
    return await this.#use(async (database) =>
      options.readOnly
        ? await database.transaction(async (transaction) => {
          await transaction.query("SET TRANSACTION READ ONLY");
          return answer(await transaction.query(sql, parameters, { rowMode: "array" }));
        })
        : answer(await database.query(sql, parameters, { rowMode: "array" }))
    );
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

async function open(path: string): Promise<PGlite> {
  const database = await PGlite.create({ dataDir: path });
  await database.exec("SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'");
  // Values are read in one place for both databases: here they stay text.
  for (const oid of Object.keys(database.parsers)) database.parsers[Number(oid)] = (text) => text;
  return database;
}

async function run(transaction: Transaction, { sql, text }: Step): Promise<StepResult> {
  if (text === undefined) return stepAnswer(await transaction.query(sql, [], { rowMode: "array" }));
  const chunks = await Array.fromAsync(text.chunks(), (chunk) => chunk.subarray(HEADER_BYTES));
  const fromBlob = sql.replace(/STDIN$/, "'/dev/blob'");
  return stepAnswer(await transaction.query(fromBlob, [], { blob: new Blob(chunks) }));
}

function stepAnswer({ command, rows }: Results): StepResult {
  return { tag: command ?? "", rows: rows as unknown as (string | null)[][] };
}

function answer({ fields, rows }: Results): Answer {
  const read = (row: (string | null)[]) =>
    row.map((text, at) => text === null ? null : readValue(fields[at]!.dataTypeID, text));
  return {
    columns: fields.map((field) => field.name),
    rows: (rows as unknown as (string | null)[][]).map(read),
  };
}

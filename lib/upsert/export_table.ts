// Keeps the IDs of exports that were ordered in the table hindcast_exports of the target, so that another
// process finds them. Each call is one statement, so it works through a pooler. The table is created when
// a job first orders an export.
import type { ExportStore } from "../fetch/export_store.ts";
import { LazyTable } from "./lazy_table.ts";
import type { Target } from "./write/target.ts";

const TABLE = "hindcast_exports";

const CREATE_SQL = `CREATE TABLE IF NOT EXISTS ${TABLE} (
  key text PRIMARY KEY, id text NOT NULL, ordered_at timestamptz NOT NULL DEFAULT now())`;

const KEEP_SQL = `INSERT INTO ${TABLE} (key, id) VALUES ($1, $2)
ON CONFLICT (key) DO UPDATE SET id = excluded.id, ordered_at = excluded.ordered_at`;

/** The exports kept in a target. */
export class ExportTable implements ExportStore {
  readonly #target: Pick<Target, "query">;
  readonly #table: LazyTable;

  /** Sends nothing yet. */
  constructor(target: Pick<Target, "query">) {
    this.#target = target;
    this.#table = new LazyTable(target, TABLE, CREATE_SQL);
  }

  async read(key: string): Promise<string | undefined> {
    await this.#table.ready();
    const { rows: [row] } = await this.#target.query(`SELECT id FROM ${TABLE} WHERE key = $1`, {
      parameters: [key],
    });
    return row === undefined ? undefined : String(row[0]);
  }

  async keep(key: string, id: string): Promise<void> {
    await this.#table.ready();
    await this.#target.query(KEEP_SQL, { parameters: [key, id] });
  }

  async forget(key: string): Promise<void> {
    await this.#table.ready();
    await this.#target.query(`DELETE FROM ${TABLE} WHERE key = $1`, { parameters: [key] });
  }
}

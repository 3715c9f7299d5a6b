// Keeps the IDs of exports that were ordered in the table hindcast_exports of the target, so that another
// process finds them. Each call is one statement, so it works through a pooler. The table is created when
// a job first orders an export.
import type { ExportStore } from "../fetch/export_store.ts";
import type { Target } from "./write/target.ts";

const TABLE = "hindcast_exports";

const CREATE_SQL = `CREATE TABLE IF NOT EXISTS ${TABLE} (
  key text PRIMARY KEY, id text NOT NULL, ordered_at timestamptz NOT NULL DEFAULT now())`;

const KEEP_SQL = `INSERT INTO ${TABLE} (key, id) VALUES ($1, $2)
ON CONFLICT (key) DO UPDATE SET id = excluded.id, ordered_at = excluded.ordered_at`;

/** The exports kept in a target. */
export class ExportTable implements ExportStore {
  readonly #target: Pick<Target, "query">;
  #created: Promise<void> | undefined;

  /** Sends nothing yet. */
  constructor(target: Pick<Target, "query">) {
    this.#target = target;
  }

  async read(key: string): Promise<string | undefined> {
    await this.#prepare();
    const { rows: [row] } = await this.#target.query(`SELECT id FROM ${TABLE} WHERE key = $1`, {
      parameters: [key],
    });
    return row === undefined ? undefined : String(row[0]);
  }

  async keep(key: string, id: string): Promise<void> {
    await this.#prepare();
    await this.#target.query(KEEP_SQL, { parameters: [key, id] });
  }

  async forget(key: string): Promise<void> {
    await this.#prepare();
    await this.#target.query(`DELETE FROM ${TABLE} WHERE key = $1`, { parameters: [key] });
  }

  async #prepare(): Promise<void> {
    await (this.#created ??= this.#create().catch((error) => {
      this.#created = undefined;
      throw error;
    }));
  }

  /** Checks first: if the table exists, the right to create tables is not required. */
  async #create(): Promise<void> {
    try {
      if (await this.#isMissing()) await this.#target.query(CREATE_SQL);
    } catch (error) {
      // Another process may have created it at the same time.
      if (await this.#isMissing()) throw error;
    }
  }

  async #isMissing(): Promise<boolean> {
    const { rows: [row] } = await this.#target.query(`SELECT to_regclass('${TABLE}') IS NULL`);
    return row?.[0] === true;
  }
}

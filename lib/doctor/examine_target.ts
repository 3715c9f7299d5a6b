// Owns the checks of a database before the first run: whether it accepts connections, whether the role may create
// tables, and its identity. Each is a query in a read-only transaction, so nothing is left behind.
import { openTarget } from "../upsert/open_target.ts";
import type { Target } from "../upsert/write/target.ts";
import { fine, type Item, problem, problemOf } from "./item.ts";

/** How long to retry a database that does not accept connections. */
const RETRY_FOR_MS = 5000;

const RIGHTS = `SELECT current_user AS "user", current_database() AS database,
current_schema() AS schema,
current_schema() IS NOT NULL AND has_schema_privilege(current_schema(), 'CREATE') AS tables,
has_database_privilege(current_database(), 'TEMPORARY') AS temporary,
pg_is_in_recovery() AS replica,
current_setting('server_version') AS version`;

/** Opens a database and closes it again; reports what it is and what the role may do there. */
export async function examineTarget(url: string, signal: AbortSignal): Promise<Item[]> {
  try {
    await using target = await openTarget(url, { retryForMs: RETRY_FOR_MS, signal });
    return await examine(target);
  } catch (error) {
    return [problemOf("database", error, "Check DATABASE_URL")];
  }
}

async function examine(target: Target): Promise<Item[]> {
  const { columns, rows } = await target.query(RIGHTS, { readOnly: true });
  const facts = Object.fromEntries(columns.map((name, i) => [name, rows[0]?.[i]]));
  const version = String(facts.version).split(" ")[0];
  return [
    fine("database", `${target.label} answers, PostgreSQL ${version}`),
    rightsItem(facts),
    fine(
      "stamp",
      target.id === ""
        ? "none yet; the first run creates it"
        : `${target.id}, as in the checkpoint`,
    ),
  ];
}

function rightsItem({ user, database, schema, tables, temporary, replica }: Record<
  string,
  unknown
>): Item {
  if (replica === true) {
    return problem(
      "rights",
      "the server is a replica and accepts no writes",
      "Use the primary server",
    );
  }
  if (schema === null) {
    return problem(
      "rights",
      `no schema in the search_path of "${user}" exists`,
      "CREATE SCHEMA, or name one: ?options=-c%20search_path=NAME in DATABASE_URL",
    );
  }
  if (tables !== true) {
    const todo = `GRANT CREATE ON SCHEMA ${quoted(schema)} TO ${quoted(user)}`;
    return problem("rights", `"${user}" may not create tables in schema "${schema}"`, todo);
  }
  if (temporary !== true) {
    const todo = `GRANT TEMPORARY ON DATABASE ${quoted(database)} TO ${quoted(user)}`;
    return problem("rights", `"${user}" may not create temporary tables`, todo);
  }
  return fine("rights", `"${user}" may create tables in schema "${schema}"`);
}

function quoted(name: unknown): string {
  return `"${String(name).replaceAll('"', '""')}"`;
}

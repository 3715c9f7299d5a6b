// Checks a database before the first run: whether it accepts connections, whether the role may create
// tables, and its identity. Each is a query in a read-only transaction, so nothing is left behind.
import { openTarget } from "../upsert/open_target.ts";
import type { Table } from "../config/schema/job_schema.ts";
import type { Target } from "../upsert/write/target.ts";
import { refusalOf } from "../upsert/write/writable.ts";
import { advice, fine, type Item, problem, problemOf } from "./item.ts";

/** How long to retry a database that does not accept connections. */
const RETRY_FOR_MS = 5000;

const RIGHTS = `SELECT current_user AS "user", current_database() AS database,
current_schema() AS schema,
current_schema() IS NOT NULL AND has_schema_privilege(current_schema(), 'CREATE') AS tables,
has_database_privilege(current_database(), 'TEMPORARY') AS temporary,
pg_is_in_recovery() AS replica,
current_setting('is_superuser') = 'on' AS superuser,
current_setting('server_encoding') AS encoding, quote_ident(current_user) AS role,
current_setting('default_transaction_read_only') = 'on' AS "readOnly",
current_setting('server_version') AS version`;

/** Opens a database and closes it again; reports its kind and what the role may do there. */
export async function examineTarget(
  url: string,
  signal: AbortSignal,
  tables: Readonly<Record<string, Table>> = {},
): Promise<Item[]> {
  try {
    await using target = await openTarget(url, { retryForMs: RETRY_FOR_MS, signal });
    return [...await examine(target), ...await examineTables(target, tables)];
  } catch (error) {
    return [problemOf("database", error, "Check DATABASE_URL")];
  }
}

async function examine(target: Target): Promise<Item[]> {
  const { columns, rows } = await target.query(RIGHTS, { readOnly: true });
  const facts = Object.fromEntries(columns.map((name, i) => [name, rows[0]?.[i]]));
  const version = String(facts.version).split(" ")[0];
  return [
    fine("database", `connected to ${target.label}, PostgreSQL ${version}`),
    ...encryptionItems(target),
    refusalItem(facts) ?? rightsItem(facts, target),
    fine(
      "stamp",
      target.id === ""
        ? "none yet; the first run creates it"
        : `${target.id}, as in the checkpoint`,
    ),
  ];
}

/** What is wrong with the protection of the connection; nothing on this machine. */
function encryptionItems({ encryption }: Target): Item[] {
  switch (encryption) {
    case "local":
      return [];
    case "none":
      return [advice(
        "encryption",
        "not encrypted: others on the network can read and change what is sent",
        "Add ?sslmode=verify-full to DATABASE_URL, with &sslrootcert=FILE for an authority of your own",
      )];
    case "unproven":
      return [advice(
        "encryption",
        "encrypted, server not verified: another server could impersonate it",
        "Use ?sslmode=verify-full in DATABASE_URL, with &sslrootcert=FILE for an authority of your own",
      )];
    case "proven":
      return [fine("encryption", "encrypted, server verified by its certificate")];
  }
}

/** Whether the job's tables fit, and which of them existed before Hindcast. */
async function examineTables(
  target: Target,
  tables: Readonly<Record<string, Table>>,
): Promise<Item[]> {
  try {
    const notices = await target.examine(tables);
    return notices.map(({ message, hint }) => advice("tables", message, hint));
  } catch (error) {
    return [problemOf("tables", error, "Change the table, or the job")];
  }
}

/** What no right can change: the encoding, and a setting that makes the database read-only. */
function refusalItem(
  { role, encoding, readOnly }: Record<string, unknown>,
): Item | undefined {
  const refusal = refusalOf(String(encoding), readOnly === true, role);
  return refusal && problem("rights", `the database ${refusal.message}`, refusal.hint);
}

function rightsItem(
  { user, database, schema, tables, temporary, replica, superuser }: Record<string, unknown>,
  { kind, id }: Target,
): Item {
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
      "CREATE SCHEMA, or name one: ?schema=NAME in DATABASE_URL",
    );
  }
  // A run on complete tables creates none.
  if (tables !== true && id === "") {
    const todo = `GRANT CREATE ON SCHEMA ${quoted(schema)} TO ${quoted(user)}`;
    return problem("rights", `"${user}" may not create tables in schema "${schema}"`, todo);
  }
  if (temporary !== true) {
    const todo = `GRANT TEMPORARY ON DATABASE ${quoted(database)} TO ${quoted(user)}`;
    return problem("rights", `"${user}" may not create temporary tables`, todo);
  }
  if (superuser === true && kind === "postgres") {
    return advice(
      "rights",
      `"${user}" is a superuser, so SQL in a job could do anything on the server`,
      "Use a role that owns only the tables of the job",
    );
  }
  return fine("rights", `"${user}" may create tables in schema "${schema}"`);
}

function quoted(name: unknown): string {
  return `"${String(name).replaceAll('"', '""')}"`;
}

// Owns what `query` does once its arguments are read: it runs one read-only query and prints its rows, as a table
// on a terminal and as CSV, JSON or NDJSON for programs. Values are printed as PostgreSQL writes them.
import { formatCount } from "../../report/text/format.ts";
import { EXIT } from "../exit.ts";
import { Failure } from "../../failure.ts";
import { env, onWait } from "../open_job.ts";
import { openTarget } from "../../upsert/open_target.ts";
import { writeOut } from "../output.ts";
import { readSettings } from "../settings.ts";
import { widthOf } from "../terminal/fit_text.ts";
import { csvLine, type RowFormat, tableLines } from "../lines/row_lines.ts";
import { quoteLiteral } from "../../upsert/sql/identifier.ts";
import type { Target } from "../../upsert/write/target.ts";

/** Rows of a table on a terminal; for more rows, use a file. */
const MOST_TABLE_ROWS = 1000;

const TABLES = `
  SELECT c.relname, string_agg(a.attname, ', ' ORDER BY a.attnum)
  FROM pg_class c
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  WHERE c.relkind IN ('r', 'p') AND c.relnamespace = ANY (current_schemas(false)::regnamespace[])
  GROUP BY c.oid, c.relname
  ORDER BY c.relname`;

/**
 * Runs a query and prints its rows; resolves to the exit code. Undefined as the query lists the tables, and as the
 * format prints a table.
 */
export async function query(given: string | undefined, format?: RowFormat): Promise<number> {
  await using target = await openTarget(readSettings(env).databaseUrl, {
    onWait,
    waitsForServer: false,
  });
  const sql = given ?? await tablesOf(target);
  try {
    await printRows(target, sql, format);
  } catch (error) {
    throw isMistake(error) ? await mistakeIn(sql, target, error) : error;
  }
  return EXIT.done;
}

async function printRows(target: Target, sql: string, format?: RowFormat): Promise<void> {
  if (format === "json" || format === "ndjson") await printJson(target, sql, format);
  else if (format === "csv") await printCsv(await openRows(target, sql));
  else await printTable(await openRows(target, sql));
}

/** Whether the query is the cause: SQLSTATE class 0A, 21, 22 or 42, except missing privileges. */
function isMistake(error: unknown): error is Failure {
  return error instanceof Failure && /\((0A|21|22|42(?!501))\w{3}\)$/.test(error.message);
}

/**
 * The error that the query has on its own: its rows are read from a subquery, so PostgreSQL would report a mistake at
 * text that the user did not write.
 */
async function mistakeIn(sql: string, target: Target, error: Failure): Promise<Failure> {
  const own = await target.query(sql, { readOnly: true }).then(() => error, (own) => own);
  const { kind, message } = own instanceof Failure ? own : error;
  return new Failure(kind, message, {
    hint: "Write one SELECT; list the tables and their columns with deno task query --tables",
    cause: error,
  });
}

/** A query with the columns of its rows; every value is in PostgreSQL's text format. */
interface Rows {
  readonly columns: readonly string[];
  readonly rows: AsyncIterable<readonly (string | null)[]>;
}

/** Opens the rows of a query. PostgreSQL writes the values as text, so that no digit of a number is lost. */
async function openRows(target: Target, sql: string): Promise<Rows> {
  const from = `FROM (${sql}\n) AS rows`;
  const { columns } = await target.query(`SELECT * ${from} LIMIT 0`, { readOnly: true });
  // Two columns may have the same name, as where a query joins tables.
  const names = columns.map((_, at) => `c${at}`);
  const named = names.length === 0 ? from : `${from} (${names.join(", ")})`;
  const texts = names.map((name) => `${name}::text AS ${name}`);
  return { columns, rows: valuesOf(target.stream(`SELECT ${texts.join(", ")} ${named}`), names) };
}

/** The tables of the database's schema, with their columns and exact numbers of rows. */
async function tablesOf(target: Target): Promise<string> {
  const { rows } = await target.query(TABLES, { readOnly: true });
  const counts = await target.countRows(rows.map(([name]) => String(name)));
  const values = rows.map(([name, columns]) =>
    `(${
      [quoteLiteral(String(name)), counts[String(name)], quoteLiteral(String(columns))].join(", ")
    })`
  );
  const named = `AS t ("table", rows, columns)`;
  return values.length === 0
    ? `SELECT * FROM (VALUES ('', 0, '')) ${named} WHERE false`
    : `SELECT * FROM (VALUES ${values.join(", ")}) ${named}`;
}

async function* valuesOf(
  records: AsyncIterable<Record<string, unknown>>,
  columns: readonly string[],
): AsyncGenerator<(string | null)[]> {
  for await (const record of records) yield columns.map((name) => record[name] as string | null);
}

async function printTable({ columns, rows }: Rows): Promise<void> {
  const shown: (readonly (string | null)[])[] = [];
  for await (const row of rows) {
    if (shown.push(row) > MOST_TABLE_ROWS) break;
  }
  const count = shown.length > MOST_TABLE_ROWS
    ? `the first ${MOST_TABLE_ROWS} rows; --csv prints all`
    : formatCount(shown.length, "row");
  const lines = tableLines(columns, shown.slice(0, MOST_TABLE_ROWS), widthOf(Deno.stdout));
  writeOut(`${[...lines, count].join("\n")}\n`);
}

async function printCsv({ columns, rows }: Rows): Promise<void> {
  // The header goes with the first row: a query that fails prints nothing.
  let header = `${csvLine(columns)}\n`;
  for await (const row of rows) {
    writeOut(`${header}${csvLine(row)}\n`);
    header = "";
  }
  writeOut(header);
}

/** PostgreSQL produces the JSON, so that numbers and jsonb keep their digits. */
async function printJson(target: Target, sql: string, format: "json" | "ndjson"): Promise<void> {
  const [open, between, close] = format === "json" ? ["[", ",", "\n]\n"] : ["", "", ""];
  let text = open;
  for await (
    const { row } of target.stream(`SELECT to_json(rows)::text AS row FROM (${sql}\n) AS rows`)
  ) {
    writeOut(format === "json" ? `${text}\n${row}` : `${row}\n`);
    text = between;
  }
  writeOut(format === "json" && text === open ? "[]\n" : close);
}

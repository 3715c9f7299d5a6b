// `deno task query SQL`: runs one read-only query on the target and prints its rows, as a table on a
// terminal and as CSV, JSON or NDJSON for programs. It never changes the database.
import { type Arguments, type Flags, helpText, readArguments } from "../lib/cli/arguments.ts";
import { EXIT, runCommand } from "../lib/cli/exit.ts";
import { csvLine, type RowFormat, tableLines } from "../lib/cli/lines/row_lines.ts";
import { env } from "../lib/cli/open_job.ts";
import { readSettings } from "../lib/cli/settings.ts";
import { Failure } from "../lib/failure.ts";
import { openTarget } from "../lib/upsert/open_target.ts";
import { quoteIdentifier, quoteLiteral } from "../lib/upsert/sql/identifier.ts";
import type { Target } from "../lib/upsert/write/target.ts";

const ABOUT = `Runs one query on the database, read-only, and prints its rows.
On a terminal they are a table of at most 1,000 rows, elsewhere CSV.`;

const FLAGS: Flags = {
  tables: { kind: "switch", about: "List the tables with their rows and columns." },
  csv: { kind: "switch", about: "Print CSV with a header line, all rows." },
  json: { kind: "switch", about: "Print one JSON array of objects." },
  config: { kind: "value", value: "FILE", about: "Job file whose folder has the settings." },
  ndjson: { kind: "switch", about: "Print one JSON object per line." },
};

const FORMATS: readonly RowFormat[] = ["csv", "json", "ndjson"];

/** Rows of a table on a terminal; who wants more of them wants a file. */
const MOST_TABLE_ROWS = 1000;

const TABLES = `
  SELECT c.relname, string_agg(a.attname, ', ' ORDER BY a.attnum)
  FROM pg_class c
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  WHERE c.relkind IN ('r', 'p') AND c.relnamespace = ANY (current_schemas(false)::regnamespace[])
  GROUP BY c.oid, c.relname
  ORDER BY c.relname`;

async function main(argv: string[]): Promise<number> {
  const args = readArguments(argv, FLAGS, 1);
  if (args.has("help")) {
    console.log(helpText('query "SELECT ..." [options]', ABOUT, FLAGS));
    return EXIT.done;
  }
  const given = sqlOf(args);
  const format = formatOf(args);
  await using target = await openTarget(readSettings(env).databaseUrl);
  const sql = given ?? await tablesOf(target);
  if (format === "json" || format === "ndjson") await printJson(target, sql, format);
  else if (format === "csv") await printCsv(await openRows(target, sql));
  else await printTable(await openRows(target, sql));
  return EXIT.done;
}

/** The query; undefined where the tables are to be listed. */
function sqlOf(args: Arguments): string | undefined {
  if (args.has("tables")) return undefined;
  const sql = args.rest[0]?.trim().replace(/;\s*$/, "") ?? "";
  if (sql !== "") return sql;
  throw new Failure("configuration", "Cannot run a query: none is given", {
    hint: 'deno task query --tables, or deno task query "SELECT ..."',
  });
}

/** The format that is asked for; undefined for a table on a terminal. */
function formatOf(args: Arguments): RowFormat | undefined {
  const asked = FORMATS.filter((format) => args.has(format));
  if (asked.length > 1) {
    throw new Failure("configuration", `Cannot print rows as ${asked.join(" and ")} at once`, {
      hint: `Give one of ${FORMATS.map((format) => `--${format}`).join(", ")}`,
    });
  }
  return asked[0] ?? (Deno.stdout.isTerminal() ? undefined : "csv");
}

/** A query with the columns of its rows; every value is PostgreSQL's own text of it. */
interface Rows {
  readonly columns: readonly string[];
  readonly rows: AsyncIterable<readonly (string | null)[]>;
}

/** Opens the rows of a query. PostgreSQL writes the values as text, so that no digit of a number is lost. */
async function openRows(target: Target, sql: string): Promise<Rows> {
  const from = `FROM (${sql}\n) AS rows`;
  const { columns } = await target.query(`SELECT * ${from} LIMIT 0`, { readOnly: true });
  const texts = columns.map((name) => `${quoteIdentifier(name)}::text`);
  return { columns, rows: valuesOf(target.stream(`SELECT ${texts.join(", ")} ${from}`), columns) };
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
    : `${shown.length} ${shown.length === 1 ? "row" : "rows"}`;
  print(`${[...tableLines(columns, shown.slice(0, MOST_TABLE_ROWS)), count].join("\n")}\n`);
}

async function printCsv({ columns, rows }: Rows): Promise<void> {
  // The header goes with the first row: a query that fails prints nothing.
  let header = `${csvLine(columns)}\n`;
  for await (const row of rows) {
    print(`${header}${csvLine(row)}\n`);
    header = "";
  }
  print(header);
}

/** JSON comes from PostgreSQL whole, so that numbers and jsonb keep their digits. */
async function printJson(target: Target, sql: string, format: "json" | "ndjson"): Promise<void> {
  const [open, between, close] = format === "json" ? ["[", ",", "\n]\n"] : ["", "", ""];
  let text = open;
  for await (
    const { row } of target.stream(`SELECT to_json(rows)::text AS row FROM (${sql}\n) AS rows`)
  ) {
    print(format === "json" ? `${text}\n${row}` : `${row}\n`);
    text = between;
  }
  print(format === "json" && text === open ? "[]\n" : close);
}

function print(text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}

if (import.meta.main) await runCommand(main);

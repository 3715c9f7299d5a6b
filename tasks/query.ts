// `deno task query SQL`: runs one read-only query on the target and prints its rows, as a table on a
// terminal and as CSV, JSON or NDJSON for programs. It never changes the database.
import type { Arguments } from "../lib/cli/arguments.ts";
import { helpText, readArguments } from "../lib/cli/arguments.ts";
import { EXIT, runCommand } from "../lib/cli/exit.ts";
import type { Flags } from "../lib/cli/arguments.ts";
import { query } from "../lib/cli/commands/query.ts";
import type { RowFormat } from "../lib/cli/lines/row_lines.ts";
import { Failure } from "../lib/failure.ts";

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

async function main(argv: string[]): Promise<number> {
  const args = readArguments(argv, FLAGS, 1);
  if (args.has("help")) {
    console.log(helpText('query "SELECT ..." [options]', ABOUT, FLAGS));
    return EXIT.done;
  }
  return await query(sqlOf(args), formatOf(args));
}

/** The query; undefined where the tables are to be listed. */
function sqlOf(args: Arguments): string | undefined {
  if (args.has("tables")) return undefined;
  const sql = args.rest[0]?.trim().replace(/;\s*$/, "") ?? "";
  if (sql !== "") return sql;
  throw new Failure("configuration", "Cannot run a query: no query is given", {
    hint: 'deno task query --tables, or deno task query "SELECT ..."',
  });
}

/** The requested format; undefined for a table on a terminal. */
function formatOf(args: Arguments): RowFormat | undefined {
  const asked = FORMATS.filter((format) => args.has(format));
  if (asked.length > 1) {
    throw new Failure("configuration", `Cannot print rows as ${asked.join(" and ")} at once`, {
      hint: `Pass one of ${FORMATS.map((format) => `--${format}`).join(", ")}`,
    });
  }
  return asked[0] ?? (Deno.stdout.isTerminal() ? undefined : "csv");
}

if (import.meta.main) await runCommand(main);

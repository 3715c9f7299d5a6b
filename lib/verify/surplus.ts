// Finds tables that have more rows than the responses that were fetched last contained: rows that the API no longer
// returns and the table keeps. It compares counts only, so fewer rows prove nothing, and it reads rows of no table.
import type { Job } from "../config/schema/job.ts";
import { LEDGER_TABLE } from "../upsert/sql/log_tables.ts";
import { isMissingTable } from "../upsert/history.ts";
import type { Target } from "../upsert/write/target.ts";

/** Tables with more rows than the responses contained. */
export interface Surplus {
  /** Tables that the same streams fill. */
  readonly tables: readonly string[];
  /** Their rows. */
  readonly rows: number;
  /** Rows of the responses of every finished window, by its last fetch. */
  readonly returned: number;
}

/**
 * The tables of a job that have more rows than were returned last, except those whose vanished rows are marked or
 * deleted.
 */
export async function surplusOf(
  job: Job,
  target: Pick<Target, "query" | "countRows">,
): Promise<Surplus[]> {
  const returned = await returnedRows(job.job, target);
  const groups = groupsOf(job).filter(({ tables, streams }) =>
    tables.every((name) => (job.tables[name]!.vanished ?? "keep") === "keep") &&
    // Without an entry, or with one that does not count rows, nothing can be compared.
    streams.every((name) => job.streams[name]!.values === undefined && returned.get(name) != null)
  );
  const counts = await target.countRows(groups.flatMap(({ tables }) => tables));
  return groups.map(({ tables, streams }) => ({
    tables,
    rows: tables.reduce((sum, name) => sum + (counts[name] ?? 0), 0),
    returned: streams.reduce((sum, name) => sum + returned.get(name)!, 0),
  })).filter(({ rows, returned }) => rows > returned);
}

/** Rows that the finished windows of each stream returned; null if a window did not record them. */
async function returnedRows(
  job: string,
  target: Pick<Target, "query">,
): Promise<Map<string, number | null>> {
  const sql = `SELECT stream, sum(rows)::float8, count(*) = count(rows) ` +
    `FROM ${LEDGER_TABLE} WHERE job = $1 GROUP BY stream`;
  try {
    const { rows } = await target.query(sql, { parameters: [job] });
    return new Map(rows.map(([name, sum, isWhole]) => [
      String(name),
      isWhole === true || isWhole === "t" ? Number(sum) : null,
    ]));
  } catch (error) {
    if (isMissingTable(error)) return new Map();
    throw error;
  }
}

interface Group {
  readonly tables: string[];
  readonly streams: string[];
}

/** Tables and streams that belong together, because a stream fills several or several fill one. */
function groupsOf(job: Job): Group[] {
  let groups: Group[] = [];
  for (const [name, { rows }] of Object.entries(job.streams)) {
    const tables = rows.map(({ table }) => table);
    const joined = groups.filter((group) => group.tables.some((table) => tables.includes(table)));
    groups = [
      ...groups.filter((group) => !joined.includes(group)),
      {
        tables: [...new Set([...joined.flatMap((group) => group.tables), ...tables])],
        streams: [...joined.flatMap((group) => group.streams), name],
      },
    ];
  }
  return groups;
}

// Derives from a batch what the target records and compares for tables whose rows can vanish.
import type { Job } from "../config/schema/job.ts";
import type { Row } from "../extract/row_shape.ts";
import { readsTable } from "../plan/feeding.ts";
import type { Finished } from "./batch.ts";
import { NO_DATES, type Stated } from "./stated_keys.ts";
import { NOTHING_WATCHED, type Watch } from "./write/watch.ts";

/**
 * The tables of a stream whose rows are watched. A stream whose query reads a table only adds to the rows
 * that it finds there, so it does not keep them.
 */
export function watchedBy(
  job: Job,
  stream: string,
  watched: ReadonlySet<string> | ReadonlyMap<string, unknown>,
): ReadonlySet<string> {
  const spec = job.streams[stream]!;
  const tables = spec.rows.map(({ table }) => table);
  return new Set(tables.filter((table) => watched.has(table) && !readsTable(spec, table)));
}

/** What the target compares and records for a batch. */
export function watchOf(
  job: Job,
  stated: readonly Stated[],
  finished: readonly Finished[],
  tablesOf: (stream: string) => ReadonlySet<string>,
): Watch {
  const rows = stated.map(({ unit, table, dates, token, part, keys }): Row => [
    table,
    job.job,
    ...[unit.stream, unit.scope, unit.each],
    ...[dates.to, dates.from].map(String),
    token,
    String(part),
    `{${keys.map(quoted).join(",")}}`,
  ]);
  const read = finished.flatMap(({ unit, rows: { stated, rejectedCount } }) => {
    // A rejected row may be one that was returned before.
    if (stated === undefined || rejectedCount > 0) return [];
    const { stream, scope, each, window } = unit;
    const tables = tablesOf(stream);
    if (tables.size === 0) return [];
    const { token } = stated;
    return [{
      window: { job: job.job, stream, scope, each, token, ...window ?? NO_DATES },
      tables,
    }];
  });
  return { stated: { ...NOTHING_WATCHED.stated, rows }, read };
}

function quoted(key: string): string {
  return `"${key.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

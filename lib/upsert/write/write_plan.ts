// Owns the statements of one write, in order, and the interpretation of their results. Pure: the same copy
// batches and strategies give the same steps. They are sent together, as one transaction. Invariant: writers
// that share tables cannot deadlock, because all lock tables, and rows within a table, in the same order.
import type { CopyBatch } from "./copy_batch.ts";
import { quoteLiteral } from "../sql/identifier.ts";
import { SYSTEM_TABLES } from "../sql/system_tables.ts";
import { isStatedSql, type ReadWindow, VANISHED_COUNT_SQL } from "../sql/vanished_sql.ts";
import { vanishedSql, type WatchedTable } from "../sql/vanished_sql.ts";
import { copyInto, mergeSql, stageName, stageSql } from "../sql/merge_sql.ts";
import type { Relation } from "../sql/merge_sql.ts";
import type { Step, StepResult } from "./session.ts";
import type { WriteStrategy } from "./write_strategy.ts";
import type { WriteCounts } from "../sql/write_counts.ts";

/** A copy batch and the strategy that writes it. */
export interface PlannedCopy {
  /** The rows. */
  readonly copy: CopyBatch;
  /** Their table. */
  readonly relation: Relation;
  /** The strategy. */
  readonly strategy: WriteStrategy;
}

/** The windows of a write whose rows in one table are compared with what they returned before. */
export interface PlannedComparison {
  /** The table. */
  readonly watched: WatchedTable;
  /** The same table. */
  readonly relation: Relation;
  /** The windows. */
  readonly windows: readonly ReadWindow[];
}

/** The steps of a write. */
export interface WritePlan {
  /** The statements, in order. */
  readonly steps: readonly Step[];
  /** For each step the index of its copy batch; -1 for a guard, -2 for everything else. */
  readonly owners: readonly number[];
  /** The tables of the steps that mark or delete rows, by step. */
  readonly comparisons: ReadonlyMap<number, string>;
  /** The step that checks deferred constraints after rows were deleted, and a table that lost some; undefined without. */
  readonly deferred: { readonly step: number; readonly table: string } | undefined;
}

/** The table whose vanished rows a step deletes, marks or checks; undefined for other steps. */
export function comparedBy(
  { comparisons, deferred }: WritePlan,
  step: number | undefined,
): string | undefined {
  if (step === undefined) return undefined;
  return comparisons.get(step) ?? (step === deferred?.step ? deferred.table : undefined);
}

/** How the steps of a write depend on the session. */
export interface PlanOptions {
  /** Statements that fail unless the locks of the run are still held. */
  readonly guards: readonly string[];
  /** Whether staging tables may outlive the transaction. */
  readonly keepsStages: boolean;
}

/** The owner of steps that check the locks. */
export const GUARD: number = -1;
const OTHER = -2;

/**
 * Makes commits durable even if the server is configured otherwise: a checkpoint must never be
 * ahead of the rows, not even after a crash of the server.
 */
export const DURABLE_SQL: string = "set_config('synchronous_commit', " +
  "replace(current_setting('synchronous_commit'), 'off', 'local'), true)";

/**
 * The planner knows nothing of a new staging table, and near 5,000 rows would start to hash the whole
 * target (52,000 rows a second against 90,000): this forces nested loops over the key's index. Plans that
 * are switched off count as expensive, which would start the JIT compiler.
 */
const SETTINGS_SQL = `SELECT ${DURABLE_SQL}, ${
  Object.entries({
    client_min_messages: "warning",
    jit: "off",
    enable_hashjoin: "off",
    enable_mergejoin: "off",
    enable_seqscan: "off",
    enable_bitmapscan: "off",
  }).map(([name, value]) => `set_config('${name}', '${value}', true)`).join(", ")
}`;

/**
 * The steps that write the copy batches and then compare what the windows returned. The guards come last: a lock that is still held then cannot be
 * taken over before the commit, and a write that takes long does not block the renewal of its lease.
 */
export function planWrite(
  planned: readonly PlannedCopy[],
  { guards, keepsStages }: PlanOptions,
  compared: readonly PlannedComparison[] = [],
): WritePlan {
  const steps: Step[] = [{ sql: SETTINGS_SQL }, ...tableLocks(planned, compared)];
  const owners: number[] = steps.map(() => OTHER);
  const add = (owner: number, ...added: Step[]) => {
    for (const step of added) {
      steps.push(step);
      owners.push(owner);
    }
  };
  const staged = new Set<string>();
  for (const [index, each] of planned.entries()) {
    add(index, ...copySteps(each, staged, keepsStages));
  }
  if (planned.some(({ relation }) => relation.hasDeferrable)) add(OTHER, CHECK_DEFERRED);
  const comparisons = new Map<number, string>();
  for (const { watched, relation, windows } of compared) {
    comparisons.set(steps.length, watched.table);
    add(OTHER, { sql: vanishedSql(watched, relation, windows) }, { sql: VANISHED_COUNT_SQL });
  }
  // A deferred constraint of any table may refer to deleted rows; at the commit nobody would know which ones.
  const deleting = compared.find(({ watched }) => watched.action === "delete")?.watched.table;
  const deferred = deleting === undefined ? undefined : { step: steps.length, table: deleting };
  if (deferred !== undefined) add(OTHER, CHECK_DEFERRED);
  for (const sql of guards) add(GUARD, { sql });
  return { steps, owners, comparisons, deferred };
}

/** The number of rows that vanished, by table, from the results of the plan's steps. */
export function vanishedOf(plan: WritePlan, results: readonly StepResult[]): Map<string, number> {
  return new Map(
    [...plan.comparisons].map(([step, table]) => [table, Number(results[step + 1]!.rows[0]![0])]),
  );
}

/** Checks deferred constraints while the rows at fault can still be found. */
export const CHECK_DEFERRED: Step = { sql: "SET CONSTRAINTS ALL IMMEDIATE" };

/** The counts of each copy batch, from the results of the plan's steps. */
export function countsOf(
  plan: WritePlan,
  planned: readonly PlannedCopy[],
  results: readonly StepResult[],
): WriteCounts[] {
  return planned.map(({ copy, strategy }, index) => {
    const { rows } = copy.text;
    if (strategy === "direct") return { inserted: rows, updated: 0, unchanged: 0 };
    const [written = 0, inserted = 0, attempted] = results[plan.owners.lastIndexOf(index)]!.rows[0]!
      .map(Number);
    const counts = { inserted, updated: written - inserted };
    if (attempted === undefined) return { ...counts, unchanged: rows - written };
    const dropped = attempted - written;
    return { ...counts, unchanged: rows - attempted, ...(dropped > 0 ? { dropped } : {}) };
  });
}

/**
 * Rows of one shape are written in the order of their keys, so two writers of a table wait for each other but cannot
 * deadlock. Rows of several shapes take several passes: their writer has the table to itself, as far as other writers
 * of Hindcast are concerned. So does a writer that may touch rows that vanished.
 */
function tableLocks(
  planned: readonly PlannedCopy[],
  compared: readonly PlannedComparison[],
): Step[] {
  const passes = new Map<string, number>();
  for (const { copy } of planned) {
    const { table } = copy.shape;
    if (!Object.hasOwn(SYSTEM_TABLES, table)) passes.set(table, (passes.get(table) ?? 0) + 1);
  }
  const again = new Map(compared.map(({ watched: { table }, windows }) => [table, windows]));
  for (const table of again.keys()) if (!passes.has(table)) passes.set(table, 1);
  if (passes.size === 0) return [];
  const locks = [...passes].sort(([a], [b]) => a < b ? -1 : 1).map(([table, count]) => {
    const lock = (kind: string) =>
      `pg_advisory_xact_lock${kind}(hashtextextended(` +
      `'hindcast table ' || current_schema() || '/' || ${quoteLiteral(table)}, 0))`;
    const windows = again.get(table);
    if (count > 1) return lock("");
    if (windows === undefined) return lock("_shared");
    return `CASE WHEN ${isStatedSql(table, windows)} THEN ${lock("")} ELSE ${lock("_shared")} END`;
  });
  return [{ sql: `SELECT ${locks.join(", ")}` }];
}

function copySteps(
  { copy, relation, strategy }: PlannedCopy,
  staged: Set<string>,
  keepsStages: boolean,
): Step[] {
  const { shape, text } = copy;
  if (strategy === "direct") {
    return [{ sql: `COPY ${copyInto(shape, "table")} FROM STDIN`, text }];
  }
  const name = stageName(shape, relation.fits);
  const stage = staged.has(name)
    ? `DELETE FROM ${name}`
    : stageSql(shape, relation.fits, keepsStages ? "DELETE ROWS" : "DROP");
  staged.add(name);
  return [
    { sql: stage },
    { sql: `COPY ${copyInto(shape, "stage", relation.fits)} FROM STDIN`, text },
    { sql: mergeSql(shape, relation, strategy) },
  ];
}

// Owns the statements of one write, in order, and the interpretation of their results. Pure: the same copy
// batches and strategies give the same steps. They are sent together, as one transaction.
import type { CopyBatch } from "./copy_batch.ts";
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

/** The steps of a write. */
export interface WritePlan {
  /** The statements, in order. */
  readonly steps: readonly Step[];
  /** For each step the index of its copy batch; -1 for a guard, -2 for the settings. */
  readonly owners: readonly number[];
}

/** The owner of steps that check the locks. */
export const GUARD: number = -1;
const SETTINGS = -2;

/**
 * Makes commits durable where the server's owner has traded that for speed: a checkpoint must never be
 * ahead of the rows, not even after a crash of the server.
 */
export const DURABLE_SQL: string = "set_config('synchronous_commit', " +
  "replace(current_setting('synchronous_commit'), 'off', 'local'), false)";

/**
 * Settings of the transaction, so that a write means the same on every server. The staging table is new
 * each time, so the planner knows nothing of it and near 5,000 rows would turn to hashing the whole
 * target (52,000 rows a second against 90,000): nested loops over the key's index are forced. Forbidden
 * plans count as expensive, which would start the JIT compiler.
 */
const SETTINGS_SQL = `SELECT ${DURABLE_SQL}, ${
  Object.entries({
    TimeZone: "UTC",
    DateStyle: "ISO, YMD",
    statement_timeout: "0",
    lock_timeout: "60s",
    client_min_messages: "warning",
    jit: "off",
    enable_hashjoin: "off",
    enable_mergejoin: "off",
    enable_seqscan: "off",
    enable_bitmapscan: "off",
  }).map(([name, value]) => `set_config('${name}', '${value}', true)`).join(", ")
}`;

/** The steps that write the copies while the guards hold. */
export function planWrite(planned: readonly PlannedCopy[], guards: readonly string[]): WritePlan {
  const steps: Step[] = [{ sql: SETTINGS_SQL }, ...guards.map((sql) => ({ sql }))];
  const owners: number[] = steps.map((_, at) => at === 0 ? SETTINGS : GUARD);
  const staged = new Set<string>();
  for (const [index, { copy, relation, strategy }] of planned.entries()) {
    const added = strategy === "direct" ? [copyStep(copy, "table")] : [
      ...stageSteps(copy, staged),
      copyStep(copy, "stage"),
      { sql: mergeSql(copy.shape, relation, strategy) },
    ];
    for (const step of added) {
      steps.push(step);
      owners.push(index);
    }
  }
  return { steps, owners };
}

/** The counts of each copy batch, from the results of the plan's steps. */
export function countsOf(
  plan: WritePlan,
  planned: readonly PlannedCopy[],
  results: readonly StepResult[],
): WriteCounts[] {
  return planned.map(({ copy, strategy }, index) => {
    const { rows } = copy.text;
    if (strategy === "direct") return { inserted: rows, updated: 0, unchanged: 0 };
    const [written, inserted] = results[plan.owners.lastIndexOf(index)]!.rows[0]!.map(Number);
    return { inserted: inserted!, updated: written! - inserted!, unchanged: rows - written! };
  });
}

/** The sum of two counts. */
export function addCounts(a: WriteCounts | undefined, b: WriteCounts): WriteCounts {
  if (a === undefined) return b;
  return {
    inserted: a.inserted + b.inserted,
    updated: a.updated + b.updated,
    unchanged: a.unchanged + b.unchanged,
  };
}

function stageSteps(copy: CopyBatch, staged: Set<string>): Step[] {
  const name = stageName(copy.shape);
  const used = staged.has(name);
  staged.add(name);
  return used ? [{ sql: `DELETE FROM ${name}` }] : [{ sql: stageSql(copy.shape) }];
}

function copyStep({ shape, text }: CopyBatch, into: "table" | "stage"): Step {
  return { sql: `COPY ${copyInto(shape, into)} FROM STDIN`, text };
}

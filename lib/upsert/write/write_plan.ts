// Owns the statements of one write, in order, and what their answers mean. Pure: the same loads and ways
// give the same steps. All of them are sent at once and answered at once, in one transaction.
import type { Load } from "./copy_batch.ts";
import { copyInto, mergeSql, stageName, stageSql } from "../sql/merge_sql.ts";
import type { Relation } from "../sql/merge_sql.ts";
import type { Step, StepResult } from "./session.ts";
import type { Way } from "./write_strategy.ts";
import type { WriteCounts } from "../sql/write_counts.ts";

/** A load and how it is to get into its table. */
export interface PlannedLoad {
  /** The rows. */
  readonly load: Load;
  /** Their table. */
  readonly relation: Relation;
  /** How. */
  readonly way: Way;
}

/** The steps of a write. */
export interface WritePlan {
  /** The statements, in order. */
  readonly steps: readonly Step[];
  /** For each step the index of its load; -1 for a guard, -2 for the settings. */
  readonly owners: readonly number[];
}

/** Owner of the steps that make sure of the locks. */
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

/** The steps that write the loads while the guards hold. */
export function planWrite(planned: readonly PlannedLoad[], guards: readonly string[]): WritePlan {
  const steps: Step[] = [{ sql: SETTINGS_SQL }, ...guards.map((sql) => ({ sql }))];
  const owners: number[] = steps.map((_, at) => at === 0 ? SETTINGS : GUARD);
  const staged = new Set<string>();
  for (const [index, { load, relation, way }] of planned.entries()) {
    const added = way === "direct" ? [copyStep(load, "table")] : [
      ...stageSteps(load, staged),
      copyStep(load, "stage"),
      { sql: mergeSql(load.shape, relation, way) },
    ];
    for (const step of added) {
      steps.push(step);
      owners.push(index);
    }
  }
  return { steps, owners };
}

/** What became of the rows of each load, from the answers to the plan's steps. */
export function countsOf(
  plan: WritePlan,
  planned: readonly PlannedLoad[],
  answers: readonly StepResult[],
): WriteCounts[] {
  return planned.map(({ load, way }, index) => {
    const { rows } = load.text;
    if (way === "direct") return { inserted: rows, updated: 0, unchanged: 0 };
    const [written, inserted] = answers[plan.owners.lastIndexOf(index)]!.rows[0]!.map(Number);
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

function stageSteps(load: Load, staged: Set<string>): Step[] {
  const name = stageName(load.shape);
  const used = staged.has(name);
  staged.add(name);
  return used ? [{ sql: `DELETE FROM ${name}` }] : [{ sql: stageSql(load.shape) }];
}

function copyStep({ shape, text }: Load, into: "table" | "stage"): Step {
  return { sql: `COPY ${copyInto(shape, into)} FROM STDIN`, text };
}

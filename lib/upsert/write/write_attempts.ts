// Owns the attempts at one write: it plans, sends, and handles each kind of error until the transaction has committed
// or failed permanently. Retries are safe because merging the same rows again changes nothing, so a commit whose
// outcome is unknown is repeated. Invariant: rows and ledger commit in one transaction.
import type { Rejection } from "../../extract/extractor.ts";
import type { RowShape } from "../../extract/row_shape.ts";
import { Failure } from "../../failure.ts";
import { DatabaseError } from "./database_error.ts";
import { isolateRows } from "./isolate_rows.ts";
import type { Refusal } from "./isolate_rows.ts";
import { arrivedRows, halves, withRows } from "./copy_batch.ts";
import type { ArrivedRow, CopyBatch } from "./copy_batch.ts";
import { misfitColumn } from "../sql/merge_sql.ts";
import type { Relation } from "../sql/merge_sql.ts";
import { DatabaseRetry, retryDatabase } from "./database_retry.ts";
import type { DatabaseRetryOptions } from "./database_retry.ts";
import { rejectionOf } from "./rejection.ts";
import type { Session } from "./session.ts";
import { NOTHING, sumCounts } from "../sql/write_counts.ts";
import type { Written } from "./target.ts";
import { afterBatch, afterCollision, UNKNOWN } from "./write_strategy.ts";
import type { StrategyState, WriteStrategy } from "./write_strategy.ts";
import {
  CHECK_DEFERRED,
  comparedBy,
  countsOf,
  GUARD,
  planWrite,
  vanishedOf,
} from "./write_plan.ts";
import type { PlannedComparison, PlannedCopy, WritePlan } from "./write_plan.ts";
import type { Watch } from "./watch.ts";
import type { WatchedTable } from "../sql/vanished_sql.ts";
import { LEDGER_TABLE } from "../sql/log_tables.ts";
import { FEEDS_TABLE, SYSTEM_TABLES } from "../sql/system_tables.ts";
import { withRejected } from "../sql/ledger_sql.ts";

/** The dependencies of a write; the maps and functions are read again for each one. */
export interface WriterInput extends DatabaseRetryOptions {
  /** The database. */
  readonly session: Session;
  /** The prepared tables, each after those it references. */
  readonly relations: ReadonlyMap<string, Relation>;
  /** The key of a table, and what happens to rows of it that vanished. */
  readonly watchedTable: (name: string) => WatchedTable;
  /** Statements that fail unless the locks of the run are still held. */
  readonly guards: () => readonly string[];
  /** The failure of a run whose lock another run has taken. */
  readonly lockLost: (cause: DatabaseError) => Promise<Failure>;
}

/** The most rows of one write that may be refused; more mean that the table does not fit, and the run stops. */
const MAX_REFUSED_ROWS = 100;

/** The attempts at one write. */
export class Attempts {
  readonly #input: WriterInput;
  readonly #strategies: Map<string, StrategyState>;
  readonly #read: Watch["read"];
  readonly #rejected: Rejection[] = [];
  readonly #retry: DatabaseRetry;
  #copies: CopyBatch[];
  /** Whether a row that may belong to one of the windows was refused. */
  #isIncomplete = false;

  /** Attempts nothing yet. */
  constructor(
    input: WriterInput,
    strategies: Map<string, StrategyState>,
    copies: CopyBatch[],
    read: Watch["read"],
  ) {
    this.#input = input;
    this.#strategies = strategies;
    this.#copies = copies;
    this.#read = read;
    this.#retry = new DatabaseRetry(input);
  }

  /**
   * The previous write refused `refusedBefore` rows after this ledger was derived: they count for every
   * window that ends here, because they may belong to any of them.
   */
  async run(refusedBefore: number): Promise<Written> {
    await this.#record(refusedBefore);
    for (;;) {
      const planned = this.#plan();
      const plan = await this.#planWrite(planned, this.#input.guards(), this.#comparisons());
      try {
        const results = await this.#input.session.transact(plan.steps);
        for (const { text } of this.#copies) text.release();
        return this.#written(planned, countsOf(plan, planned, results), vanishedOf(plan, results));
      } catch (error) {
        if (!(error instanceof DatabaseError)) throw error;
        const owner = plan.owners[error.step ?? -1] ?? plan.owners.length;
        if (owner === GUARD && error.consequence === "data") {
          throw await this.#input.lockLost(error);
        }
        const kept = comparedBy(plan, error.step);
        if (kept !== undefined && error.consequence === "data") {
          await this.#keepVanished(error, kept);
          continue;
        }
        const at = owner < 0 ? this.#indexOf(error) : owner;
        await this.#recover(error, planned[at], at);
      }
    }
  }

  /** What is compared: nothing after a refused row, because it may be one that was returned before. */
  #comparisons(): PlannedComparison[] {
    if (this.#isIncomplete) return [];
    const { relations, watchedTable } = this.#input;
    // Rows are deleted before the rows that they refer to.
    return [...relations].reverse().flatMap(([table, relation]) => {
      const read = this.#read.filter(({ tables }) => tables.has(table));
      const windows = read.map(({ window }) => window);
      return windows.length === 0 ? [] : { watched: watchedTable(table), relation, windows };
    });
  }

  /** Records that the database refuses to delete or mark a row; the next fetch of the window tries again. */
  async #keepVanished(error: DatabaseError, table: string): Promise<void> {
    const reason = `vanished, and the database refuses to change it: ${error.message}`;
    this.#rejected.push({ table, column: null, reason, value: "", record: "" });
    await this.#record(1);
  }

  async #planWrite(
    planned: readonly PlannedCopy[],
    guards: readonly string[],
    compared: readonly PlannedComparison[] = [],
  ): Promise<WritePlan> {
    const { session } = this.#input;
    try {
      const keepsStages = await retryDatabase(this.#input, () => session.keepsTemporaryTables());
      return planWrite(planned, { guards, keepsStages }, compared);
    } catch (error) {
      throw error instanceof DatabaseError ? error.toFailure("write rows") : error;
    }
  }

  /** The copy batch whose deferred constraint failed; -1 if the error names no table. */
  #indexOf({ table }: DatabaseError): number {
    return this.#copies.findLastIndex(({ shape }) => shape.table === table);
  }

  #plan(): PlannedCopy[] {
    return this.#copies.map((copy) => {
      const state = this.#strategies.get(copy.shape.id) ?? UNKNOWN;
      const relation = this.#input.relations.get(copy.shape.table)!;
      return { copy, relation, strategy: strategyFor(copy, relation, state.strategy) };
    });
  }

  #written(
    planned: readonly PlannedCopy[],
    counts: ReturnType<typeof countsOf>,
    vanished: ReadonlyMap<string, number>,
  ): Written {
    const byTable: Map<string, typeof counts[number]> = new Map();
    for (const [index, { copy }] of planned.entries()) {
      const { id, table } = copy.shape;
      const state = this.#strategies.get(id) ?? UNKNOWN;
      this.#strategies.set(id, afterBatch(state, counts[index]!));
      if (!Object.hasOwn(SYSTEM_TABLES, table)) {
        byTable.set(table, sumCounts(byTable.get(table) ?? NOTHING, counts[index]!));
      }
    }
    for (const [table, count] of vanished) {
      if (count === 0) continue;
      const more = { ...NOTHING, vanished: count };
      byTable.set(table, sumCounts(byTable.get(table) ?? NOTHING, more));
    }
    return { counts: byTable, rejected: this.#rejected };
  }

  /** Changes the plan so that another attempt can succeed, or throws. */
  async #recover(
    error: DatabaseError,
    planned: PlannedCopy | undefined,
    index: number,
  ): Promise<void> {
    if (error.passes) return await this.#wait(error, planned?.copy);
    if (planned === undefined) throw error.toFailure("write rows");
    const { copy, strategy } = planned;
    if (strategy === "direct") {
      const state = this.#strategies.get(copy.shape.id) ?? UNKNOWN;
      this.#strategies.set(copy.shape.id, afterCollision(state));
    } else if (error.consequence === "twice" && copy.text.rows > 1) {
      this.#copies = this.#copies.toSpliced(index, 1, ...await halves(copy));
    } else if (error.consequence === "data" && !Object.hasOwn(SYSTEM_TABLES, copy.shape.table)) {
      await this.#isolate(copy, index, refusalOf(error, copy.shape));
    } else {
      throw error.toFailure(writeTo(copy));
    }
  }

  async #wait(error: DatabaseError, copy: CopyBatch | undefined): Promise<void> {
    const failure = error.toFailure(copy === undefined ? "write rows" : writeTo(copy));
    if (!await this.#retry.wait()) throw failure;
  }

  /** Removes the rows at fault from a copy batch. */
  async #isolate(copy: CopyBatch, index: number, first: Refusal): Promise<void> {
    const probe = (rows: readonly ArrivedRow[]) => this.#probe(copy, index, rows);
    const isolated = await isolateRows(await arrivedRows(copy), first, probe, MAX_REFUSED_ROWS);
    if (isolated === undefined) {
      throw new Failure(
        "target",
        `Cannot ${writeTo(copy)}: more than ${MAX_REFUSED_ROWS} rows of one batch are refused, ` +
          `the first because ${first.reason}`,
        { hint: "Compare the table's constraints with the records of the API" },
      );
    }
    for (const { row, refusal } of isolated.refused) {
      this.#rejected.push(rejectionOf(copy.shape, row.row, refusal));
    }
    this.#copies = isolated.accepted.length === 0
      ? this.#copies.toSpliced(index, 1)
      : this.#copies.toSpliced(index, 1, await withRows(copy, isolated.accepted));
    await this.#record(isolated.refused.length);
  }

  /** Adds the refused rows to the entries of the windows and pages that the write completes. */
  async #record(refused: number): Promise<void> {
    if (refused === 0) return;
    this.#isIncomplete = true;
    for (const table of [LEDGER_TABLE, FEEDS_TABLE]) {
      const at = this.#copies.findIndex(({ shape }) => shape.table === table);
      const entries = this.#copies[at];
      if (entries === undefined) continue;
      const rows = (await arrivedRows(entries)).map(({ row, at }) => ({
        row: withRejected(entries.shape, row, refused),
        at,
      }));
      this.#copies = this.#copies.with(at, await withRows(entries, rows));
    }
  }

  /** The reason why the database refuses these rows of a copy batch; rolls back, so that nothing is kept. */
  async #probe(
    copy: CopyBatch,
    index: number,
    rows: readonly ArrivedRow[],
  ): Promise<Refusal | undefined> {
    const tried = await withRows(copy, rows);
    for (;;) {
      const whole = this.#plan();
      // A deferred constraint may need the rows of later tables.
      const end = whole[index]!.relation.hasDeferrable ? whole.length : index + 1;
      const planned = whole.with(index, { ...whole[index]!, copy: tried }).slice(0, end)
        .map((each) => each.strategy === "direct" ? { ...each, strategy: "guard" as const } : each);
      const { steps } = await this.#planWrite(planned, []);
      try {
        await this.#input.session.transact([...steps, CHECK_DEFERRED], "rollback");
        return undefined;
      } catch (error) {
        if (!(error instanceof DatabaseError)) throw error;
        if (error.consequence === "data" || error.consequence === "twice") {
          return refusalOf(error, copy.shape);
        }
        if (!error.passes) throw error.toFailure(writeTo(copy));
        await this.#wait(error, copy);
      }
    }
  }
}

function refusalOf(error: DatabaseError, shape: RowShape): Refusal {
  const column = misfitColumn(shape, error.constraint ?? "");
  return column === undefined
    ? { reason: error.message, column: error.column, index: error.row }
    : { reason: "the value does not fit the type of the column", column, index: error.row };
}

/** Copying into the table fails on existing keys, rounds values that do not fit, and does not count dropped rows. */
function strategyFor(copy: CopyBatch, relation: Relation, usual: WriteStrategy): WriteStrategy {
  if (relation.hasRowTrigger) return "filter";
  const isStaged = copy.followsSame ||
    [...relation.fits?.values() ?? []].some(({ check }) => check !== undefined);
  return isStaged && usual === "direct" ? "guard" : usual;
}

function writeTo(copy: CopyBatch): string {
  return `write to table "${copy.shape.table}"`;
}

// Owns a write from its rows to its counts: it plans, sends, and answers each kind of failure until the
// transaction has committed or a clear failure is left. Every repetition is safe because merging the
// same rows again changes nothing, so a commit whose outcome is unknown is simply repeated. Invariant:
// rows and ledger commit in one transaction.
import type { Rejection } from "../../extract/extractor.ts";
import type { Row, RowSet } from "../../extract/row_shape.ts";
import { Failure } from "../../failure.ts";
import { DatabaseError } from "./database_error.ts";
import { isolateRows } from "./isolate_rows.ts";
import type { Refusal } from "./isolate_rows.ts";
import { halves, loadsOf, withRows } from "./copy_batch.ts";
import type { Load } from "./copy_batch.ts";
import type { Relation } from "../sql/merge_sql.ts";
import { Patience } from "./database_retry.ts";
import type { PatienceOptions } from "./database_retry.ts";
import { rejectionOf } from "./rejection.ts";
import type { Session } from "./session.ts";
import { withRejected } from "../sql/system_tables.ts";
import type { Written } from "./target.ts";
import { afterBatch, afterCollision, UNKNOWN } from "./write_strategy.ts";
import type { WriteOutlook } from "./write_strategy.ts";
import { addCounts, countsOf, GUARD, planWrite } from "./write_plan.ts";
import type { PlannedLoad } from "./write_plan.ts";

/** What a writer works with; what it reads is read anew for each write. */
export interface WriterInput extends PatienceOptions {
  /** The database. */
  readonly session: Session;
  /** The prepared tables, each after those it refers to. */
  readonly relations: ReadonlyMap<string, Relation>;
  /** Statements that fail unless the locks of the run are still held. */
  readonly guards: () => readonly string[];
  /** Takes again, after a lost connection, the locks that were lost with it. */
  readonly renew: () => Promise<void>;
}

/** Rows that one write may refuse; more mean that the table does not fit, and the run stops. */
const MOST_REFUSED = 100;

/**
 * Writes row sets, one write after the other; a write that is begun while another is under way is made
 * ready meanwhile. Remembers from batch to batch which way suits each shape.
 */
export class Writer {
  readonly #input: WriterInput;
  readonly #outlooks = new Map<string, WriteOutlook>();
  /** The write that was begun last. */
  #last: Promise<Written | undefined> = Promise.resolve(undefined);

  /** A writer that knows nothing yet of the tables' contents. */
  constructor(input: WriterInput) {
    this.#input = input;
  }

  /**
   * Writes the sets, and the ledger's rows with them. Where a write before it was still under way and
   * fails, this one fails with it: nothing is written past a failure that nobody has seen.
   *
   * @throws {Failure} of kind `target` or `locked`.
   */
  write(sets: readonly RowSet[], ledger: RowSet): Promise<Written> {
    const writing = this.#write(sets, ledger, this.#last);
    this.#last = writing;
    writing.catch(() => {
      if (this.#last === writing) this.#last = Promise.resolve(undefined);
    });
    return writing;
  }

  async #write(
    sets: readonly RowSet[],
    ledger: RowSet,
    before: Promise<Written | undefined>,
  ): Promise<Written> {
    const order = [...this.#input.relations.keys()];
    const ready = loadsOf(ledger.rows.length > 0 ? [...sets, ledger] : sets, order);
    const [loads, last] = await Promise.all([ready, before]);
    const attempts = new Attempts(this.#input, this.#outlooks, loads, ledger.shape.table);
    return await attempts.run(last?.rejected.length ?? 0);
  }
}

/** The attempts at one write. */
class Attempts {
  readonly #input: WriterInput;
  readonly #outlooks: Map<string, WriteOutlook>;
  readonly #ledgerTable: string;
  readonly #rejected: Rejection[] = [];
  readonly #patience: Patience;
  #loads: Load[];

  constructor(
    input: WriterInput,
    outlooks: Map<string, WriteOutlook>,
    loads: Load[],
    ledgerTable: string,
  ) {
    this.#input = input;
    this.#outlooks = outlooks;
    this.#loads = loads;
    this.#ledgerTable = ledgerTable;
    this.#patience = new Patience(input);
  }

  /**
   * `refusedBefore` rows were refused by the write before, and nobody could know it when this ledger was
   * made: they count as those of every window that ends here, for they may be of one of them.
   */
  async run(refusedBefore: number): Promise<Written> {
    await this.#record(refusedBefore);
    for (;;) {
      const planned = this.#plan();
      const plan = planWrite(planned, this.#input.guards());
      try {
        await this.#input.renew();
        const answers = await this.#input.session.transact(plan.steps);
        for (const { text } of this.#loads) text.release();
        return this.#written(planned, countsOf(plan, planned, answers));
      } catch (error) {
        if (!(error instanceof DatabaseError)) throw error;
        const owner = plan.owners[error.step ?? -1] ?? plan.owners.length;
        if (owner === GUARD && error.consequence === "data") throw lockLost(error);
        await this.#recover(error, planned[owner], owner);
      }
    }
  }

  #plan(): PlannedLoad[] {
    return this.#loads.map((load) => {
      const outlook = this.#outlooks.get(load.shape.id) ?? UNKNOWN;
      const way = load.followsSame && outlook.way === "direct" ? "guard" : outlook.way;
      return { load, relation: this.#input.relations.get(load.shape.table)!, way };
    });
  }

  #written(planned: readonly PlannedLoad[], counts: ReturnType<typeof countsOf>): Written {
    const byTable: Map<string, typeof counts[number]> = new Map();
    for (const [index, { load }] of planned.entries()) {
      const { id, table } = load.shape;
      const outlook = this.#outlooks.get(id) ?? UNKNOWN;
      this.#outlooks.set(id, afterBatch(outlook, counts[index]!));
      if (table !== this.#ledgerTable) {
        byTable.set(table, addCounts(byTable.get(table), counts[index]!));
      }
    }
    return { counts: byTable, rejected: this.#rejected };
  }

  /** Makes another attempt worth while, or throws. */
  async #recover(
    error: DatabaseError,
    planned: PlannedLoad | undefined,
    index: number,
  ): Promise<void> {
    if (error.passes) return await this.#wait(error, planned?.load);
    if (planned === undefined) throw error.toFailure("write rows");
    const { load, way } = planned;
    if (way === "direct") {
      const outlook = this.#outlooks.get(load.shape.id) ?? UNKNOWN;
      this.#outlooks.set(load.shape.id, afterCollision(outlook));
    } else if (error.consequence === "twice" && load.text.rows > 1) {
      this.#loads = this.#loads.toSpliced(index, 1, ...await halves(load));
    } else if (error.consequence === "data" && load.shape.table !== this.#ledgerTable) {
      await this.#isolate(load, index, refusalOf(error));
    } else {
      throw error.toFailure(writeTo(load));
    }
  }

  async #wait(error: DatabaseError, load: Load | undefined): Promise<void> {
    const failure = error.toFailure(load === undefined ? "write rows" : writeTo(load));
    if (!await this.#patience.wait()) throw failure;
  }

  /** Takes the rows at fault out of a load. */
  async #isolate(load: Load, index: number, first: Refusal): Promise<void> {
    const probe = (rows: readonly Row[]) => this.#probe(load, index, rows);
    const isolated = await isolateRows(await load.text.decode(), first, probe, MOST_REFUSED);
    if (isolated === undefined) {
      throw new Failure(
        "target",
        `Cannot ${writeTo(load)}: more than ${MOST_REFUSED} rows of one batch are refused, ` +
          `the first because ${first.reason}`,
        { hint: "Compare the table's constraints with what the source sends" },
      );
    }
    for (const { row, refusal } of isolated.refused) {
      this.#rejected.push(rejectionOf(load.shape, row, refusal));
    }
    this.#loads = isolated.taken.length === 0
      ? this.#loads.toSpliced(index, 1)
      : this.#loads.toSpliced(index, 1, await withRows(load, isolated.taken));
    await this.#record(isolated.refused.length);
  }

  /** Notes in the ledger that rows were refused. */
  async #record(refused: number): Promise<void> {
    const at = this.#loads.findIndex(({ shape }) => shape.table === this.#ledgerTable);
    const ledger = this.#loads[at];
    if (ledger === undefined || refused === 0) return;
    const rows = withRejected(await ledger.text.decode(), refused);
    this.#loads = this.#loads.with(at, await withRows(ledger, rows));
  }

  /** Whether the database takes these rows of a load after the loads before it; nothing is kept. */
  async #probe(load: Load, index: number, rows: readonly Row[]): Promise<Refusal | undefined> {
    const tried = await withRows(load, rows);
    for (;;) {
      const planned = [
        ...this.#plan().slice(0, index),
        { ...this.#plan()[index]!, load: tried },
      ].map((each) => each.way === "direct" ? { ...each, way: "guard" as const } : each);
      const { steps } = planWrite(planned, []);
      try {
        await this.#input.session.transact(
          [...steps, { sql: "SET CONSTRAINTS ALL IMMEDIATE" }],
          "rollback",
        );
        return undefined;
      } catch (error) {
        if (!(error instanceof DatabaseError)) throw error;
        if (error.consequence === "data" || error.consequence === "twice") return refusalOf(error);
        if (!error.passes) throw error.toFailure(writeTo(load));
        await this.#wait(error, load);
      }
    }
  }
}

function refusalOf(error: DatabaseError): Refusal {
  return { reason: error.message, column: error.column, index: error.row };
}

function writeTo(load: Load): string {
  return `write to table "${load.shape.table}"`;
}

function lockLost(cause: DatabaseError): Failure {
  return new Failure("locked", "Cannot go on writing: another run has taken over the job's lock", {
    hint: "deno task status",
    cause,
  });
}

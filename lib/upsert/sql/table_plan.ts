// Owns what has to be done so that a job's tables can be written to: create, complete, or only record them.
// Pure. Invariants: tables that are complete need no statement; a table that existed before Hindcast is
// never changed unless the job declares `extend`, and its first use is reported.
import type { Table } from "../../config/schema/job_schema.ts";
import type { Vanished } from "../../config/schema/table_schema.ts";
import { Failure } from "../../failure.ts";
import type { ExistingTable } from "./catalog.ts";
import { columnFit } from "./column_fit.ts";
import type { ColumnFit } from "./column_fit.ts";
import type { Relation } from "./merge_sql.ts";
import { LEDGER_TABLE, LOG_TABLES } from "./log_tables.ts";
import {
  forgetStatedSql,
  RECORD_EARLIER_TABLES_SQL,
  recordTablesSql,
  SYSTEM_TABLES,
  TABLES_TABLE,
  watchTablesSql,
} from "./system_tables.ts";
import { sqlType } from "./sql_type.ts";
import { recordedOrder } from "./vanished_sql.ts";
import {
  changeSql,
  isInstant,
  missingForeignKeys,
  requireColumns,
  requireFit,
} from "./table_change.ts";
import { tableOrder } from "./table_order.ts";
import { keepsUpdatedAt, tableSql, UPDATED_AT, VANISHED_AT } from "./table_sql.ts";

/** Something that the user should know about a table. */
export interface TableNotice {
  /** The table. */
  readonly table: string;
  /** What the user should know, as a sentence without a period. */
  readonly message: string;
  /** What to do. */
  readonly hint: string;
}

/** What is known about the database. */
export interface KnownTables {
  /** The existing tables by name. */
  readonly existing: ReadonlyMap<string, ExistingTable>;
  /** The recorded tables, and whether Hindcast created each. */
  readonly recorded: ReadonlyMap<string, boolean>;
  /** The tables in which some job watches for rows that vanish, and the description of their keys; null if unknown. */
  readonly watched: ReadonlyMap<string, string | null>;
}

/** How tables are prepared. */
export interface TablePlan {
  /** The statements, in order; empty if nothing is missing. */
  readonly statements: readonly string[];
  /** The tables as merges see them, in the order in which they are written. */
  readonly relations: ReadonlyMap<string, Relation>;
  /** What happens to rows that vanish, for the tables in which some job watches for them. */
  readonly watched: ReadonlyMap<string, Vanished>;
  /** Tables that existed before Hindcast and have not been written to yet, and those whose key changed. */
  readonly notices: readonly TableNotice[];
}

/**
 * Plans how the tables are prepared, Hindcast's own among them.
 *
 * @throws {Failure} of kind `target` if an existing table does not fit.
 */
export function planTables(
  tables: Readonly<Record<string, Table>>,
  known: KnownTables,
): TablePlan {
  // Jobs that share tables lock them in the same order, whatever the order in their files.
  const sorted = Object.fromEntries(Object.entries(tables).sort(([a], [b]) => a < b ? -1 : 1));
  const names = tableOrder(sorted);
  const { existing } = known;
  const own = new Map(names.map((name) => [name, isOwn(name, known)]));
  const changed = names.filter((name) => own.get(name) || tables[name]!.extend);
  for (const name of names) requireExisting(name, tables[name]!, existing.get(name), changed);
  const created = new Map(
    [...own].filter(([name]) => !Object.hasOwn(SYSTEM_TABLES, name) && !known.recorded.has(name)),
  );
  const watching = watchingOf(tables, names, known);
  const isUpgrade = existing.has(LEDGER_TABLE) && !existing.has(TABLES_TABLE);
  return {
    statements: [
      ...changed.flatMap((name) => completing(name, tables[name]!, existing.get(name))),
      ...changed.flatMap((name) => missingForeignKeys(name, tables[name]!, existing.get(name))),
      ...(isUpgrade ? [RECORD_EARLIER_TABLES_SQL] : []),
      ...(created.size > 0 ? [recordTablesSql(created)] : []),
      ...watching.statements,
    ],
    relations: new Map(names.map((name) => {
      const keeps = changed.includes(name);
      return [name, relationOf(name, tables[name]!, existing.get(name), keeps)];
    })),
    watched: watching.watched,
    notices: [
      ...[...created].filter(([, isCreated]) => !isCreated).map(([name]) =>
        noticeOf(name, tables[name]!)
      ),
      ...watching.notices,
    ],
  };
}

/** Plans how rows that vanish are watched: keys that changed cannot be compared with those that are recorded. */
function watchingOf(
  tables: Readonly<Record<string, Table>>,
  names: readonly string[],
  { watched: before, existing }: KnownTables,
): Pick<TablePlan, "statements" | "watched" | "notices"> {
  const watched = names.filter((name) => before.has(name) || tables[name]!.vanished !== "keep");
  const described = new Map<string, string>();
  const forgotten: string[] = [];
  for (const name of watched) {
    const { key } = tables[name]!;
    const [known, now] = [before.get(name), keyDescription(tables[name]!, existing.get(name))];
    if (known !== now) described.set(name, now);
    if (known === undefined) continue;
    // An earlier version described no key, and recorded the values in the order of the job.
    const isSame = known === null ? `${recordedOrder(key)}` === `${key}` : known === now;
    if (!isSame || !existing.has(name)) forgotten.push(name);
  }
  return {
    statements: [
      ...(forgotten.length > 0 ? [forgetStatedSql(forgotten)] : []),
      ...(described.size > 0 ? [watchTablesSql(described)] : []),
    ],
    watched: new Map(watched.map((name) => [name, tables[name]!.vanished])),
    notices: forgotten.filter((name) => existing.has(name)).map(otherKeyNotice),
  };
}

/** Describes the keys of a table that are recorded. */
function keyDescription({ key, columns }: Table, existing: ExistingTable | undefined): string {
  const parts = recordedOrder(key).map((name) => {
    const type = existing?.columns.get(name)?.base ?? sqlType(columns[name]!.type);
    return [name, kindOf(type)];
  });
  return JSON.stringify(parts);
}

/** What values of a PostgreSQL type look like; types of one kind have the same strings for the same values. */
function kindOf(type: string): string {
  if (/^(smallint|integer|bigint|numeric|real|double precision)\b/.test(type)) return "number";
  if (/^(text|character|citext)\b/.test(type)) return "text";
  return type.replace(/\(\d+\)/, "").replace(" without time zone", "")
    .replace("timestamp with time zone", "timestamptz");
}

/** An earlier version kept no list of tables; an existing table is Hindcast's if it looks like one of its tables. */
function isOwn(name: string, { existing, recorded }: KnownTables): boolean {
  const found = existing.get(name);
  if (found === undefined || Object.hasOwn(SYSTEM_TABLES, name)) return true;
  const isEarlier = existing.has(LEDGER_TABLE) && !existing.has(TABLES_TABLE) &&
    found.columns.has(UPDATED_AT);
  return recorded.get(name) ?? isEarlier;
}

function requireExisting(
  name: string,
  table: Table,
  existing: ExistingTable | undefined,
  changed: readonly string[],
): void {
  if (/^pg_/i.test(name)) {
    throw new Failure("configuration", `Cannot use table "${name}": PostgreSQL reserves "pg_"`, {
      hint: "Rename the table in the job",
    });
  }
  if (existing === undefined) return;
  requireFit(name, table, existing);
  if (!changed.includes(name)) requireColumns(name, table, existing);
}

function relationOf(
  name: string,
  table: Table,
  existing: ExistingTable | undefined,
  isOwn: boolean,
): Relation {
  const fits = Object.entries(table.columns).flatMap(([name, { type }]): [string, ColumnFit][] => {
    const column = existing?.columns.get(name);
    const fit = column === undefined ? undefined : columnFit(column, type);
    const isExact = fit?.stageType === sqlType(type) && fit.check === undefined;
    return fit === undefined || isExact ? [] : [[name, fit]];
  });
  const marked = existing?.columns.get(VANISHED_AT);
  const isDeclared = Object.hasOwn(table.columns, VANISHED_AT);
  // Another job may mark rows of the table; every write of a row clears its mark.
  const isMarked = isOwn && !isDeclared && marked !== undefined && isInstant(marked);
  return {
    version: table.version ?? [],
    keepsUpdatedAt: isOwn && keepsUpdatedAt(table),
    keepsXid: LOG_TABLES.has(name),
    keepsVanishedAt: table.vanished === "mark" || isMarked,
    partitioned: existing?.kind === "p",
    fits: new Map(fits),
    hasRowTrigger: existing?.hasRowTrigger ?? false,
    hasDeferrable: existing?.hasDeferrable ?? false,
  };
}

function completing(name: string, table: Table, existing: ExistingTable | undefined): string[] {
  return existing === undefined ? tableSql(name, table) : changeSql(name, table, existing);
}

function noticeOf(table: string, { extend }: Table): TableNotice {
  return {
    table,
    message: `Table "${table}" existed before Hindcast: rows are merged into it, ` +
      (extend ? "and missing columns and indexes are added" : "and nothing else is changed"),
    hint: "Rename the table in the job if it is not the one to fill",
  };
}

function otherKeyNotice(table: string): TableNotice {
  return {
    table,
    message:
      `The key of table "${table}" has changed, so what its windows returned before cannot be ` +
      "compared with what they return now",
    hint: "Fetch the dates whose rows may vanish once, without --resume",
  };
}

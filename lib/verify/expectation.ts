// Owns the meaning of a check's `expect`: whether a query's result is what the job file declares, and if
// not, why. Pure; it never runs the query.
import { formatCount } from "../report/text/format.ts";
import { suggest } from "../did_you_mean.ts";
import type { Check } from "../config/schema/job_schema.ts";
import type { QueryResult } from "../upsert/write/query.ts";

/** What a check may expect; undefined if its result is only shown. */
export type Expectation = Check["expect"];

/** Whether a result is as expected. */
export interface Verdict {
  /** Whether it is. */
  readonly ok: boolean;
  /** What is not as expected; null if everything is. */
  readonly reason: string | null;
}

const FINE: Verdict = { ok: true, reason: null };

/** Judges a result; without an expectation every result passes. */
export function judge(expect: Expectation, result: QueryResult): Verdict {
  const count = result.rows.length;
  if (expect === undefined) return FINE;
  if (expect === "rows") return count > 0 ? FINE : failed("there is no row");
  if (expect === "no_rows") {
    return count === 0
      ? FINE
      : failed(count === 1 ? "there is 1 row" : `there are ${formatCount(count, "row")}`);
  }
  const [row] = result.rows;
  if (row === undefined) return failed("there is no row");
  const reasons = Object.entries(expect).flatMap(([column, comparison]) =>
    compareColumn(column, comparison, result.columns, row) ?? []
  );
  return reasons.length === 0 ? FINE : failed(reasons.join("; "));
}

/** An expectation in words: `no rows`, `orders > 0 and lines = orders`; null for none. */
export function describe(expect: Expectation): string | null {
  if (expect === undefined) return null;
  if (typeof expect === "string") return expect.replace("_", " ");
  return Object.entries(expect).map(([column, comparison]) => {
    const { operator, operand } = parseComparison(comparison);
    return `${column} ${operator} ${operand}`;
  }).join(" and ");
}

function failed(reason: string): Verdict {
  return { ok: false, reason };
}

/** Why a column is not as expected; undefined where it is. */
function compareColumn(
  column: string,
  comparison: string,
  columns: readonly string[],
  row: readonly unknown[],
): string | undefined {
  const at = columns.indexOf(column);
  if (at < 0) return lacking(column, columns);
  const { operator, operand } = parseComparison(comparison);
  const other = columns.indexOf(operand);
  const [left, right] = [row[at], other < 0 ? literal(operand) : row[other]];
  if (holds(left, operator, right)) return undefined;
  const against = other < 0 ? operand : `${operand} (${show(right)})`;
  return `${column} is ${show(left)}, not ${operator} ${against}`;
}

function lacking(column: string, columns: readonly string[]): string {
  const near = suggest(column, columns);
  const hint = near === undefined ? "" : `, did you mean "${near}"?`;
  return `the result has no column "${column}"${hint}`;
}

function parseComparison(text: string): { operator: string; operand: string } {
  const [, operator = "=", operand = text] = /^(<=|>=|!=|=|<|>)\s*(.*)$/s.exec(text) ?? [];
  return { operator, operand: operand.trim() };
}

/** A value in the job file: a string may be quoted; `null` is null. */
function literal(text: string): unknown {
  const quoted = /^'(.*)'$|^"(.*)"$/s.exec(text);
  if (quoted !== null) return quoted[1] ?? quoted[2];
  return text === "null" ? null : text;
}

/** Null equals only null, and is neither less nor greater than anything. */
function holds(left: unknown, operator: string, right: unknown): boolean {
  if (left === null || right === null) {
    return operator === "=" ? left === right : operator === "!=" && left !== right;
  }
  const order = compare(left, right);
  switch (operator) {
    case "=":
      return order === 0;
    case "!=":
      return order !== 0;
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    default:
      return order >= 0;
  }
}

/** Compares numbers by value, integers of any size exactly; everything else as strings. */
function compare(left: unknown, right: unknown): number {
  const [a, b] = [textOf(left), textOf(right)];
  if (isWhole(a) && isWhole(b)) return sign(BigInt(a), BigInt(b));
  if (isNumber(a) && isNumber(b)) return sign(Number(a), Number(b));
  return sign(a, b);
}

function sign<T extends bigint | number | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function isWhole(text: string): boolean {
  return /^-?\d+$/.test(text);
}

function isNumber(text: string): boolean {
  return /^-?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text);
}

function textOf(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function show(value: unknown): string {
  return value === null ? "null" : textOf(value).slice(0, 80);
}

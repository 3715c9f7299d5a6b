// Formats the report of a probe: the request, the response, records, rows and what cannot be cast, each line
// short enough to read, with the next command at the end. Pure.
import type { OutlineEntry, RecordsGuess } from "../../extract/decode/outline.ts";
import type { PagingReport } from "../../probe/probe_paging.ts";
import type { Probe } from "../../probe/probe.ts";
import type { RowReport } from "../../probe/row_report.ts";
import {
  formatCount,
  formatNumber,
  formatSeconds,
  formatTable,
  oneLine,
} from "../../report/text/format.ts";
import { fitTable } from "./fit_table.ts";

/** Characters of a value in a table. */
const CELL_CHARS = 28;
const NAMES_SHOWN = 20;
const FAILURES_SHOWN = 10;

/** The lines of a probe of a job file; a table shows as many rows as fit into `width` characters, at least one; `earlier` is a date to try where the window holds no records. */
export function probeLines(
  probe: Probe,
  file: string,
  { width, earlier }: { width?: number | undefined; earlier?: string } = {},
): string[] {
  const { request } = probe;
  const each = Object.keys(probe.each).length === 0 ? "" : ` ${JSON.stringify(probe.each)}`;
  const lines = [
    labelled("stream", `${probe.stream}${probe.window === null ? "" : `, ${probe.window}`}${each}`),
    labelled("request", `${request.method} ${request.url}`),
    ...Object.entries(request.headers).map(([name, value]) => labelled("", `${name}: ${value}`)),
    ...request.body === null ? [] : [labelled("", request.body)],
  ];
  if (probe.answer !== null) lines.push(labelled("response", responseText(probe.answer)));
  if (probe.paging !== null) lines.push(...pagingLines(probe.paging));
  if (probe.records !== null) lines.push(...recordLines(probe.records));
  for (const report of probe.rows) lines.push("", ...rowLines(report, width));
  lines.push(...problemLines(probe, width));
  return [...lines.map(oneLine), "", ...nextLines(probe, file, earlier)];
}

function labelled(label: string, text: string): string {
  return `${label.padEnd(8)}  ${text}`;
}

function responseText({ status, ms, bytes, content_type }: NonNullable<Probe["answer"]>): string {
  const type = content_type === null ? "" : `, ${content_type}`;
  const took = ms < 1000 ? `${ms} ms` : formatSeconds(ms / 1000);
  return `${status} in ${took}, ${formatCount(bytes, "byte")}${type}`;
}

function pagingLines(paging: PagingReport): string[] {
  const total = paging.total === null ? [] : [`${formatCount(paging.total, "record")} in total`];
  const more = paging.problem !== null
    ? []
    : paging.split !== null
    ? [`too many records for one window: ${paging.split}; a run requests shorter ones`]
    : paging.next === null
    ? [paging.by === "none" ? "one page" : "this page is the last"]
    : [`at least ${formatCount(paging.more, "more page")}`];
  const lines = [labelled("paging", [`by ${paging.by}`, ...total, ...more].join(", "))];
  if (paging.next !== null) lines.push(labelled("", `next: ${paging.next}`));
  if (paging.second !== null) {
    lines.push(labelled("", `second page: ${formatCount(paging.second, "record")}`));
  }
  return [...lines, ...signLines(paging)];
}

/** What the job does not declare yet. */
function signLines({ by, signs, guesses }: PagingReport): string[] {
  if (signs.length === 0) return [];
  const about = by === "none"
    ? 'the response contains these; declare "paging" if it has more pages:'
    : "the response contains this; declare it, so that no record is missed:";
  return [
    labelled("", about),
    ...signs.map(({ path, value }) => labelled("", `  ${path}: ${value}`)),
    ...guesses.length === 0 ? [] : [labelled("", "for example")],
    ...guesses.map((guess) => labelled("", `  ${guess}`)),
  ];
}

function recordLines({ count, first }: NonNullable<Probe["records"]>): string[] {
  const lines = [labelled("records", `${formatNumber(count)}${count > 0 ? "; the first:" : ""}`)];
  return [...lines, ...first.map((record) => labelled("", record))];
}

/** The columns of a table below each other, its first rows side by side. */
function rowLines({ table, rows, columns }: RowReport, width = Infinity): string[] {
  const head = `${table}: ${formatCount(rows, "row")}`;
  if (rows === 0) return [head];
  const cells = columns.map(({ column, type, key, filled, values }) => [
    key ? `${column} *` : column,
    type,
    filled === 0 ? "never" : filled === rows ? "always" : `${filled} of ${rows}`,
    ...values.map((value) => cell(value)),
  ]);
  const most = columns[0]?.values.length ?? 0;
  for (let shown = most;; shown--) {
    const numbers = Array.from({ length: shown }, (_, at) => `row ${at + 1}`);
    const fitting = cells.map((line) => line.slice(0, 3 + shown));
    const table = [["column", "type", "filled", ...numbers], ...fitting];
    const lines = formatTable(table, "  ");
    if (lines.every((line) => line.length <= width)) return [head, ...lines];
    if (shown <= 1) return [head, ...fitTable(table, { width, indent: 2 })];
  }
}

function cell(value: string | null): string {
  if (value === null) return "-";
  const line = oneLine(value);
  return line.length > CELL_CHARS ? `${line.slice(0, CELL_CHARS - 1)}…` : line;
}

function problemLines(probe: Probe, width: number | undefined): string[] {
  const lines: string[] = [];
  if (probe.never_filled.length > 0) {
    const more = probe.never_filled.length - NAMES_SHOWN;
    const names = probe.never_filled.slice(0, NAMES_SHOWN).join(", ");
    lines.push("", `never filled: ${names}${more > 0 ? ` and ${more} more` : ""}`);
  }
  lines.push(...unmappedLines(probe, width));
  if (probe.outside.length > 0) {
    lines.push(
      "",
      `outside the window: every value of ${probe.outside.slice(0, NAMES_SHOWN).join(", ")};`,
      "  check whether the API takes dates in these parameters, and declare record_date",
    );
  }
  if (probe.rejected.length > 0) lines.push("", "cannot be cast:");
  for (const failure of probe.rejected.slice(0, FAILURES_SHOWN)) {
    const where = failure.column === null ? failure.table : `${failure.table}.${failure.column}`;
    lines.push(
      `  ${where}, ${formatCount(failure.count, "time")}: the value ${failure.reason}`,
      `    value   ${failure.value}`,
      `    record  ${failure.record}`,
    );
    if (failure.remedy !== null) lines.push(`    try     ${failure.remedy}`);
  }
  if (probe.paging?.problem) lines.push("", `problem   ${probe.paging.problem}`);
  for (const note of probe.notes) lines.push("", `note      ${note}`);
  if (probe.problem !== null) {
    lines.push("", `problem   ${probe.problem.message}`);
    if (probe.problem.hint !== null) lines.push(`hint      ${probe.problem.hint}`);
  }
  if (probe.outline.length > 0) {
    lines.push("", ...outlineLines(probe.outline, probe.guesses, width));
  }
  return lines;
}

function unmappedLines({ untaken, records }: Probe, width: number | undefined): string[] {
  if (untaken.length === 0) return [];
  const rows = untaken.slice(0, NAMES_SHOWN).map(({ path, records: filled, value }) => [
    path === "" ? "(the record)" : path,
    filled === records?.count ? "always" : `${filled} of ${records?.count}`,
    value,
  ]);
  const more = untaken.length - NAMES_SHOWN;
  const table = fitTable([["field", "filled", "example"], ...rows], { width, indent: 2 });
  return ["", "not mapped by any column:", ...table, ...more > 0 ? [`  and ${more} more`] : []];
}

function outlineLines(
  entries: readonly OutlineEntry[],
  guesses: readonly RecordsGuess[],
  width: number | undefined,
): string[] {
  const rows = entries.map(({ path, what }) => [path === "" ? "(the response)" : path, what]);
  const lines = ["the response contains:", ...fitTable(rows, { width, indent: 2 })];
  if (guesses.length === 0) return lines;
  const choices = guesses.map(({ records, count }) =>
    `  records: ${records} # ${formatCount(count, "record")}`
  );
  return [...lines, "the records may be at:", ...choices];
}

function nextLines(probe: Probe, file: string, earlier?: string): string[] {
  const { problem, paging, records, rows, rejected } = probe;
  const again = `deno task probe ${file} --stream ${probe.stream}`;
  if (problem !== null && (probe.answer?.status ?? 0) !== 200) {
    return [`next      fix the problem above, then ${again}`];
  }
  if (problem !== null || (paging?.problem ?? null) !== null || rejected.length > 0) {
    return [`next      correct ${file}, then ${again}`];
  }
  if (records?.count === 0) {
    return probe.window === null
      ? ["next      no records: check the request and the response above"]
      : [`next      no records in ${probe.window}: ${again} --date ${earlier ?? "-30d"}`];
  }
  if (rows.every(({ rows }) => rows === 0)) {
    return [`next      the records produced no rows: correct "rows" in ${file}, then ${again}`];
  }
  return [`next      deno task backfill --config ${file} --only ${probe.stream} --dry-run`];
}

// Owns how a probe is printed: what was sent, what came back, records, rows and what does not fit, each
// line short enough to be read, and the next command at the end. Pure.
import type { OutlineEntry, RecordsGuess } from "../probe/outline.ts";
import type { PagingReport, Probe } from "../probe/probe_stream.ts";
import type { RowReport } from "../probe/row_report.ts";
import {
  formatCount,
  formatNumber,
  formatSeconds,
  formatTable,
  oneLine,
} from "../report/text/format.ts";

/** Characters of a value in a table. */
const CELL_CHARS = 28;
const NAMES_SHOWN = 20;
const MISFITS_SHOWN = 10;

/** The lines of a probe of a job file; tables show as many rows as fit `width` characters, at least one. */
export function probeLines(probe: Probe, file: string, width = Infinity): string[] {
  const { request } = probe;
  const each = Object.keys(probe.each).length === 0 ? "" : ` ${JSON.stringify(probe.each)}`;
  const lines = [
    labelled("stream", `${probe.stream}${probe.window === null ? "" : `, ${probe.window}`}${each}`),
    labelled("request", `${request.method} ${request.url}`),
    ...Object.entries(request.headers).map(([name, value]) => labelled("", `${name}: ${value}`)),
    ...request.body === null ? [] : [labelled("", request.body)],
  ];
  if (probe.answer !== null) lines.push(labelled("answer", answerText(probe.answer)));
  if (probe.paging !== null) lines.push(...pagingLines(probe.paging));
  if (probe.records !== null) lines.push(...recordLines(probe.records));
  for (const report of probe.rows) lines.push("", ...rowLines(report, width));
  lines.push(...problemLines(probe));
  return [...lines.map(oneLine), "", ...nextLines(probe, file)];
}

function labelled(label: string, text: string): string {
  return `${label.padEnd(8)}  ${text}`;
}

function answerText({ status, ms, bytes, content_type }: NonNullable<Probe["answer"]>): string {
  const type = content_type === null ? "" : `, ${content_type}`;
  const took = ms < 1000 ? `${ms} ms` : formatSeconds(ms / 1000);
  return `${status} in ${took}, ${formatNumber(bytes)} bytes${type}`;
}

function pagingLines(paging: PagingReport): string[] {
  const total = paging.total === null ? [] : [`${formatCount(paging.total, "record")} in all`];
  const more = paging.problem !== null
    ? []
    : paging.split !== null
    ? [`too full for one window: ${paging.split}; a run asks for shorter ones`]
    : paging.next === null
    ? [paging.by === "none" ? "one page" : "this page is the last"]
    : [`${formatCount(paging.more, "page")} to follow as far as known`];
  const lines = [labelled("paging", [`by ${paging.by}`, ...total, ...more].join(", "))];
  if (paging.next !== null) lines.push(labelled("", `next: ${paging.next}`));
  if (paging.signs.length > 0) {
    lines.push(labelled("", 'the answer has these; say "paging" if it has more pages:'));
    for (const { path, value } of paging.signs) lines.push(labelled("", `  ${path}: ${value}`));
    if (paging.guesses.length > 0) lines.push(labelled("", "such as"));
    for (const guess of paging.guesses) lines.push(labelled("", `  ${guess}`));
  }
  return lines;
}

function recordLines({ count, first }: NonNullable<Probe["records"]>): string[] {
  const lines = [labelled("records", `${formatNumber(count)}${count > 0 ? "; the first:" : ""}`)];
  return [...lines, ...first.map((record) => labelled("", record))];
}

/** A table's columns one below the other, the first rows side by side. */
function rowLines({ table, rows, columns }: RowReport, width: number): string[] {
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
    const lines = formatTable([["column", "type", "filled", ...numbers], ...fitting], "  ");
    if (shown <= 1 || lines.every((line) => line.length <= width)) return [head, ...lines];
  }
}

function cell(value: string | null): string {
  if (value === null) return "-";
  const line = oneLine(value);
  return line.length > CELL_CHARS ? `${line.slice(0, CELL_CHARS - 1)}…` : line;
}

function problemLines(probe: Probe): string[] {
  const lines: string[] = [];
  if (probe.never_filled.length > 0) {
    const more = probe.never_filled.length - NAMES_SHOWN;
    const names = probe.never_filled.slice(0, NAMES_SHOWN).join(", ");
    lines.push("", `never filled: ${names}${more > 0 ? ` and ${more} more` : ""}`);
  }
  lines.push(...untakenLines(probe));
  if (probe.outside.length > 0) {
    lines.push(
      "",
      `outside the window: every value of ${probe.outside.slice(0, NAMES_SHOWN).join(", ")};`,
      "  look whether the source takes dates by these parameters, and say record_date",
    );
  }
  if (probe.rejected.length > 0) lines.push("", "does not fit:");
  for (const misfit of probe.rejected.slice(0, MISFITS_SHOWN)) {
    const where = misfit.column === null ? misfit.table : `${misfit.table}.${misfit.column}`;
    lines.push(
      `  ${where}, ${formatCount(misfit.count, "time")}: the value ${misfit.reason}`,
      `    value   ${misfit.value}`,
      `    record  ${misfit.record}`,
    );
    if (misfit.remedy !== null) lines.push(`    perhaps ${misfit.remedy}`);
  }
  if (probe.paging?.problem) lines.push("", `problem   ${probe.paging.problem}`);
  if (probe.problem !== null) {
    lines.push("", `problem   ${probe.problem.message}`);
    if (probe.problem.hint !== null) lines.push(`hint      ${probe.problem.hint}`);
  }
  if (probe.outline.length > 0) lines.push("", ...outlineLines(probe.outline, probe.guesses));
  return lines;
}

function untakenLines({ untaken, records }: Probe): string[] {
  if (untaken.length === 0) return [];
  const rows = untaken.slice(0, NAMES_SHOWN).map(({ path, records: filled, value }) => [
    path === "" ? "(the record)" : path,
    filled === records?.count ? "always" : `${filled} of ${records?.count}`,
    value,
  ]);
  const more = untaken.length - NAMES_SHOWN;
  const table = formatTable([["field", "filled", "such as"], ...rows], "  ");
  return ["", "no column takes:", ...table, ...more > 0 ? [`  and ${more} more`] : []];
}

function outlineLines(
  entries: readonly OutlineEntry[],
  guesses: readonly RecordsGuess[],
): string[] {
  const rows = entries.map(({ path, what }) => [path === "" ? "(the answer)" : path, what]);
  const lines = ["the answer holds:", ...formatTable(rows, "  ")];
  if (guesses.length === 0) return lines;
  const said = guesses.map(({ records, count }) =>
    `  records: ${records} # ${formatCount(count, "record")}`
  );
  return [...lines, "the records may be:", ...said];
}

function nextLines(probe: Probe, file: string): string[] {
  const { problem, paging, records, rows, rejected } = probe;
  const again = `deno task probe ${file} --stream ${probe.stream}`;
  if (problem !== null && (probe.answer?.status ?? 0) !== 200) {
    return [`next      see to the problem above, then ${again}`];
  }
  if (problem !== null || (paging?.problem ?? null) !== null || rejected.length > 0) {
    return [`next      correct ${file}, and ${again}`];
  }
  if (records?.count === 0) {
    return probe.window === null
      ? ["next      no record came: look at the request and the answer above"]
      : ["next      no record came: try another day with --date, or look at the answer above"];
  }
  if (rows.every(({ rows }) => rows === 0)) {
    return [`next      no row came of the records: look at "rows" in ${file}, and ${again}`];
  }
  return [`next      deno task backfill --config ${file} --only ${probe.stream} --dry-run`];
}

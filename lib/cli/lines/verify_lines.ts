// Formats the results of `verify`: a line per check with its table, a line per stream with its findings,
// then the totals. Control characters are removed, because values come from the database.
import { formatCount, formatNumber } from "../../report/text/format.ts";
import { formatInstant } from "../../report/text/wait.ts";
import type { CoverageResult, StreamProof } from "../../verify/coverage.ts";
import type { Finding } from "../../verify/findings.ts";
import type { Surplus } from "../../verify/surplus.ts";
import type { CheckResult } from "../../verify/run_checks.ts";
import { fitTable } from "./fit_table.ts";

/** Rows shown of one check; `--json` shows more. */
const ROWS_SHOWN = 20;
/** Findings shown of one stream; `--json` shows more. */
const FINDINGS_SHOWN = 8;
/** Characters shown of one value. */
const CELL_CHARS = 40;

const INDENT = "      ";

/** The lines of one check; its table fits into `width` cells. */
export function checkLines(check: CheckResult, width?: number): string[] {
  const { name, about, ok, expected, reason } = check;
  const verdict = !ok ? "FAIL" : expected === null ? "    " : "PASS";
  const lines = [`${verdict}  ${name}${about === null ? "" : `: ${about}`}`];
  if (reason !== null) {
    lines.push(`${INDENT}${expected === null ? "" : `expected ${expected}: `}${plain(reason)}`);
  }
  return [...lines, ...tableLines(check, width), ""];
}

function tableLines({ columns, rows, row_count }: CheckResult, width?: number): string[] {
  if (rows.length === 0) return [];
  const shown = rows.slice(0, ROWS_SHOWN).map((row) => row.map(cell));
  const more = row_count - shown.length;
  return [
    ...fitTable([columns.map(cell), ...shown], { width, indent: INDENT.length }),
    ...(more > 0 ? [`${INDENT}and ${formatCount(more, "row")} more`] : []),
  ];
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return "null";
  const text = plain(typeof value === "object" ? JSON.stringify(value) : String(value));
  return text.length > CELL_CHARS ? `${text.slice(0, CELL_CHARS - 3)}...` : text;
}

/** Text without line breaks and control characters, which could hide or rewrite what was printed. */
function plain(text: string): string {
  return text.replace(/\s+/g, " ").replace(/\p{Cc}/gu, "?");
}

/** The lines of coverage against the database. */
export function coverageLines({ streams }: CoverageResult): string[] {
  const names = streams.map((stream) =>
    stream.scope === "" ? stream.stream : `${stream.stream} (${stream.scope})`
  );
  const width = Math.max(...names.map((name) => name.length));
  const lines = streams.flatMap((stream, i) => [
    `${verdictOf(stream)}  ${names[i]!.padEnd(width)}  ${coveredText(stream)}`,
    ...findingLines(stream),
    ...(stream.forgotten ? FORGOTTEN.map((line) => INDENT + line) : []),
  ]);
  return ["coverage against the database", ...lines, ""];
}

/** A stream without done dates neither passes nor fails. */
function verdictOf({ ok, covered, items }: StreamProof): string {
  if (!ok) return "FAIL";
  return covered === null && items === 0 ? "    " : "PASS";
}

const FORGOTTEN = [
  "the database records more than the checkpoint",
  "do: deno task checkpoint --rebuild",
];

/** Why a stream that was never fetched passes. */
const UNFETCHED = {
  optional: "not fetched: the stream is optional",
  no_values: "not fetched: for_each has no values",
  out_of_range: "not fetched: the stream starts after the last run's dates",
} as const;

function coveredText({ covered, items, read_to, unfetched }: StreamProof): string {
  if (unfetched !== null) return UNFETCHED[unfetched];
  if (covered !== null) return [...new Set(covered)].join(" .. ");
  if (items === 0) return "nothing done";
  const values = items === 1 ? "" : `, ${formatCount(items, "value")}`;
  if (read_to !== null) return `read up to ${formatInstant(Date.parse(read_to))}${values}`;
  return items === 1 ? "fetched" : formatCount(items, "value");
}

/** Findings with the command that resolves them, printed once for consecutive findings that share it. */
function findingLines({ findings, finding_count }: StreamProof): string[] {
  const shown = findings.slice(0, FINDINGS_SHOWN);
  const lines = shown.flatMap((finding, i) => [
    INDENT + findingText(finding),
    ...(shown[i + 1]?.next === finding.next ? [] : [`${INDENT}do: ${finding.next}`]),
  ]);
  const more = finding_count - shown.length;
  return more > 0 ? [...lines, `${INDENT}and ${formatCount(more, "finding")} more`] : lines;
}

function findingText({ window, each, reason }: Finding): string {
  const dates = window === null ? "" : [...new Set(window)].join(" .. ");
  return [each, dates, plain(reason)].filter((part) => part !== "").join(" ");
}

/** The lines of tables that have more rows than the API returned last. */
export function surplusLines(surplus: readonly Surplus[]): string[] {
  return surplus.flatMap(({ tables, rows, returned }) => {
    const verb = tables.length === 1 ? "has" : "have";
    return [
      `note  ${tables.join(", ")} ${verb} ${formatCount(rows, "row")}, ` +
      `${formatNumber(rows - returned)} more than the API returned last`,
      `${INDENT}do: set "vanished" of the table to mark or delete such rows (docs/config.md)`,
      "",
    ];
  });
}

/** The last lines: how many checks passed and failed, and the next command. */
export function totalLines(
  checks: readonly CheckResult[],
  coverage: CoverageResult | null,
): string[] {
  const failed = checks.filter((check) => !check.ok).length;
  const shown = checks.filter((check) => check.ok && check.expected === null).length;
  const counts = [
    [checks.length - failed - shown, "passed"],
    [shown, "shown"],
    [failed, "failed"],
  ] as const;
  const said = counts.filter(([count]) => count > 0).map(([count, what]) =>
    `${formatNumber(count)} ${what}`
  );
  const parts = [
    ...(checks.length === 0 ? [] : [`${formatCount(checks.length, "check")}: ${said.join(", ")}`]),
    ...(coverage === null ? [] : [`coverage ${coverage.ok ? "passed" : "failed"}`]),
  ];
  return [parts.join("; ")];
}

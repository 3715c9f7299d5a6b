// Renders the status page as HTML: the last update, what is covered and what is missing. Pure; all text is
// escaped, and the page loads no resources and runs no scripts.
import type { RunRecord } from "../checkpoint/run_log.ts";
import type { Days, StreamSnapshot } from "../checkpoint/snapshot.ts";
import { formatCount, formatNumber, formatSeconds } from "../report/text/format.ts";
import { formatWait } from "../report/text/wait.ts";
import type { TickReport } from "./state.ts";

/** What `/status.json` returns and the page shows; its field names are stable. */
export interface StatusView {
  /** Name of the job. */
  job: string;
  /** Whether the last slice that did anything succeeded. */
  ok: boolean;
  /** Schedule of the update, in UTC. */
  schedule: string;
  /** Whether a slice is running in this process. */
  running: boolean;
  /** Whether an update has started and has not ended. */
  more: boolean;
  /** The last slice that did anything; null before the first. */
  last: TickReport | null;
  /** The state of each stream. */
  streams: Record<string, StreamSnapshot>;
  /** The last runs, newest first. */
  runs: RunRecord[];
}

/** Ranges and entries shown per stream; `/status.json` has all of them. */
const SHOWN = 5;

/** Seconds after which a browser reloads the page. */
const REFRESH_SECONDS = 30;

/** The page. */
export function statusPage(view: StatusView): string {
  const isWhole = view.ok &&
    Object.values(view.streams).every((stream) =>
      stream.gaps.length + stream.failed.length + stream.rejected.length === 0
    );
  return page(`${view.job}: ${isWhole ? "up to date" : "needs attention"}`, [
    `<p>${escape(lastText(view))}</p>`,
    waitText(view.runs),
    streamTable(view.streams),
    `<p>Updates run at <code>${escape(view.schedule)}</code> (UTC). `,
    `<a href="status.json">status.json</a> <a href="healthz">healthz</a></p>`,
  ]);
}

/** The page if the state cannot be read. */
export function errorPage(job: string, message: string): string {
  return page(`${job}: state unknown`, [`<p>${escape(message)}</p>`]);
}

function page(title: string, body: readonly string[]): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="${REFRESH_SECONDS}">
<title>${escape(title)}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0 }
tr + tr { border-top: 1px solid #ccc }
</style>
<h1>${escape(title)}</h1>
${body.join("\n")}
</html>
`;
}

function lastText({ running, more, last }: StatusView): string {
  const now = running ? "An update is running. " : more ? "An update continues shortly. " : "";
  if (last === null) return `${now}No update has run yet.`;
  const { outcome, at, seconds, windows, rows, message } = last;
  return `${now}Last: ${outcome} at ${at.slice(0, 19)}Z, ${
    formatCount(windows.done, "window")
  } and ${formatCount(rows, "row")} written in ${formatSeconds(seconds)}.${
    message === null ? "" : ` ${message}`
  }`;
}

function waitText([last]: readonly RunRecord[]): string {
  if (last?.wait === undefined || last.endedAt !== undefined) return "";
  return `<p>${escape(formatWait(last.wait))}</p>`;
}

function streamTable(streams: Readonly<Record<string, StreamSnapshot>>): string {
  const rows = Object.entries(streams).map(([name, stream]) =>
    row([
      name,
      stream.coverage.length > 0 ? ranges(stream.coverage) : fetched(stream),
      ranges(stream.gaps),
      stream.failed.slice(0, SHOWN).map(({ window, each, reason }) =>
        `${window === null ? each : ranges([window])}: ${reason}`
      ).join("; "),
      stream.rejected.length === 0 ? "" : formatNumber(stream.rejected.length),
    ], "td")
  );
  const header = row(["stream", "covered", "gaps", "failed", "windows with rejected rows"], "th");
  return `<table>\n${[header, ...rows].join("\n")}\n</table>`;
}

function fetched({ fetched_at }: StreamSnapshot): string {
  return fetched_at === null ? "never fetched" : `fetched ${fetched_at.slice(0, 19)}Z`;
}

function row(cells: readonly string[], tag: "td" | "th"): string {
  return `<tr>${cells.map((cell) => `<${tag}>${escape(cell)}</${tag}>`).join("")}</tr>`;
}

function ranges(days: readonly Days[]): string {
  const shown = days.slice(0, SHOWN).map((range) => [...new Set(range)].join(" .. "));
  const more = days.length - shown.length;
  return shown.join(", ") + (more > 0 ? ` and ${formatNumber(more)} more` : "");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

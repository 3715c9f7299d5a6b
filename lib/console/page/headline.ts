// Describes the state of a job in one sentence, and names the next command. Pure.
import { union } from "../../plan/coverage.ts";
import { formatDay, MINUTES_PER_DAY } from "../../plan/time/civil.ts";
import type { Window } from "../../plan/time/window.ts";
import { formatCount } from "../../report/text/format.ts";
import { formatInstant, formatWait } from "../../report/text/wait.ts";
import type { ConsoleState, StreamState } from "../state/console_state.ts";
import { shareOf } from "../state/run_progress.ts";

/** The state of a job. */
export interface Headline {
  /** Decides color and icon. */
  readonly tone: "ok" | "running" | "waiting" | "attention" | "idle";
  /** One or two words. */
  readonly word: string;
  /** A sentence. */
  readonly text: string;
  /** The next command; null if there is nothing to do. */
  readonly next: string | null;
}

/** The state of a job. */
export function headlineOf(state: ConsoleState): Headline {
  return runHeadline(state) ?? troubleHeadline(state) ?? restHeadline(state);
}

function runHeadline({ run }: ConsoleState): Headline | undefined {
  if (run === undefined || run.ended) return undefined;
  if (run.wait !== null) {
    return { tone: "waiting", word: "waiting", text: sentence(formatWait(run.wait)), next: null };
  }
  const share = shareOf(run.streams);
  const done = run.streams.reduce((sum, stream) => sum + stream.done, 0);
  const text = share === null
    ? `${formatCount(done, "window")} done`
    : `${Math.floor(100 * share)} % of all windows are done`;
  const when = run.atLeast ? "not before" : "about";
  const end = run.doneAtMs === null ? "" : `; the run ends ${when} ${formatInstant(run.doneAtMs)}`;
  return { tone: "running", word: "running", text: `${text}${end}.`, next: null };
}

function troubleHeadline(state: ConsoleState): Headline | undefined {
  const { entries, verified, streams } = state;
  const attention = (text: string, next: string): Headline => ({
    ...{ tone: "attention", word: "needs attention", text, next },
  });
  const failed = entries.filter(({ kind }) => kind === "failed").length;
  const rejected = entries.length - failed;
  if (failed > 0) {
    return attention(`${formatCount(failed, "window")} failed.`, "deno task backfill --resume");
  }
  if (rejected > 0) {
    const are = rejected === 1 ? "has" : "have";
    return attention(
      `${formatCount(rejected, "window")} ${are} rejected rows.`,
      "deno task errors",
    );
  }
  if (state.update?.last?.outcome === "failed") {
    const text = state.update.last.message ?? "The last update failed.";
    return attention(text, "deno task doctor");
  }
  const gap = gapText(state);
  if (gap !== undefined) return attention(gap, "deno task backfill --resume");
  const unread = streams.filter(({ feeds }) => feeds.some(({ ended }) => !ended));
  if (unread.length > 0) {
    const names = unread.map(({ name }) => name).join(", ");
    return attention(`Feeds not read to the end: ${names}.`, "deno task backfill --resume");
  }
  const isWrong = verified !== undefined &&
    (verified.coverage === false || verified.checks.some(({ ok }) => !ok));
  return isWrong ? attention("The last verification failed.", "deno task verify") : undefined;
}

/** What is missing: days, or values that nothing was fetched for; undefined where nothing is. */
function gapText({ streams, runs }: ConsoleState): string | undefined {
  const are = (count: number) => count === 1 ? "is" : "are";
  const days = streams.reduce((sum, stream) => sum + daysIn(stream.gaps), 0);
  if (days > 0 && runs.length > 0) return `${formatCount(days, "day")} ${are(days)} missing.`;
  const values = streams.reduce((sum, stream) => sum + stream.missing_values, 0);
  if (values === 0) return undefined;
  return `${formatCount(values, "value")} of "for_each" ${are(values)} missing.`;
}

function restHeadline({ runs, streams, verified }: ConsoleState): Headline {
  if (runs.length === 0) {
    return {
      ...{ tone: "idle", word: "not started", text: "No run has fetched anything yet." },
      next: "deno task backfill",
    };
  }
  const last = streams.flatMap(({ coverage }) => coverage.at(-1)?.to ?? []);
  const until = last.length === 0 ? "" : ` up to ${formatDay(Math.min(...last) - 1)}`;
  return {
    ...{ tone: "ok", word: "complete", text: `Everything is fetched${until}.` },
    next: verified === undefined ? "deno task verify" : null,
  };
}

/** Days in ranges, the last one rounded up. */
export function daysIn(ranges: StreamState["gaps"]): number {
  const minutes = ranges.reduce((sum, { from, to }) => sum + to - from, 0);
  return Math.ceil(minutes / MINUTES_PER_DAY);
}

function sentence(text: string): string {
  return `${text[0]!.toUpperCase()}${text.slice(1)}.`;
}

/** Ranges that are missing of any value; all of them where nothing was fetched of a value. */
export function missingRanges({ coverage, gaps, missing_values }: StreamState): Window[] {
  return missing_values > 0 ? union([...coverage, ...gaps]) : [...gaps];
}

/** Days that are missing of any value. */
export function missingDays(stream: StreamState): number {
  return daysIn(missingRanges(stream));
}

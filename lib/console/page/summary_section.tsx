// The first screen: the state of the job in one sentence, the next command, and the totals.
import { formatCount, formatNumber, formatSeconds } from "../../report/text/format.ts";
import { formatInstant } from "../../report/text/wait.ts";
import type { ConsoleState } from "../state/console_state.ts";
import { union } from "../../plan/coverage.ts";
import { daysIn, headlineOf, missingDays } from "./headline.ts";
import { Command, type Section, type View } from "./section.tsx";

/** The state of the job. */
export const summarySection: Section = {
  id: "summary",
  render: ({ state, command }: View) => {
    const { tone, word, text, next } = headlineOf(state);
    return (
      <section>
        <p class={`headline ${tone}`}>
          <strong role="status">{word}</strong> {text}
        </p>
        {next === null ? null : (
          <p class="next">
            Next <Command text={command(next)} />
          </p>
        )}
        <dl class="totals">
          {totals(state).map(([name, value, about]) => (
            <div>
              <dt>{name}</dt>
              <dd>
                {value}
                <small>{about}</small>
              </dd>
            </div>
          ))}
        </dl>
      </section>
    );
  },
};

function totals(state: ConsoleState): [name: string, value: string, about: string][] {
  const { streams, tables, survey, run, entries, atMs } = state;
  const sum = (pick: (stream: ConsoleState["streams"][number]) => number) =>
    streams.reduce((total, stream) => total + pick(stream), 0);
  const all = sum(({ coverage, gaps }) => daysIn(union([...coverage, ...gaps])));
  const done = all - sum(missingDays);
  const rows = Object.values(tables).reduce((total, count) => total + count, 0);
  const rejecting = entries.filter(({ kind }) => kind === "rejected");
  const failed = entries.length - rejecting.length;
  // Only a limited number of rejected rows is kept for a window; its reason counts all of them.
  const rejected = rejecting.reduce((total, { reason }) => total + parseInt(reason), 0);
  const shown: [string, string, string][] = [
    ["Days done", percent(done, all), `${formatNumber(done)} of ${formatNumber(all)}`],
    ["Failed", formatNumber(failed), failed === 1 ? "window" : "windows"],
    ["Rejected rows", formatNumber(rejected), `in ${formatCount(rejecting.length, "window")}`],
    ["Rows", formatNumber(rows), `in ${formatCount(Object.keys(tables).length, "table")}`],
  ];
  const active = run !== undefined && !run.ended;
  if (active) {
    if (run.doneAtMs === null) return shown;
    const left = formatSeconds(Math.max(0, run.doneAtMs - atMs) / 1000);
    const until = `until about ${formatInstant(run.doneAtMs)}`;
    shown.push(["Left", left, run.atLeast ? "at least" : until]);
  } else if (survey !== undefined && survey.left > 0) {
    const least = survey.at_least ? "at least " : "";
    const requests = `${least}${formatCount(survey.requests_left, "request")}`;
    shown.push(["Left", formatSeconds(survey.seconds_left), `${requests} at the limit`]);
  }
  return shown;
}

/** A share that is 100 % only if nothing is missing. */
function percent(part: number, whole: number): string {
  if (whole === 0) return "–";
  return part >= whole ? "100 %" : `${Math.min(99.9, 100 * part / whole).toFixed(1)} %`;
}

// Draws the heat map of a stream: a year a row, with its numbers by year as a table. Every value is escaped by
// the renderer. Invariant: the picture needs no script; the script adds only the numbers of a day.
import type { FC } from "hono/jsx";
import { formatDay } from "../../plan/time/civil.ts";
import { formatCount, formatNumber } from "../../report/text/format.ts";
import type { StreamState } from "../state/console_state.ts";
import { COLUMNS, dayPaths } from "./day_paths.ts";
import { type DayStates, dayStates, newYear, STATE } from "../state/day_states.ts";
import { union } from "../../plan/coverage.ts";
import { daysIn, missingDays, missingRanges } from "./headline.ts";

/** Strokes of all maps of a page; more would be slow to draw. */
const MOST_RUNS = 40_000;

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Columns at which months begin. */
const MONTH_STARTS = [31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335];

const known = new WeakMap<StreamState, DayStates | undefined>();

/** The states of a stream's days; undefined if there is none. */
export function statesOf(stream: StreamState): DayStates | undefined {
  if (!known.has(stream)) known.set(stream, computeStates(stream));
  return known.get(stream);
}

function computeStates(stream: StreamState): DayStates | undefined {
  const windows = (kind: "failed" | "rejected") =>
    stream.entries.filter((entry) => entry.kind === kind).flatMap(({ window }) => window ?? []);
  const ranges = {
    ...{ ...stream, gaps: missingRanges(stream) },
    ...{ failed: windows("failed"), rejected: windows("rejected") },
  };
  return stream.isDated ? dayStates(ranges, stream.days) : undefined;
}

/** A stream: its numbers, and its days if it has any. */
export const StreamMap: FC<{ stream: StreamState; streams: number }> = (
  { stream, streams },
) => {
  const days = statesOf(stream);
  return (
    <figure class="stream" data-key={stream.name}>
      <figcaption>
        <h3>{stream.name}</h3>
        {stream.scope === "" ? null : <code class="scope">{stream.scope}</code>}
        <p>{summaryOf(stream)}</p>
      </figcaption>
      {days === undefined ? null : <Days stream={stream} days={days} streams={streams} />}
      {stream.otherScopes.length === 0 ? null : (
        <p class="quiet">
          Also fetched with {stream.otherScopes.slice(0, 5).map((scope) => (
            <>
              <code>{scope === "" ? "no parameters" : scope}</code>
              {" "}
            </>
          ))}
        </p>
      )}
    </figure>
  );
};

const Days: FC<{ stream: StreamState; days: DayStates; streams: number }> = (props) => {
  const { stream, days } = props;
  const { size, every } = rowsOf(days.years);
  return (
    <>
      <div class={`map ${size}`}>
        <ol class="years" aria-hidden="true">
          {Array.from(
            { length: days.years },
            (_, row) => <li>{(days.firstYear + row) % every === 0 ? days.firstYear + row : ""}</li>,
          )}
        </ol>
        <div class="scroll">
          <ol class="months" aria-hidden="true">
            {MONTHS.map((month) => <li>{month}</li>)}
          </ol>
          <DayChart {...props} />
        </div>
      </div>
      <details>
        <summary>By year</summary>
        <YearTable stream={stream} days={days} />
      </details>
    </>
  );
};

/** The days of a stream as a picture. */
const DayChart: FC<{ stream: StreamState; days: DayStates; streams: number }> = (
  { stream, days, streams },
) => {
  const { px } = rowsOf(days.years);
  const paths = dayPaths(days, Math.floor(MOST_RUNS / streams));
  const last = days.firstYear + days.years - 1;
  const span = days.years === 1 ? `${last}` : `${days.firstYear} to ${last}`;
  return (
    <svg
      class="days"
      role="img"
      aria-label={`Days of ${stream.name}, ${span}: ${summaryOf(stream)}`}
      viewBox={`0 0 ${COLUMNS} ${days.years}`}
      height={days.years * px}
      preserveAspectRatio="none"
      data-stream={stream.name}
      data-first-year={days.firstYear}
      data-years={days.years}
    >
      {paths.map(({ name, d }) => <path class={name} d={d} />)}
      <path
        class="grid"
        d={MONTH_STARTS.map((column) => `M${column} 0V${days.years}`).join("")}
      />
    </svg>
  );
};

const YearTable: FC<{ stream: StreamState; days: DayStates }> = ({ stream, days }) => (
  <div class="wide" tabindex={0} role="region" aria-label={`${stream.name} by year`}>
    <table class="numbers">
      <thead>
        <tr>
          {["Year", "Done", "Empty", "Missing", "Failed", "Records", "Rows"].map((name) => (
            <th scope="col">{name}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {Array.from({ length: days.years }, (_, row) => {
          const { states, records, rows } = yearOf(stream, days, row);
          const done = states.slice(STATE.empty, STATE.failed).reduce((sum, n) =>
            sum + n, 0);
          return (
            <tr>
              <th scope="row">{days.firstYear + row}</th>
              {[done, states[STATE.empty]!, states[STATE.missing]!, states[STATE.failed]!]
                .map((count) => <td>{formatNumber(count)}</td>)}
              <td>{formatNumber(records)}</td>
              <td>{formatNumber(rows)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  </div>
);

/** The numbers of one year: days by state, records and rows. */
function yearOf(stream: StreamState, days: DayStates, row: number) {
  const start = newYear(days.firstYear + row);
  const end = newYear(days.firstYear + row + 1);
  const states = new Array<number>(STATE.failed + 1).fill(0);
  for (let day = start; day < end; day++) states[days.states[day - days.firstDay]!]!++;
  const sum = (counts: Float64Array | undefined) => {
    const offset = stream.days?.firstDay ?? 0;
    return counts?.subarray(Math.max(0, start - offset), Math.max(0, end - offset))
      .reduce((total, count) => total + count, 0) ?? 0;
  };
  return { states, records: sum(stream.days?.records), rows: sum(stream.days?.rows) };
}

/** A row's class and height in pixels, and how often a year is named. */
function rowsOf(years: number): { size: string; px: number; every: number } {
  if (years <= 15) return { size: "large", px: 16, every: 1 };
  return years <= 40 ? { size: "medium", px: 10, every: 2 } : { size: "small", px: 6, every: 5 };
}

/** `4,012 of 4,018 days done, 2 failed, 31 empty; 812,004 records`. */
function summaryOf(stream: StreamState): string {
  if (stream.feeds.length > 0) return feedSummary(stream);
  if (!stream.isDated) {
    if (stream.fetched_at === null) return "never fetched";
    const values = stream.items > 1 ? `, ${formatCount(stream.items, "value")}` : "";
    const at = `fetched ${stream.fetched_at.slice(0, 16).replace("T", " ")} UTC${values}`;
    return [at, ...missingValuesOf(stream)].join(" · ");
  }
  const all = daysIn(union([...stream.coverage, ...stream.gaps]));
  const missing = missingDays(stream);
  if (all === 0) return "never fetched";
  const total = stream.days?.records.reduce((sum, count) => sum + count, 0) ?? 0;
  const first = Math.min(stream.coverage[0]?.from ?? Infinity, stream.gaps[0]?.from ?? Infinity);
  const last = Math.max(stream.coverage.at(-1)?.to ?? 0, stream.gaps.at(-1)?.to ?? 0);
  const parts = [
    `${formatDay(first)} to ${formatDay(last - 1)}`,
    missing === 0
      ? `all ${formatCount(all, "day")} done`
      : `${formatNumber(all - missing)} of ${formatCount(all, "day")} done`,
    ...missingValuesOf(stream),
    ...stream.failed.length > 0 ? [`${formatCount(stream.failed.length, "window")} failed`] : [],
    ...stream.rejected.length > 0
      ? [`${formatCount(stream.rejected.length, "window")} with rejected rows`]
      : [],
    ...total > 0 ? [formatCount(total, "record")] : [],
  ];
  return parts.join(" · ");
}

function missingValuesOf({ missing_values }: StreamState): string[] {
  return missing_values === 0 ? [] : [`${formatCount(missing_values, "value")} missing`];
}

/** A feed has no days: its position, on one line. */
function feedSummary({ feeds, failed, rejected }: StreamState): string {
  const sum = (pick: (feed: StreamState["feeds"][number]) => number) =>
    feeds.reduce((total, feed) => total + pick(feed), 0);
  const read = feeds.flatMap(({ read_at }) => read_at ?? []).sort();
  const open = feeds.filter(({ ended }) => !ended).length;
  const last = read[0] === undefined
    ? "not read yet"
    : `read up to ${read[0].slice(0, 16).replace("T", " ")} UTC`;
  return [
    feeds.length === 1 ? "a feed" : formatCount(feeds.length, "feed"),
    last,
    ...open > 0 ? ["not to its end"] : [],
    formatCount(sum(({ pages }) => pages), "page"),
    formatCount(sum(({ records }) => records), "record"),
    ...failed.length > 0 ? ["failed"] : [],
    ...rejected.length > 0 ? ["with rejected rows"] : [],
  ].join(" · ");
}

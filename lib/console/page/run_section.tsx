// The run in progress: a bar for the whole and for each stream, and the rate used against the limit.
import type { FC } from "hono/jsx";
import { formatCount, formatNumber, formatRate, formatSeconds } from "../../report/text/format.ts";
import { formatInstant, formatWait } from "../../report/text/wait.ts";
import { type RatePoint, type RunProgress, shareOf } from "../state/run_progress.ts";
import { type Section, Titled, type View } from "./section.tsx";

/** The run of this process, or the one that another process performs. */
export const runSection: Section = {
  id: "run",
  render: ({ state: { run, atMs } }: View) => {
    if (run === undefined) return null;
    const share = shareOf(run.streams);
    return (
      <Titled title={run.ended ? "Last run" : "Run in progress"} note={noteOf(run)}>
        {run.wait === null ? null : <p class="wait">{formatWait(run.wait)}</p>}
        <p class="progress">
          <Bar share={share} label={`Run ${run.run}`} />
          {share === null ? null : <b>{Math.floor(100 * share)} %</b>}
          <span>{countsOf(run, atMs)}</span>
        </p>
        <ul class="progress-list">
          {run.streams.filter(({ windows }) => windows > 0).map((stream) => (
            <li>
              <span class="name">{stream.stream}</span>
              <Bar share={stream.openEnded ? null : stream.share} label={stream.stream} />
              <span class="n">
                {stream.openEnded ? "" : `${formatNumber(stream.done)} of `}
                {formatCount(stream.windows, "window")}
              </span>
              <span class="n">{stream.rows === null ? "" : formatCount(stream.rows, "row")}</span>
              <span class={stream.failed > 0 ? "bad" : ""}>
                {stream.failed > 0 ? `${formatNumber(stream.failed)} failed` : ""}
              </span>
            </li>
          ))}
        </ul>
        {run.rates.length < 2 ? null : <Curve run={run} />}
      </Titled>
    );
  },
};

function noteOf({ run, host, startedAtMs }: RunProgress): string {
  const where = host === null ? "" : ` on ${host}`;
  return `${run}${where}, since ${formatInstant(startedAtMs)}`;
}

function countsOf(run: RunProgress, atMs: number): string {
  const { requests, refused, doneAtMs, ended, atLeast } = run;
  const about = atLeast ? "at least" : "about";
  const until = atLeast || doneAtMs === null ? "" : `, until ${formatInstant(doneAtMs)}`;
  const parts = [
    ...requests === null ? [] : [formatCount(requests, "request")],
    ...refused === null || refused === 0 ? [] : [`${formatNumber(refused)} refused`],
    ...ended || doneAtMs === null
      ? []
      : [`${about} ${formatSeconds((doneAtMs - atMs) / 1000)} left${until}`],
  ];
  return parts.join(" · ");
}

/** A bar; it has no value if the total is unknown. */
const Bar: FC<{ share: number | null; label: string }> = ({ share, label }) => (
  <progress
    max="1000"
    value={share === null ? undefined : Math.floor(1000 * share)}
    aria-label={label}
  />
);

/** Size of the curve in its own units. */
const [WIDTH, HEIGHT] = [600, 80];

/** Requests per second over the last hour, with a line at what the limit allows. */
const Curve: FC<{ run: RunProgress }> = ({ run: { rates, allowed, perSecond } }) => {
  const top = 1.15 * Math.max(allowed ?? 0, ...rates.map(({ perSecond }) => perSecond), 1e-6);
  const y = (perSecond: number) => (HEIGHT * (1 - perSecond / top)).toFixed(1);
  const [first, last] = [rates[0]!, rates.at(-1)!];
  const spanMs = Math.max(1, last.atMs - first.atMs);
  const x = ({ atMs }: RatePoint) => (WIDTH * (atMs - first.atMs) / spanMs).toFixed(1);
  const line = rates.map((point) => `${x(point)} ${y(point.perSecond)}`).join("L");
  // The last point is not over yet.
  const now = perSecond ?? (rates.at(-2) ?? last).perSecond;
  const rate = (perSecond: number) => formatRate(Number(perSecond.toPrecision(3)), allowed ?? 1);
  const text = allowed === null
    ? `${rate(now)} used; the job declares no limit`
    : `${rate(now)} used of ${rate(allowed)} allowed`;
  return (
    <figure class="curve">
      <figcaption>
        Rate <b>{text}</b>
        <span class="quiet">since {formatInstant(first.atMs)}</span>
      </figcaption>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        height={HEIGHT}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Requests per second of the last hour: ${text}`}
      >
        <path class="area" d={`M0 ${HEIGHT}L${line}L${WIDTH} ${HEIGHT}Z`} />
        <path class="line" d={`M${line}`} />
        {allowed === null ? null : <path class="limit" d={`M0 ${y(allowed)}H${WIDTH}`} />}
      </svg>
    </figure>
  );
};

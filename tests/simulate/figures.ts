// Counts what happened in the stories of seeds, for display.
import { DAY_MS, HOUR_MS, START_MS } from "./scenario.ts";
import type { Story } from "./story.ts";

/** The names of the counters, each with its count. */
export type Figures = Readonly<Record<string, number>>;

/** What happened in a story. */
export function figuresOf({ scenario, lives, log, refusedMs, endedMs }: Story): Figures {
  const outageMs = scenario.outages.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  const responses = (has: (status: number) => boolean) =>
    log.filter(({ status }) => has(status)).length;
  const processes = (has: (end: string) => boolean) => lives.filter(({ end }) => has(end)).length;
  return {
    days: Math.round((endedMs - START_MS) / DAY_MS),
    requests: log.length,
    "responses of 429": responses((status) => status === 429),
    "of 5xx": responses((status) => status >= 500),
    broken: responses((status) => status === 0),
    "refused connections": refusedMs.length,
    outages: scenario.outages.length,
    "hours of outage": Math.round(outageMs / HOUR_MS),
    processes: lives.length,
    killed: processes((end) => end === "killed"),
    "turned away": processes((end) => end.includes("is being run by")),
    workers: lives.filter(({ kind }) => kind === "worker").length,
    "slices of updates": lives.reduce((sum, { rests }) => sum + rests.length, 0),
  };
}

/** The sums of two. */
export function added(a: Figures, b: Figures): Figures {
  return Object.fromEntries(
    Object.entries(b).map(([name, count]) => [name, count + (a[name] ?? 0)]),
  );
}

/** The figures as text. */
export function formatFigures(figures: Figures): string {
  return Object.entries(figures).map(([name, count]) => `${count} ${name}`).join(", ");
}

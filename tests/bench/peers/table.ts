// Medians of recorded runs, as a table in Markdown.

/** The outcome of one run; `killed` times it was killed and started again, and all is summed. */
export interface Run {
  readonly peer: string;
  readonly days: number;
  readonly rate: number;
  readonly killed: number;
  readonly seconds: number;
  /** Admitted. */
  readonly requests: number;
  readonly refused: number;
  readonly peakMb: number;
  readonly largestMb: number;
  readonly processes: number;
  readonly wrong: number;
  readonly code: number;
}

const HEADER = [
  "by",
  "runs",
  "seconds",
  "requests",
  "429s",
  "peak MB (largest process)",
  "wrong rows",
  "after a kill: seconds more",
  "requests more",
  "wrong rows",
];

/** Prints what `record`, a line of JSON a run, says of one range and rate. */
export function printTable(record: string, days: number, rate: number): void {
  const runs = record.trim().split("\n").map((line) => JSON.parse(line) as Run)
    .filter((run) => run.days === days && run.rate === rate);
  const peers = [...new Set(runs.map(({ peer }) => peer))];
  const rows = [HEADER, HEADER.map(() => "---"), ...peers.map((peer) => rowOf(peer, runs))];
  console.log(`\n${days} days, ${rate > 0 ? `${rate} requests a second` : "no limit"}\n`);
  for (const row of rows) console.log(`| ${row.join(" | ")} |`);
}

function rowOf(peer: string, all: readonly Run[]): string[] {
  const mine = all.filter((run) => run.peer === peer);
  const [whole, killed] = [0, 1].map((times) => mine.filter((run) => run.killed === times));
  const of = (runs: readonly Run[], measure: keyof Run) =>
    median(runs.map((run) => Number(run[measure])));
  const more = (measure: keyof Run) => of(killed!, measure) - of(whole!, measure);
  const most = (runs: readonly Run[], measure: keyof Run) =>
    Math.max(...runs.map((run) => Number(run[measure])));
  return [
    peer,
    String(whole!.length),
    of(whole!, "seconds").toFixed(1),
    String(of(whole!, "requests")),
    String(of(whole!, "refused")),
    `${of(whole!, "peakMb").toFixed(0)} (${of(whole!, "largestMb").toFixed(0)})`,
    `${most(whole!, "wrong")}${failures(whole!)}`,
    more("seconds").toFixed(1),
    String(more("requests")),
    `${most(killed!, "wrong")}${failures(killed!)}`,
  ];
}

function failures(runs: readonly Run[]): string {
  const failed = runs.filter(({ code }) => code !== 0).length;
  return failed === 0 ? "" : ` (${failed} failed)`;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

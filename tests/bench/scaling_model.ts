// Computes from measured costs how many rows a second several workers write, and where PostgreSQL or the claims of
// windows become the limit. Pure; scaling_bench.ts measures the costs.

/** What was measured. */
export interface Costs {
  /** Processor time of the client for a row, in microseconds. */
  readonly clientUs: number;
  /** Processor time of the server for a row, in microseconds. */
  readonly serverUs: number;
  /** Rows of a window. */
  readonly rowsOfWindow: number;
  /** Processor time of the server for one claim, in microseconds; the claims of a job come one after the other. */
  readonly claimUs: number;
  /** Time until a commit is durable, in milliseconds. */
  readonly commitMs: number;
}

/** The most windows of one claim, as in lib/coordinate/claimed_plan.ts. */
const MOST_CLAIMED = 64;

/** Rows a second of one worker: its own thread and its connection work at the same time. */
export function rateOfOne({ clientUs, serverUs }: Costs): number {
  return 1e6 / Math.max(clientUs, serverUs);
}

/** Rows a second that a server with so many cores writes at most. */
export function serverLimit({ serverUs }: Costs, cores: number): number {
  return cores * 1e6 / serverUs;
}

/** Workers, each with a core, from which on a server with so many cores is the limit. */
export function workersToFill(costs: Costs, cores: number): number {
  return serverLimit(costs, cores) / rateOfOne(costs);
}

/** Rows a second where clients and server share so many cores. */
export function sharedRate(costs: Costs, workers: number, cores: number): number {
  const { clientUs, serverUs } = costs;
  return Math.min(workers * rateOfOne(costs), cores * 1e6 / (clientUs + serverUs));
}

/** Windows a second that can be claimed at most: one claim after the other, each as large as it may be. */
export function claimLimit({ claimUs, commitMs }: Costs): number {
  return MOST_CLAIMED * 1e6 / (claimUs + 1000 * commitMs);
}

/** Rows a second at which claims become the limit. */
export function claimLimitRows(costs: Costs): number {
  return claimLimit(costs) * costs.rowsOfWindow;
}

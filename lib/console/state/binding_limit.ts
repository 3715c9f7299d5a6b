// Finds the limit that binds a run now: of the API's pace and the paces of its streams, the one that is used
// most. Pure. A quota that may be used up early sets no pace and binds only when it is exhausted, which is a wait.
import type { Job } from "../../config/schema/job.ts";
import {
  boundTogether,
  formatRate,
  type Rate,
  requestsPerSecond,
  withoutReserve,
} from "../../plan/time/rate.ts";

/** A limit and its use. */
export interface BindingLimit {
  /** The limit without the requests that are reserved for others, such as `2/s`. */
  readonly text: string;
  /** The stream whose limit it is; null for a limit of the API. */
  readonly stream: string | null;
  /** Requests per second that it allows. */
  readonly allowed: number;
  /** Requests per second that count against it, by weight. */
  readonly used: number;
}

/** The limit that binds; undefined for a job without any. `rates` are requests per second by stream. */
export function bindingLimit(
  job: Job,
  rates: ReadonlyMap<string, number>,
): BindingLimit | undefined {
  const { limits, reserve, burst } = job.source;
  const all = [...rates.values()].reduce((sum, rate) => sum + rate, 0);
  const candidates = [
    ...paces(withoutReserve(limits, reserve), burst).map((pace) => limitOf(pace, null, all)),
    ...Object.entries(job.streams).flatMap(([name, stream]) => {
      return paces(stream.limits).map((pace) => limitOf(pace, name, rates.get(name) ?? 0));
    }),
  ];
  const share = ({ used, allowed }: BindingLimit) => used / allowed;
  return candidates.sort((a, b) => share(b) - share(a))[0];
}

/** The rates that set a pace; the one of the longest interval where all are quotas. */
function paces(rates: readonly Rate[], burst = false): Rate[] {
  const bound = boundTogether(rates, burst);
  const pace = bound.filter((rate) => !rate.burst);
  if (pace.length > 0) return pace.sort((a, b) => requestsPerSecond(a) - requestsPerSecond(b));
  return bound.toSorted((a, b) => b.intervalMs - a.intervalMs).slice(0, 1);
}

function limitOf(rate: Rate, stream: string | null, used: number): BindingLimit {
  return { text: formatRate(rate), stream, allowed: requestsPerSecond(rate), used };
}

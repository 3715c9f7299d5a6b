// Owns the types of the API of a job that was parsed: its URL, limits and retries, and where runs
// report to. Durations are milliseconds. Kept in step with the schema by tests/config/schema/job_types_test.ts.
import type { Rate } from "../../plan/time/rate.ts";
import type { Auth } from "./auth.ts";
import type { Template } from "./condition.ts";

/** How requests are retried. */
export interface Retry {
  /** Attempts per request, including the first. */
  attempts: number;
  /** Average wait before the first retry; it doubles with each retry. */
  initial_wait: number;
  /** Longest wait before a retry, unless Retry-After requests a longer one. */
  max_wait: number;
  /** Additional HTTP statuses to retry, for an API that uses them for rate limiting. */
  statuses: number[];
}

/** The API of a job. */
export interface Source {
  /** Base URL; the path of each request is appended to it. */
  url: string;
  /**
   * Credentials: at most one of `basic`, `bearer`, `digest`, `oauth2`, `jwt`, `login` and `aws`, plus API keys in
   * `header` or `query`, and a signature in `hmac`.
   */
  auth?: Auth | undefined;
  /** Rate limits of the API over all streams: requests per interval. */
  limits: Rate[];
  /** Requests of a limit with the same interval that are left to others. */
  reserve?: Rate | undefined;
  /** Whether the API accepts all requests of an interval at once. */
  burst: boolean;
  /**
   * Maximum number of concurrent requests. Defaults to what `limits` allow in 4 s, between 8 and
   * 64, so that slow responses do not reduce the rate.
   */
  concurrency: number;
  /** Maximum time from sending a request to the end of its response. */
  timeout: number;
  /** Maximum size of a response body after decompression. */
  max_body: number;
  /** Retries after timeouts, connection errors, 408, 425, 429 and 5xx. */
  retry: Retry;
  /**
   * Longest outage of the API that a run waits for; meanwhile one request at a time probes the API,
   * at intervals of up to 5 minutes.
   */
  max_outage: number;
  /** Headers sent with every request. */
  headers: Record<string, Template>;
  /**
   * Different `for_each` values, or windows of a stream without `for_each`, that may fail in a row
   * before the run stops.
   */
  max_consecutive_failures: number;
}

/** Where a run reports to. */
export interface Notify {
  /** Webhook that receives each report by POST, as JSON with a `text` that Slack displays. */
  url: string;
  /** What is reported: a run that failed, a run that is done, and a wait of more than an hour. */
  events: ("failed" | "done" | "waiting" | "drift")[];
}

// Owns the keys under `source`: the URL of the API, its credentials, limits and retries. Schema only;
// nothing here sends a request.
import { z } from "zod";
import { type Rate, requestsPerSecond } from "../../plan/time/rate.ts";
import { auth } from "./auth_schema.ts";
import { duration, formerly, rate, rates, template } from "./scalar_schema.ts";

const retry = z.strictObject({
  attempts: z.int().min(1).max(100).default(5).describe(
    "Attempts per request, including the first.",
  ).meta({ unit: "attempts" }),
  initial_wait: duration.prefault("500ms").describe(
    "Average wait before the first retry; it doubles with each retry.",
  ).meta({ ...formerly("base") }),
  max_wait: duration.prefault("1m").describe(
    "Longest wait before a retry, unless Retry-After requests a longer one.",
  ),
  statuses: z.array(z.int().min(400).max(499)).default([]).describe(
    "Additional HTTP statuses to retry, for an API that uses them for rate limiting.",
  ).meta({ kind: "list of statuses", example: [403], ...formerly("also") }),
});

/** Bounds of the requests in flight; each response may hold megabytes until its rows are written. */
const FEWEST_IN_FLIGHT = 8;
const MOST_IN_FLIGHT = 64;
/** Responses slower than this reduce the rate unless `concurrency` is raised. */
const SLOWEST_RESPONSE_SECONDS = 4;

/** The schema of `source`. */
export const source = z.strictObject({
  url: z.string().min(1, { error: "expected a URL" }).describe(
    "Base URL; the path of each request is appended to it.",
  ).meta({ kind: "URL", example: "${API_URL:-https://api.example.com/v1}" }),
  auth: auth.optional().describe(
    "Credentials: at most one of `basic`, `bearer`, `digest`, `oauth2`, `jwt`, `login` and `aws`, plus API keys in `header` or `query`, and a signature in `hmac`.",
  ).meta({ example: { bearer: "${API_TOKEN}" } }),
  limits: rates.default([]).describe(
    "Rate limits of the API over all streams: requests per interval.",
  ).meta({ example: ["2/s", "5000/h"] }),
  reserve: rate.optional().describe(
    "Requests to leave to other users of the account, out of the limit with the same interval.",
  ).meta({ example: "100/d" }),
  burst: z.boolean().default(false).describe(
    "Whether the API accepts all requests of an interval at once.",
  ),
  concurrency: z.int().min(1).max(MOST_IN_FLIGHT).optional().describe(
    `Maximum number of concurrent requests. Defaults to what \`limits\` allow in ${SLOWEST_RESPONSE_SECONDS} s, between ${FEWEST_IN_FLIGHT} and ${MOST_IN_FLIGHT}, so that slow responses do not reduce the rate.`,
  ).meta({ unit: "requests", example: 8 }),
  timeout: duration.prefault("1m").describe(
    "Maximum time from sending a request to the end of its response.",
  ),
  max_body: z.int().min(1024).max(1 << 30).default(64 << 20).describe(
    "Maximum size of a response body after decompression.",
  ).meta({ unit: "bytes" }),
  retry: retry.prefault({}).describe(
    "Retries after timeouts, connection errors, 408, 425, 429 and 5xx.",
  ),
  max_outage: duration.prefault("24h").describe(
    "Longest outage of the API that a run waits for; meanwhile one request at a time probes the API, at intervals of up to 5 minutes.",
  ).meta({ ...formerly("give_up_after") }),
  headers: z.record(z.string(), template).default({}).describe("Headers sent with every request.")
    .meta({ kind: "mapping of templates", example: { Accept: "application/json" } }),
  max_consecutive_failures: z.int().min(1).default(10).describe(
    "Different `for_each` values, or windows of a stream without `for_each`, that may fail in a row before the run stops.",
  ).meta({ unit: "windows", ...formerly("stop_after") }),
}).transform((source) => ({
  ...source,
  concurrency: source.concurrency ?? defaultConcurrency(source.limits),
})).meta({ shorthand: "url" });

/** Requests in flight that use a rate fully; the limit with the shortest interval decides. */
function defaultConcurrency(limits: readonly Rate[]): number {
  const [pace] = limits.toSorted((a, b) => a.intervalMs - b.intervalMs);
  if (pace === undefined) return FEWEST_IN_FLIGHT;
  const enough = Math.ceil(SLOWEST_RESPONSE_SECONDS * requestsPerSecond(pace));
  return Math.min(MOST_IN_FLIGHT, Math.max(FEWEST_IN_FLIGHT, enough));
}

// Owns the keys under `source`: the URL of the API, its credentials, limits and retries. Schema only;
// nothing here sends a request.
import { z } from "zod";
import { type Rate, requestsPerSecond } from "../../plan/time/rate.ts";
import { duration, rate, rates, secret, template } from "./scalar_schema.ts";

const auth = z.strictObject({
  basic: z.strictObject({
    username: secret.meta({ literal: true }).describe(
      "User name. Unlike a password, it may be written in the file.",
    ).meta({
      example: "${API_USERNAME}",
    }),
    password: secret.describe('Password; `""` if the API requires none.').meta({
      example: "${API_PASSWORD}",
    }),
  }).optional().describe("HTTP Basic credentials.").meta({
    example: { username: "${API_USERNAME}", password: "${API_PASSWORD}" },
  }),
  bearer: secret.optional().describe(
    "Token sent as `Authorization: Bearer ...`. If the variable is empty, no header is sent.",
  ).meta({ example: "${API_TOKEN:-}" }),
  oauth2: z.strictObject({
    token_url: z.string().describe("URL that issues tokens; it receives a POST with a form body.")
      .meta({
        kind: "URL",
        example: "https://auth.example.com/oauth/token",
      }),
    client_id: secret.meta({ literal: true }).describe("Client ID. It may be written in the file.")
      .meta({
        example: "${API_CLIENT_ID}",
      }),
    client_secret: secret.describe("Client secret.").meta({ example: "${API_CLIENT_SECRET}" }),
    refresh_token: secret.optional().describe(
      "Refresh token, for an API that a user has authorized. If the server replaces it, the newest one is kept, encrypted, in the database.",
    ).meta({ example: "${API_REFRESH_TOKEN}" }),
    scope: z.string().optional().describe("Requested scopes, separated by spaces.").meta({
      example: "read:events read:places",
    }),
    send: z.enum(["header", "body"]).default("header").describe(
      "Whether the client ID and secret are sent in an HTTP Basic header or in the form.",
    ),
    form: z.record(z.string(), secret.meta({ literal: true })).default({}).describe(
      "Additional form fields, or replacements for the standard ones such as `grant_type`. They may be written in the file.",
    ).meta({ kind: "mapping of secrets", example: { audience: "https://api.example.com" } }),
  }).optional().describe(
    "OAuth2 client credentials or a refresh token: the access token is fetched, kept, and fetched again before it expires and after a 401.",
  ).meta({
    example: {
      token_url: "https://auth.example.com/oauth/token",
      client_id: "${API_CLIENT_ID}",
      client_secret: "${API_CLIENT_SECRET}",
    },
  }),
  header: z.record(z.string(), secret).optional().describe(
    "API keys sent as headers: header name to secret. An empty one is not sent.",
  ).meta({ kind: "mapping of secrets", example: { "X-Api-Key": "${API_KEY}" } }),
  query: z.record(z.string(), secret).optional().describe(
    "API keys sent as query parameters: parameter name to secret. An empty one is not sent.",
  ).meta({ kind: "mapping of secrets", example: { api_key: "${API_KEY}" } }),
});

const retry = z.strictObject({
  attempts: z.int().min(1).max(100).default(5).describe(
    "Attempts per request, including the first.",
  ).meta({ unit: "attempts" }),
  initial_wait: duration.prefault("500ms").describe(
    "Average wait before the first retry; it doubles with each retry.",
  ).meta({ formerly: "base" }),
  max_wait: duration.prefault("1m").describe(
    "Longest wait before a retry, unless Retry-After requests a longer one.",
  ),
  statuses: z.array(z.int().min(400).max(499)).default([]).describe(
    "Additional HTTP statuses to retry, for an API that uses them for rate limiting.",
  ).meta({ kind: "list of statuses", example: [403], formerly: "also" }),
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
    "Credentials: at most one of `basic`, `bearer` and `oauth2`, plus API keys in `header` or `query`.",
  ).meta({ example: { bearer: "${API_TOKEN}" } }),
  limits: rates.default([]).describe(
    "Rate limits of the API over all streams: requests per interval.",
  ).meta({ example: ["2/s", "5000/h"] }),
  reserve: rate.optional().describe(
    "Requests of a limit with the same interval that are left to others.",
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
  ).meta({ formerly: "give_up_after" }),
  headers: z.record(z.string(), template).default({}).describe("Headers sent with every request.")
    .meta({ kind: "mapping of templates", example: { Accept: "application/json" } }),
  max_consecutive_failures: z.int().min(1).default(10).describe(
    "Different `for_each` values, or windows of a stream without `for_each`, that may fail in a row before the run stops.",
  ).meta({ unit: "windows", formerly: "stop_after" }),
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

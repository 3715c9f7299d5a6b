// Owns the keys below `source`: where the API is, how requests prove who asks, how fast and how
// patiently it is asked. Schema only; nothing here sends anything.
import { z } from "zod";
import { type Rate, requestsPerSecond } from "../../plan/time/rate.ts";
import { duration, rates, secret, template } from "./scalar_schema.ts";

const auth = z.strictObject({
  basic: z.strictObject({
    username: secret.meta({ literal: true }).describe("User name; may be written out.").meta({
      example: "${API_USERNAME}",
    }),
    password: secret.describe('Password; `""` where the source wants none.').meta({
      example: "${API_PASSWORD}",
    }),
  }).optional().describe("HTTP Basic credentials.").meta({
    example: { username: "${API_USERNAME}", password: "${API_PASSWORD}" },
  }),
  bearer: secret.optional().describe(
    "Token sent as `Authorization: Bearer ...`; nothing is sent where the variable is empty.",
  ).meta({ example: "${API_TOKEN:-}" }),
  oauth2: z.strictObject({
    token_url: z.string().describe("Where a token is fetched, by POST of a form.").meta({
      kind: "URL",
      example: "https://auth.example.com/oauth/token",
    }),
    client_id: secret.meta({ literal: true }).describe("Client id; may be written out.").meta({
      example: "${API_CLIENT_ID}",
    }),
    client_secret: secret.describe("Client secret.").meta({ example: "${API_CLIENT_SECRET}" }),
    scope: z.string().optional().describe("Scopes asked for, separated by blanks.").meta({
      example: "read:events read:places",
    }),
    send: z.enum(["header", "body"]).default("header").describe(
      "Whether the client id and secret go into an HTTP Basic header or into the form.",
    ),
    form: z.record(z.string(), secret.meta({ literal: true })).default({}).describe(
      "Further fields of the form, or others in the place of its own, such as `grant_type`; may be written out.",
    ).meta({ kind: "map of secrets", example: { audience: "https://api.example.com" } }),
  }).optional().describe(
    "OAuth2 client credentials: the token is fetched, kept, and fetched again before it expires and after a 401.",
  ).meta({
    example: {
      token_url: "https://auth.example.com/oauth/token",
      client_id: "${API_CLIENT_ID}",
      client_secret: "${API_CLIENT_SECRET}",
    },
  }),
  header: z.record(z.string(), secret).optional().describe(
    "API keys in headers of their own: name of the header to secret; one that is empty is not sent.",
  ).meta({ kind: "map of secrets", example: { "X-Api-Key": "${API_KEY}" } }),
  query: z.record(z.string(), secret).optional().describe(
    "API keys in the query: name of the parameter to secret; one that is empty is not sent.",
  ).meta({ kind: "map of secrets", example: { api_key: "${API_KEY}" } }),
});

const retry = z.strictObject({
  attempts: z.int().min(1).max(100).default(5).describe(
    "Tries of one request, the first included.",
  ).meta({ unit: "tries" }),
  base: duration.prefault("500ms").describe(
    "Mean wait before the first retry; it doubles each time.",
  ),
  max_wait: duration.prefault("1m").describe(
    "Longest wait before a retry, unless Retry-After requests a longer one.",
  ),
  also: z.array(z.int().min(400).max(499)).default([]).describe(
    "Further statuses of answers that are tried again, where the source uses them for its limits.",
  ).meta({ kind: "list of statuses", example: [403] }),
});

/** Bounds of the requests in flight; each answer may hold megabytes until its rows are written. */
const FEWEST_IN_FLIGHT = 8;
const MOST_IN_FLIGHT = 64;
/** Answers that take longer than this cost rate unless `concurrency` is raised. */
const LONGEST_ANSWER_SECONDS = 4;

/** The schema of `source`. */
export const source = z.strictObject({
  url: z.string().min(1, { error: "expected a URL" }).describe(
    "Base URL; the path of each request is appended to it.",
  ).meta({ kind: "URL", example: "${API_URL:-https://api.example.com/v1}" }),
  auth: auth.optional().describe(
    "How requests prove who asks: one of `basic`, `bearer` and `oauth2` at most, and keys beside it.",
  ).meta({ example: { bearer: "${API_TOKEN}" } }),
  limits: rates.default([]).describe(
    "The allowed rate over all streams, as requests per interval, or several of them.",
  ).meta({ example: ["2/s", "5000/h"] }),
  burst: z.boolean().default(false).describe(
    "Whether the source allows the requests of an interval to be sent at once.",
  ),
  concurrency: z.int().min(1).max(MOST_IN_FLIGHT).optional().describe(
    `Most requests in flight at once. By default as many as \`limits\` allow in ${LONGEST_ANSWER_SECONDS} s, so that slow answers cost no rate: between ${FEWEST_IN_FLIGHT} and ${MOST_IN_FLIGHT}.`,
  ).meta({ unit: "requests", example: 8 }),
  timeout: duration.prefault("1m").describe(
    "Longest time from sending a request to the end of its answer.",
  ),
  max_body: z.int().min(1024).max(1 << 30).default(64 << 20).describe(
    "Largest answer accepted, after decompression.",
  ).meta({ unit: "bytes" }),
  retry: retry.prefault({}).describe(
    "What is done about timeouts, connection errors, 408, 425, 429 and 5xx.",
  ),
  give_up_after: duration.prefault("24h").describe(
    "Longest outage of the API that a run waits for; meanwhile one request at a time probes the API, at intervals of up to 5 minutes.",
  ),
  headers: z.record(z.string(), template).default({}).describe("Headers sent with every request.")
    .meta({ kind: "map of templates", example: { Accept: "application/json" } }),
  stop_after: z.int().min(1).default(10).describe(
    "Windows that may fail in a row before the run stops.",
  ).meta({ unit: "windows" }),
}).transform((source) => ({
  ...source,
  concurrency: source.concurrency ?? enoughInFlight(source.limits),
})).meta({ shorthand: "url" });

/** Requests that must be in flight for a rate to be used fully; the shortest interval sets the pace. */
function enoughInFlight(limits: readonly Rate[]): number {
  const [pace] = limits.toSorted((a, b) => a.intervalMs - b.intervalMs);
  if (pace === undefined) return FEWEST_IN_FLIGHT;
  const enough = Math.ceil(LONGEST_ANSWER_SECONDS * requestsPerSecond(pace));
  return Math.min(MOST_IN_FLIGHT, Math.max(FEWEST_IN_FLIGHT, enough));
}

/** The source of a job. */
export type Source = z.output<typeof source>;
/** How requests prove who asks. */
export type Auth = z.output<typeof auth>;

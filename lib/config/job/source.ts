// Owns the types of the API of a job that was parsed: its URL, credentials, limits and retries, and where runs
// report to. Durations are milliseconds. Kept in step with the schema by tests/config/schema/job_types_test.ts.
import type { Rate } from "../../plan/time/rate.ts";
import type { Template } from "./condition.ts";

/** HTTP Basic credentials, as variables. */
export interface BasicAuth {
  /** User name. Unlike a password, it may be written in the file. */
  username: string;
  /** Password; `""` if the API requires none. */
  password: string;
}

/** OAuth2 credentials, as variables. */
export interface OAuth2 {
  /** URL that issues tokens; it receives a POST with a form body. */
  token_url: string;
  /** Client ID. It may be written in the file. */
  client_id: string;
  /** Client secret. */
  client_secret: string;
  /**
   * Refresh token, for an API that a user has authorized. If the server replaces it, the newest one
   * is kept, encrypted, in the database.
   */
  refresh_token?: string | undefined;
  /** Requested scopes, separated by spaces. */
  scope?: string | undefined;
  /** Whether the client ID and secret are sent in an HTTP Basic header or in the form. */
  send: "header" | "body";
  /**
   * Additional form fields, or replacements for the standard ones such as `grant_type`. They may be
   * written in the file.
   */
  form: Record<string, string>;
}

/** The credentials of a job. */
export interface Auth {
  /** HTTP Basic credentials. */
  basic?: BasicAuth | undefined;
  /** Token sent as `Authorization: Bearer ...`. If the variable is empty, no header is sent. */
  bearer?: string | undefined;
  /**
   * OAuth2 client credentials or a refresh token: the access token is fetched, kept, and fetched
   * again before it expires and after a 401.
   */
  oauth2?: OAuth2 | undefined;
  /** API keys sent as headers: header name to secret. An empty one is not sent. */
  header?: Record<string, string> | undefined;
  /** API keys sent as query parameters: parameter name to secret. An empty one is not sent. */
  query?: Record<string, string> | undefined;
}

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
   * Credentials: at most one of `basic`, `bearer` and `oauth2`, plus API keys in `header` or
   * `query`.
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
  events: ("failed" | "done" | "waiting")[];
}

import { assert, assertEquals } from "@std/assert";
import { maskedRequest } from "../../lib/fetch/request_preview.ts";
import { jobOf, unitOf } from "./job.ts";

const SOURCE = {
  url: "https://api.test/v1",
  auth: {
    basic: { username: "${U}", password: "${P}" },
    header: { "X-Key": "${K:-}" },
    query: { key: "${K:-}" },
  },
};
const STREAM = {
  request: { path: "/things", query: { day: "{from}", note: "{params.note}" } },
  window: "day",
  paging: { by: "offset", offset_param: "skip", size_param: "limit", size: 100 },
};
const env = (values: Record<string, string>) => (name: string) => values[name];

Deno.test("maskedRequest() shows the first request as it would be sent, secrets masked", () => {
  const unit = unitOf("2025-01-31", "2025-02-01", { params: { note: "pass-word is hidden" } });
  const values = env({ U: "user-name", P: "pass-word", K: "key-value" });
  assertEquals(maskedRequest(jobOf(SOURCE, STREAM), "things", unit, values), {
    method: "GET",
    url:
      "https://api.test/v1/things?day=2025-01-31&note=***%20is%20hidden&skip=0&limit=100&key=***",
    headers: { accept: "application/json", authorization: "Basic ***", "x-key": "***" },
  });
});

Deno.test("maskedRequest() works without credentials, and leaves out what is empty by default", () => {
  const request = maskedRequest(jobOf(SOURCE, STREAM), "things", unitOf(), env({}));
  assertEquals(request.headers, { accept: "application/json", authorization: "Basic ***" });
  assert(!request.url.includes("key="));
});

Deno.test("maskedRequest() shows that a token would be sent", () => {
  const source = {
    url: "https://api.test",
    auth: {
      oauth2: { token_url: "https://auth.test/", client_id: "${I}", client_secret: "${S}" },
    },
  };
  const request = maskedRequest(jobOf(source), "things", unitOf(), env({}));
  assertEquals(request.headers.authorization, "Bearer ***");
});

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { credentialsOf, firstResponse } from "../../lib/cli/init/first_response.ts";
import { askQuestions } from "../../lib/cli/init/questions.ts";
import { Failure } from "../../lib/failure.ts";
import { monotonicClock } from "../../lib/fetch/rate/clock.ts";
import { draftOfAnswers } from "../../lib/init/job_draft.ts";
import { serve } from "../support/http_server.ts";

const NOW = Date.parse("2025-10-20T12:00:00Z");
const DEPENDENCIES = {
  env: (name: string) => name === "SHOP_API_KEY" ? "secret-key" : undefined,
  clock: monotonicClock(),
  wallNow: () => NOW,
  random: () => 0,
  signal: new AbortController().signal,
  onEvent: () => {},
};

/** An API with two records on the 20th of September and none on the 19th of October. */
function shop() {
  return serve((request) => {
    if (request.headers.get("x-key") !== "secret-key") return new Response("", { status: 401 });
    const { searchParams } = new URL(request.url);
    const isEmpty = searchParams.get("day") === "2025-10-19";
    const orders = isEmpty ? [] : [{ number: "a", value: 1.5 }, { number: "b", value: 2 }];
    return Response.json({ orders, next: null, previous: null, count: orders.length });
  });
}

const answersOf = (url: string) => ({
  ...{ url, name: "shop", path: "/orders", dateParam: "day", auth: "header:X-Key" },
});

Deno.test("firstResponse() requests earlier days until one has records, and proposes from them", async () => {
  await using server = shop();
  const answers = answersOf(server.url);
  assertEquals(credentialsOf(answers), ["SHOP_API_KEY"]);
  const { lines, proposed, sample } = await firstResponse(answers, DEPENDENCIES);
  assertEquals(lines.map((line) => line.replace(server.url, "URL")), [
    "  GET URL/orders?day=2025-10-19: 0 records",
    "  GET URL/orders?day=2025-09-20: 2 records",
  ]);
  assertEquals(proposed, {
    ...{ records: "orders", key: "number", columns: "all 2", paging: "next_link: link next" },
  });
  assertEquals(draftOfAnswers(answers, sample).tables[0]?.key, ["number"]);
  const refused = await assertRejects(
    () =>
      firstResponse(answers, {
        ...DEPENDENCIES,
        env: (name) => name === "SHOP_API_KEY" ? "wrong-key" : undefined,
      }),
    Failure,
  );
  assertEquals(refused.kind, "refused");
});

Deno.test("askQuestions() proposes what the response contains, and an empty line accepts it", async () => {
  await using server = shop();
  const heard: string[] = [];
  const lines = ["", "", "", "", "2/s"];
  const dialogue = {
    ask: (question: string) => {
      heard.push(question);
      return lines.shift() ?? null;
    },
    say: (line: string) => void heard.push(line),
  };
  const given = { ...answersOf(server.url), dateFormat: "date" };
  const request = () => firstResponse(given, DEPENDENCIES);
  const before = { document: undefined, hasSample: false, request };
  const answers = await askQuestions(given, before, dialogue);
  assertEquals(answers, { ...given, limit: "2/s" });
  const text = heard.join("\n");
  assertStringIncludes(text, "[orders]:");
  assertStringIncludes(text, "Fields that identify a record [number]:");
  assertStringIncludes(text, "[next_link: link next]:");
  assertEquals(text.includes("secret-key"), false);
});

import { assertEquals, assertStringIncludes } from "@std/assert";
import { errorPage, statusPage, type StatusView } from "../../lib/cron/status_page.ts";

const VIEW: StatusView = {
  job: "tiny",
  ok: true,
  schedule: "0 5 * * *",
  running: false,
  more: false,
  last: null,
  streams: {
    things: {
      group: "events",
      scope: "",
      coverage: [["2025-01-01", "2025-01-31"]],
      empty: [],
      unsettled: [],
      gaps: [],
      failed: [],
      rejected: [],
      fetched_at: null,
      items: 0,
      rows: 10,
    },
  },
  runs: [],
};

Deno.test('statusPage() shows coverage, and "up to date" when nothing is missing', () => {
  const page = statusPage(VIEW);
  assertStringIncludes(page, "<h1>tiny: up to date</h1>");
  assertStringIncludes(page, "<td>2025-01-01 .. 2025-01-31</td>");
});

Deno.test('statusPage() shows "needs attention" when days are missing or the last update failed', () => {
  const things = { ...VIEW.streams.things!, gaps: [["2025-01-05", "2025-01-05"]] as never };
  for (const view of [{ ...VIEW, streams: { things } }, { ...VIEW, ok: false }]) {
    assertStringIncludes(statusPage(view), "needs attention");
  }
});

Deno.test("statusPage() escapes everything from outside", () => {
  const reason = `<script>alert("1")</script> & 'more'`;
  const failed = [{ window: null, each: "<b>", at: "", reason, hint: null }];
  const page = statusPage({ ...VIEW, streams: { things: { ...VIEW.streams.things!, failed } } });
  assertEquals(/<script|<b>/.test(page), false);
  assertStringIncludes(
    page,
    "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;more&#39;",
  );
  assertEquals(errorPage("tiny", "<i>").includes("<i>"), false);
});

// The console over HTTP: what it serves, to whom, and what it does not let through.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { RetryEntry } from "../../lib/checkpoint/retry_entry.ts";
import { parseCivil } from "../../lib/plan/time/civil.ts";
import { serveHistory, stationsJob } from "./served.ts";

const HISTORY = {
  readings: {
    first: "2024-12-30",
    last: "2025-10-19",
    records: "CASE WHEN d = '2025-05-05' THEN NULL WHEN d = '2025-06-01' THEN 0 ELSE 10 END",
  },
};

/** A name or value that would run a script, break out of an attribute, or end the page. */
const EVIL = `"'><script>alert(1)</script><img src=x onerror=alert(2)>&lt;`;

const day = (date: string) => ({ from: parseCivil(date)!, to: parseCivil(date)! + 1440 });

Deno.test("the console shows coverage, what is missing, limits, runs and the next command", async () => {
  await using served = await serveHistory(stationsJob(["readings"]), HISTORY);
  const response = await fetch(served.url);
  const page = await response.text();
  assertStringIncludes(page, "2024-12-30 to 2025-10-19 · 293 of 294 days done · 2,920 records");
  assertStringIncludes(page, '<path class="missing" d="M125 1h1"></path>');
  assertStringIncludes(page, '<path class="empty" d="M152 1h1"></path>');
  assertStringIncludes(page, "1 day is missing.");
  assertStringIncludes(page, "<code>hindcast backfill --resume</code>");
  assertStringIncludes(page, "<b>5000/d</b>");
  assertStringIncludes(page, "2024-12-30 to 2025-10-19</td>");
  const about = await fetch(
    `${served.url}day?stream=readings&day=${day("2025-01-01").from / 1440}`,
  );
  assertEquals(await about.text(), "2025-01-01: done, 10 records, 30 rows");
  const none = await fetch(`${served.url}day?stream=other&day=1`);
  assertEquals([none.status, (await none.text()).length > 0], [404, true]);
});

Deno.test("the console shows some windows that need attention at once, failed ones first, and the rest behind them", async () => {
  await using served = await serveHistory(stationsJob(["readings"]), HISTORY);
  const checkpoint = await served.stores.checkpoint(served.job);
  const track = { stream: "readings", scope: "", each: "" };
  for (let n = 0; n < 9; n++) {
    await checkpoint.failed(track, day(`2025-05-1${n}`), "503", undefined, 0);
  }
  const page = await (await fetch(served.url)).text();
  const section = page.slice(page.indexOf("Needs attention"), page.indexOf("Coverage</h2>"));
  const [atOnce, more] = section.split("<details>");
  assertEquals([atOnce, more].map((html) => html!.split("<li").length - 1), [5, 4]);
  assertStringIncludes(more!, "<summary>4 more windows</summary>");
});

Deno.test("every response forbids foreign scripts, framing and caching", async () => {
  await using served = await serveHistory(stationsJob(["readings"]), {});
  for (const path of ["", "app.js", "morph.js", "app.css", "icon.svg", "events", "nowhere"]) {
    const { headers, body } = await fetch(served.url + path);
    await body?.cancel();
    assertEquals(headers.get("cache-control"), "no-store", path);
    assertEquals(headers.get("x-frame-options"), "DENY", path);
    const policy = headers.get("content-security-policy")!;
    assert(!/unsafe|\*|data:/.test(policy), policy);
    assertStringIncludes(policy, "default-src 'none'; script-src 'self'");
  }
  const page = await (await fetch(served.url)).text();
  assertEquals(
    /<script(?! src="app\.js" type="module">)|\son\w+=|\sstyle=|<style/.test(page),
    false,
  );
  const post = await fetch(served.url, { method: "POST" });
  assertEquals([post.status, (await post.text()).length > 0], [404, true]);
});

Deno.test("the console escapes what comes from an API, a job or a database", async () => {
  const more = `checks: { counts: { about: ${
    JSON.stringify(EVIL)
  }, sql: SELECT 1 AS n, expect: { n: "= 2" } } }`;
  await using served = await serveHistory(stationsJob(["readings"], more), HISTORY);
  const checkpoint = await served.stores.checkpoint(served.job);
  await checkpoint.load("readings", "");
  await checkpoint.failed(
    { stream: "readings", scope: `place=${EVIL}`, each: EVIL },
    day("2025-05-05"),
    EVIL,
    EVIL,
    0,
  );
  const rejected = [{ table: EVIL, column: EVIL, reason: EVIL, value: EVIL, record: EVIL }];
  await checkpoint.done([{
    ...{ stream: "readings", scope: "", each: EVIL, window: day("2025-05-06"), requestedAt: 0 },
    ...{ parts: [{ ...day("2025-05-06"), empty: false, settled: true }] },
    ...{ rejected, rejectedCount: 1 },
  }], 0);
  await checkpoint.verifications.save({
    ...{ at: "2025-10-20T11:00:00Z", coverage: false, findings: [EVIL] },
    checks: [{ name: EVIL, about: EVIL, ok: false, expected: EVIL, reason: EVIL }],
  });
  const page = await (await fetch(served.url)).text();
  assertEquals(page.match(/<script|<img|onerror="/g), ["<script"]);
  assertEquals(page.split("&lt;img src=x onerror=alert(2)&gt;&amp;lt;").length > 8, true);
});

Deno.test("a failed window is fetched again only where actions are allowed, with the page's token", async () => {
  const retried: RetryEntry[] = [];
  const retry = (entry: RetryEntry) => void retried.push(entry);
  await using served = await serveHistory(stationsJob(["readings"]), HISTORY, { retry });
  await using reading = await serveHistory(stationsJob(["readings"]), HISTORY);
  for (const { stores, job } of [served, reading]) {
    const track = { stream: "readings", scope: "", each: "" };
    await (await stores.checkpoint(job)).failed(track, day("2025-05-05"), "503", undefined, 0);
  }
  assertEquals(/<form|name="token"/.test(await (await fetch(reading.url)).text()), false);
  const page = await (await fetch(served.url)).text();
  const value = (name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(page)![1]!;
  const entry = value("entry").replaceAll("&quot;", '"');
  const post = async (url: string, token: string, headers: Record<string, string> = {}) => {
    const body = new URLSearchParams({ token, entry });
    const response = await fetch(`${url}retry`, {
      method: "POST",
      body,
      headers,
      redirect: "manual",
    });
    await response.body?.cancel();
    return response.status;
  };
  assertEquals(await post(reading.url, value("token")), 403);
  assertEquals(await post(served.url, "guessed"), 403);
  assertEquals(await post(served.url, value("token"), { origin: "http://evil.example" }), 403);
  assertEquals(retried, []);
  assertEquals(await post(served.url, value("token")), 303);
  assertEquals(retried.map(({ stream, window }) => [stream, window]), [
    ["readings", day("2025-05-05")],
  ]);
});

Deno.test("live updates send all fragments once, then those that change", async () => {
  await using served = await serveHistory(stationsJob(["readings"]), HISTORY);
  const abort = new AbortController();
  const response = await fetch(`${served.url}events`, { signal: abort.signal });
  const events = response.body!.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
  const ids = async () => {
    let text = "";
    while (!text.endsWith("\n\n")) text += (await events.next()).value;
    return JSON.parse(text.slice("data: ".length)).changed.map(({ id }: { id: string }) => id);
  };
  const all = await ids();
  assertEquals(all.slice(0, 5), ["summary", "update", "run", "attention", "stream-0"]);
  const track = { stream: "readings", scope: "", each: "" };
  const checkpoint = await served.stores.checkpoint(served.job);
  await checkpoint.failed(track, day("2025-05-05"), "503", undefined, 0);
  await served.tick();
  const changed = await ids();
  assertEquals(changed, ["summary", "attention", "stream-1"]);
  abort.abort();
  await events.next().catch(() => {});
});

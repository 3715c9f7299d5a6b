// The console in a real browser: what it shows, how it looks on a phone and in the dark, and what it does not let
// through. The screenshots of the docs are made here: HINDCAST_DOCS=write replaces them.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import axe from "axe-core";
import type { Page } from "playwright-core";
import type { RunEvent } from "../../lib/report/event.ts";
import { parseCivil } from "../../lib/plan/time/civil.ts";
import { REPOSITORY } from "../support/repository.ts";
import { CHROMIUM, openPage, startBrowser } from "./browser.ts";
import { NOW_MS, type Served, serveHistory, stationsJob } from "./served.ts";

const EVIL = `"'><script>alert(1)</script><img src=x onerror=alert(2)>`;

const CHECKS = `checks:
  readings_of_each_day: { about: Every day has readings, sql: SELECT 1 AS n, expect: { n: "= 1" } }
  stations_known: { about: Every reading has a station, sql: SELECT 1 AS n, expect: { n: "= 1" } }
`;

const noise = (of: string, most: number) => `abs(hashtext(d::text || '${of}')) % ${most}`;

const HISTORIES = {
  readings: {
    first: "2016-03-01",
    last: "2025-10-19",
    records: `CASE WHEN d IN ('2019-05-05', '2022-08-14') THEN NULL
      ELSE (300 + 220 * sin(extract(doy FROM d) / 58.1) + ${noise("r", 130)})::int END`,
  },
  alerts: {
    first: "2018-01-01",
    last: "2025-10-19",
    records: `CASE WHEN d BETWEEN '2021-07-04' AND '2021-07-22' THEN NULL
      WHEN extract(isodow FROM d) > 5 THEN 0 ELSE 20 + ${noise("a", 400)} END`,
  },
};

const day = (date: string) => ({ from: parseCivil(date)!, to: parseCivil(date)! + 1440 });

/** A history with a failed window, rejected rows, and a verification. */
async function troubled(): Promise<Served> {
  const served = await serveHistory(stationsJob(Object.keys(HISTORIES), CHECKS), HISTORIES, {
    retry: () => {},
  });
  const { stores, job } = served;
  const checkpoint = await stores.checkpoint(job);
  for (const name of Object.keys(HISTORIES)) await checkpoint.load(name, "");
  const at = NOW_MS - 3_600_000;
  await checkpoint.failed(
    { stream: "readings", scope: "", each: "" },
    day("2022-08-14"),
    "503 Service Unavailable after 5 attempts; requested by GET https://api.weather.example/readings?day=2022-08-14",
    undefined,
    at,
  );
  await checkpoint.done([{
    ...{ stream: "alerts", scope: "", each: "", window: day("2023-02-07"), requestedAt: at },
    parts: [{ ...day("2023-02-07"), empty: false, settled: true }],
    rejectedCount: 2,
    rejected: [
      {
        table: "readings",
        column: "day",
        reason: "is not a date",
        value: "31/02/2023",
        record: "",
      },
      { table: "readings", column: "id", reason: "is null", value: "", record: "" },
    ],
  }], at);
  await checkpoint.verifications.save({
    ...{ at: "2025-10-20T11:02:00Z", coverage: true, findings: [] },
    checks: Object.entries(job.checks).map(([name, { about = null }]) => (
      { name, about, ok: true, expected: "n = 1", reason: null }
    )),
  });
  return served;
}

/** What axe finds. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate("axe.run()") as axe.AxeResults;
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html)}`);
}

/** Whether the page scrolls sideways. */
function isTooWide(page: Page): Promise<boolean> {
  return page.evaluate("document.documentElement.scrollWidth > innerWidth");
}

/** Makes a screenshot of the docs, or checks that it is there. */
async function picture(page: Page, name: string, fullPage = true): Promise<void> {
  const path = `${REPOSITORY}docs/img/${name}.png`;
  if (Deno.env.get("HINDCAST_DOCS") === "write") await page.screenshot({ path, fullPage });
  assert(Deno.statSync(path).size < 250_000, `${path} is too large`);
}

Deno.test({
  name: "the console in a browser" + (CHROMIUM ? "" : " (skipped: chromium is not installed)"),
  ignore: CHROMIUM === undefined,
  fn: async (t) => {
    await using started = await startBrowser();
    const { browser } = started;
    await using served = await troubled();

    await t.step("draws each day at its place, and names the one that is pointed at", async () => {
      await using opened = await openPage(browser, served.url);
      const { page, problems } = opened;
      const map = page.locator("svg.days[data-stream=readings]");
      const box = (await map.boundingBox())!;
      const pointAt = async (row: number, column: number) => {
        const [x, y] = [(column + 0.5) / 366, (row + 0.5) / 10];
        await map.hover({ position: { x: x * box.width, y: y * box.height } });
      };
      const failed = await page.evaluate(
        "(({ x, y }) => [x, y])(document.querySelector('.days .failed').getBBox())",
      );
      assertEquals(failed, [226, 6], "14 August in the row of 2022");
      await pointAt(6, 226);
      const tip = page.locator("#tip");
      await page.getByText("2022-08-14: failed").waitFor();
      assertStringIncludes((await tip.textContent())!, "503 Service Unavailable");
      await pointAt(3, 125);
      await page.getByText("2019-05-05: missing").waitFor();
      await map.focus();
      await page.keyboard.press("ArrowRight");
      await page.getByText(/^2019-05-06: done, \d+ records/).waitFor();
      assertMatch((await map.getAttribute("aria-valuetext"))!, /^2019-05-06: done/);
      await page.keyboard.press("Escape");
      await tip.waitFor({ state: "hidden" });
      assertEquals(problems, []);
    });

    await t.step(
      "has no finding of axe, and no scrollbar, in the light, the dark, on a phone",
      async () => {
        for (
          const [name, options] of Object.entries({
            console: {},
            "console-dark": { colorScheme: "dark" as const },
            "console-phone": { viewport: { width: 375, height: 812 } },
          })
        ) {
          await using opened = await openPage(browser, served.url, options);
          const { page, problems } = opened;
          await page.locator("details").first().evaluate("(one) => one.open = true");
          assertEquals(await violations(page), [], name);
          await page.locator("details").first().evaluate("(one) => one.open = false");
          assertEquals([await isTooWide(page), problems], [false, []], name);
          await picture(page, name, name !== "console-phone");
        }
      },
    );

    await t.step("follows a run without being loaded again", async () => {
      await using running = await serveHistory(stationsJob(["readings"]), {
        readings: { ...HISTORIES.readings, last: "2025-06-30" },
      });
      const atMs = NOW_MS - 20 * 60_000;
      const fold = (event: RunEvent, ms: number) => running.live.fold(event, ms);
      fold({
        kind: "run_started",
        run: "20251020T114000Z-5eed",
        job: "weather",
        target: "t",
        resumed: true,
      }, atMs);
      fold({
        ...{ kind: "stream_planned", stream: "readings", range: "2016-03-01 .. 2025-10-19" },
        ...{ windows: 4000, skipped: 1000, minutes: 4000 * 1440, requests: 4000, seconds: 2000 },
        ...{ doneAtMs: 0, requestsPerSecond: 2, exact: true },
      }, atMs);
      for (let n = 0; n < 2340; n++) {
        fold({
          kind: "request",
          event: { kind: "requested", stream: "readings", request: "", attempt: 1 },
        }, atMs + 510 * n);
      }
      const finish = (windows: number) => {
        for (let n = 0; n < windows; n++) {
          running.live.fold({
            ...{ kind: "window_done", pages: 1, records: 9, rows: 27, counts: undefined },
            ...{ rejected: 0, ms: 90 },
            subject: { stream: "readings", each: "", from: "2020-01-01", to: "2020-01-02" },
          }, atMs);
        }
      };
      finish(2000);
      await using opened = await openPage(browser, running.url);
      const { page, problems } = opened;
      await page.evaluate("globalThis.isSame = true");
      await page.getByText("60 %", { exact: true }).waitFor();
      finish(500);
      await page.getByText("70 %", { exact: true }).waitFor();
      assertEquals(await page.evaluate("globalThis.isSame"), true);
      assertEquals(await violations(page), []);
      assertStringIncludes(await page.locator(".curve").innerText(), "of 2/s allowed");
      assertEquals(problems, []);
      await picture(page, "console-run", false);
    });

    await t.step("runs nothing that an API, a job or a database says", async () => {
      await using poisoned = await serveHistory(stationsJob(["readings"]), {
        readings: { first: "2025-01-01", last: "2025-10-19", records: "1" },
      }, { command: (text) => text + EVIL });
      const checkpoint = await poisoned.stores.checkpoint(poisoned.job);
      const track = { stream: "readings", scope: EVIL, each: EVIL };
      await checkpoint.failed(track, day("2025-05-05"), EVIL, EVIL, 0);
      await checkpoint.failed({ ...track, scope: "" }, day("2025-05-06"), EVIL, EVIL, 0);
      await using opened = await openPage(browser, poisoned.url);
      const { page, problems } = opened;
      await page.locator("svg.days").focus();
      for (const key of ["ArrowUp", "End"]) await page.keyboard.press(key);
      await page.locator("#tip").waitFor();
      assertEquals(await page.locator("script:not([src='app.js']), img").count(), 0);
      assertEquals(problems, []);
    });
  },
});

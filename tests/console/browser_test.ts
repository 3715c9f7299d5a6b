// The console in a real browser: what it shows, how it looks on a phone and in the dark, and what it does not let
// through. The screenshots of the docs are made here: HINDCAST_DOCS=write replaces them.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import axe from "axe-core";
import type { Page } from "playwright-core";
import { openConsole } from "../../lib/console/console.ts";
import { Failure } from "../../lib/failure.ts";
import type { RunEvent } from "../../lib/report/event.ts";
import { parseCivil } from "../../lib/plan/time/civil.ts";
import { serve } from "../support/http_server.ts";
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

/** Adds workers, fields that changed, an archive and rows that vanished, with strings that an outsider chose. */
async function withMore({ stores, job }: Served, text = ""): Promise<void> {
  const { target } = stores;
  const query = (sql: string, parameters: unknown[]) => target.query(sql, { parameters });
  for (const [at, name] of ["w1", "w2", "cloud"].entries()) {
    await query(
      `INSERT INTO hindcast_workers (worker, job, run, name, host, pid, started_at, seen_at, ended_at, shares,
        windows, requests, rows, per_second)
      VALUES ($1, $2, '20251020T114000Z-5eed', $3, $4, $5, '2025-10-20 11:40:07Z', '2025-10-20 11:59:58Z',
        $6::timestamptz, true, $7, $8, 9, $9)`,
      [
        ...[crypto.randomUUID(), job.job, name + text, (at < 2 ? "office" : "cloud-7") + text],
        ...[4100 + at, null, 900 - 40 * at, 905 - 40 * at, 0.7],
      ],
    );
  }
  const field = (path: string, change: string, types: string, example: string) =>
    query(
      `INSERT INTO hindcast_fields (job, stream, path, mapped, types, records, present, missing, latest,
        example, change, changed_at, since)
      VALUES ($1, 'readings', $2, $3, $4, 900, 800, 0, 0, $5, $6, '2025-10-18 06:00Z', '2025-10-18 06:00Z')`,
      [job.job, path + text, change !== "new", types + text, example + text, change],
    );
  await field("station.height", "new", "a number", "412.5");
  await field("pressure", "type", "a number, a string", '"n/a"');
  await query(
    `INSERT INTO hindcast_archive (file, "offset", length, day, job)
    SELECT 1, n, 61000, date '2016-03-01' + n, $1 FROM generate_series(0, 3519) AS s(n)`,
    [job.job],
  );
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

/** Takes a screenshot of the docs, or checks that it is there. */
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
    await withMore(served);
    await served.stores.target.query("DELETE FROM hindcast_workers");

    await t.step("draws each day in its place, and names the day under the pointer", async () => {
      await using opened = await openPage(browser, served.url);
      const { page, problems } = opened;
      const map = page.locator("svg.days[data-stream=readings]");
      // Measured in the page, because a live update may replace the map meanwhile.
      const box = await page.evaluate(
        "document.querySelector('svg.days[data-stream=readings]').getBoundingClientRect().toJSON()",
      ) as { width: number; height: number };
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
      "passes axe and needs no horizontal scrolling: light, dark, and on a phone",
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
          await page.evaluate("document.querySelector('details').open = true");
          assertEquals(await page.locator("details[open]").count() > 0, true);
          assertEquals(await violations(page), [], name);
          await page.evaluate("document.querySelector('details').open = false");
          assertEquals([await isTooWide(page), problems], [false, []], name);
          await picture(page, name, name !== "console-phone");
        }
      },
    );

    await t.step(
      "shows what changed in responses, the archive, and rows that vanished",
      async () => {
        await using opened = await openPage(browser, served.url);
        const { page, problems } = opened;
        const text = (id: string) => page.locator(`#${id}`).innerText();
        const drift = (await text("drift")).replaceAll(/\s+/g, " ");
        assertStringIncludes(drift, "new readings station.height 2025-10-18 06:00 UTC");
        assertStringIncludes(drift, "not mapped by any column; an example is 412.5");
        assertStringIncludes(drift, "station_height: numeric");
        assertStringIncludes(drift, "station_height: station.height");
        assertStringIncludes(drift, "another type readings pressure");
        assertStringIncludes(drift, 'The field "pressure" has been a string since 2025-10-18');
        assertStringIncludes(drift, "See the response with hindcast probe; correct the type");
        assertStringIncludes(drift, "hindcast errors --clear");
        assertMatch(
          await text("archive"),
          /3,520 responses, 214\.7 MB, of windows from 2016-03-01 to 2025-10-19/,
        );
        const cells = await page.locator("#runs tr").first().locator("th").allInnerTexts();
        assertEquals(cells.at(-2), "Vanished");
        assertEquals(
          await page.locator("#runs tbody tr").first().locator("td").nth(6).innerText(),
          "17",
        );
        assertEquals(problems, []);
      },
    );

    await t.step(
      "shows no section on workers, drift or an archive where there are none",
      async () => {
        await using plain = await serveHistory(stationsJob(["readings"]), {
          readings: { first: "2025-10-01", last: "2025-10-19", records: "1" },
        });
        await using opened = await openPage(browser, plain.url);
        const main = await opened.page.locator("main").innerText();
        for (const title of ["Workers", "Changed responses", "Archive"]) {
          assertEquals(main.includes(title), false, title);
        }
        assertEquals((await opened.page.locator("#runs").innerText()).includes("Vanished"), false);
      },
    );

    await t.step("follows a run without a reload", async () => {
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
        ...{ doneAtMs: 0, requestsPerSecond: 2, exact: true, atLeast: false },
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
      await withMore(running);
      await using opened = await openPage(browser, running.url);
      const { page, problems } = opened;
      await page.evaluate("globalThis.isSame = true");
      await page.getByText("60 %", { exact: true }).waitFor();
      finish(500);
      await running.tick();
      await page.getByText("70 %", { exact: true }).waitFor();
      assertEquals(await page.evaluate("globalThis.isSame"), true);
      assertEquals(await violations(page), []);
      assertStringIncludes(await page.locator(".curve").innerText(), "of 2/s allowed");
      await picture(page, "console-run", false);
      await page.locator("#workers").getByText("cloud-7").waitFor();
      await running.stores.target.query(
        "UPDATE hindcast_workers SET windows = 1234 WHERE pid = 4100",
      );
      await running.tick();
      await page.locator("#workers").getByText("1,234").waitFor();
      await running.stores.target.query(
        "UPDATE hindcast_workers SET ended_at = now() WHERE pid = 4102",
      );
      await running.tick();
      await page.locator("#workers").getByText("cloud-7").waitFor({ state: "detached" });
      const workers = await page.locator("#workers tbody tr").first().innerText();
      assertEquals(workers.split(/\s*\t\s*/), [
        ...["w1", "process 4100 on office", "2025-10-20 11:40 UTC", "1,234", "0", "905", "0.7/s"],
        "11:59:58 UTC",
      ]);
      assertEquals(problems, []);
    });

    await t.step(
      "updates a page in use without a change to focus, cursor or position",
      async () => {
        // A clock on which reading takes no time, so that an update is due whenever it moves.
        await using changing = await serveHistory(stationsJob(["readings", "alerts"]), {
          readings: { ...HISTORIES.readings, records: "7" },
          alerts: HISTORIES.alerts,
        }, { retry: () => {} });
        const checkpoint = await changing.stores.checkpoint(changing.job);
        const track = { stream: "readings", scope: "", each: "" };
        const fail = (date: string) => checkpoint.failed(track, day(date), "503", undefined, 0);
        await fail("2025-03-05");
        await using opened = await openPage(browser, changing.url, {
          viewport: { width: 375, height: 812 },
        });
        const { page, problems } = opened;
        await page.evaluate(`globalThis.spoken = [];
        new MutationObserver((all) => spoken.push(...all.filter(({ target }) =>
          (target.parentElement ?? target).closest("[role=status]")).map(({ target }) => target.textContent)
        )).observe(document.body, { subtree: true, childList: true, characterData: true });
        document.querySelector("details").open = true`);
        const map = page.locator("svg.days[data-stream=readings]");
        await map.focus();
        for (const key of ["ArrowUp", "Home"]) await page.keyboard.press(key);
        for (let n = 0; n < 70; n++) await page.keyboard.press("ArrowRight");
        await page.getByText("2024-03-11: done, 7 records").waitFor();
        const look = () =>
          page.evaluate(`(() => ({
          element: document.activeElement.dataset.stream, now: document.activeElement.ariaValueNow,
          same: globalThis.kept === document.activeElement, open: document.querySelector("details").open,
          cursor: document.querySelector(".cursor")?.getAttribute("d"), scroll: scrollY,
          left: document.querySelector(".scroll").scrollLeft, tip: document.getElementById("tip").textContent,
          hidden: document.getElementById("tip").hidden, text: document.activeElement.ariaValueText,
        }))()`) as Promise<Record<string, unknown>>;
        // The event comes with the next frame, and hides the tip.
        await page.evaluate(`(async () => {
          const scroll = document.querySelector(".scroll");
          const scrolled = new Promise((done) => scroll.addEventListener("scroll", done, { once: true }));
          scroll.scrollLeft = 60;
          globalThis.kept = document.activeElement;
          await scrolled;
        })()`);
        await page.keyboard.press("ArrowLeft");
        await page.keyboard.press("ArrowRight");
        await page.getByText("2024-03-11: done, 7 records").waitFor();
        const before = await look();
        assertEquals([before.same, before.open, before.left, before.hidden], [
          true,
          true,
          60,
          false,
        ]);
        // A year before the first one, and the day itself, change the map below the cursor.
        const early = day("2014-01-01");
        await checkpoint.done([{
          ...{ ...track, window: early, requestedAt: 0, rejected: [], rejectedCount: 0 },
          parts: [{ ...early, empty: false, settled: true }],
        }], 0);
        await fail("2024-03-11");
        await changing.tick();
        await page.getByText("2024-03-11: failed, 503").waitFor();
        assertEquals(await look(), {
          ...before,
          ...{ cursor: "M70 10h1", now: String(10 * 366 + 70) },
          ...{ tip: "2024-03-11: failed, 503", text: "2024-03-11: failed, 503" },
          scroll: (await look()).scroll,
        });
        assertEquals(problems, []);
      },
    );

    await t.step("finds its server again, whatever was in its place and shows now", async () => {
      await using few = await serveHistory(stationsJob(["readings"]), {
        readings: { first: "2025-10-01", last: "2025-10-19", records: "1" },
      });
      const away = () => Promise.resolve(new Response("no server", { status: 502 }));
      const down = new AbortController();
      const failing = openConsole({
        ...{ job: few.job, live: few.live, wallNow: Date.now, retry: undefined },
        withStores: () => Promise.reject(new Failure("target", "Cannot reach the database")),
        access: { hostname: "127.0.0.1", password: undefined },
        ...{ command: (text) => text, mask: (text) => text },
        signal: down.signal,
      });
      let upstream = new AbortController();
      const from = ({ url }: { url: string }) => async (request: Request) => {
        const response = await fetch(url + new URL(request.url).pathname.slice(1));
        const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
        response.body?.pipeTo(writable, { signal: upstream.signal }).catch(() => {});
        return new Response(readable, response);
      };
      let answer: (request: Request) => Promise<Response> = from(served);
      await using front = serve((request) => answer(request));
      const change = (next: typeof answer) => {
        answer = next;
        upstream.abort();
        upstream = new AbortController();
      };
      await using opened = await openPage(browser, front.url);
      const { page } = opened;
      await page.locator("svg.days[data-stream=alerts]").waitFor();
      change(away);
      await page.getByText("not connected").waitFor();
      change(from(few));
      await page.locator("svg.days[data-stream=alerts]").waitFor({ state: "detached" });
      assertEquals(await page.locator("#connection").innerText(), "");
      change(failing.answer);
      await page.reload();
      await page.getByText("Cannot reach the database").waitFor();
      change(from(few));
      down.abort();
      await page.locator("svg.days[data-stream=readings]").waitFor();
    });

    await t.step("executes nothing that comes from an API, a job or a database", async () => {
      await using poisoned = await serveHistory(stationsJob(["readings"]), {
        readings: { first: "2025-01-01", last: "2025-10-19", records: "1" },
      }, { command: (text) => text + EVIL });
      const checkpoint = await poisoned.stores.checkpoint(poisoned.job);
      const track = { stream: "readings", scope: EVIL, each: EVIL };
      await checkpoint.failed(track, day("2025-05-05"), EVIL, EVIL, 0);
      await checkpoint.failed({ ...track, scope: "" }, day("2025-05-06"), EVIL, EVIL, 0);
      await withMore(poisoned, EVIL);
      await using opened = await openPage(browser, poisoned.url);
      const { page, problems } = opened;
      await page.locator("svg.days").focus();
      for (const key of ["ArrowUp", "End"]) await page.keyboard.press(key);
      await page.locator("#tip").waitFor();
      await page.locator("#workers").getByText(`w1${EVIL}`, { exact: true }).waitFor();
      assertStringIncludes(await page.locator("#drift").innerText(), `station.height${EVIL}`);
      assertEquals(await page.locator("script:not([src='app.js']), img").count(), 0);
      assertEquals(problems, []);
    });
  },
});

// The metrics as Prometheus reads them: by its own checker where that is installed.
import { assertEquals, assertStringIncludes } from "@std/assert";
import type { RunEvent } from "../../lib/report/event.ts";
import { parseCivil } from "../../lib/plan/time/civil.ts";
import { REPOSITORY } from "../support/repository.ts";
import { NOW_MS, serveHistory, stationsJob } from "./served.ts";

const HAS_PROMTOOL = await new Deno.Command("promtool", { args: ["--version"] }).output()
  .then(({ success }) => success, () => false);

const HISTORY = { readings: { first: "2025-01-01", last: "2025-10-18", records: "5" } };

const EVENTS: readonly RunEvent[] = [
  { kind: "run_started", run: "r", job: "weather", target: "t", resumed: false },
  ...["requested", "requested", "requested"].map((): RunEvent => ({
    kind: "request",
    event: { kind: "requested", stream: "readings", request: "GET x", attempt: 1 },
  })),
  ...[200, 200, 429].map((status): RunEvent => ({
    kind: "request",
    event: {
      ...{ kind: "answered", stream: "readings", request: "GET x", attempt: 1 },
      ...{ status, ms: 250, bytes: 10 },
    },
  })),
  {
    kind: "request",
    event: {
      ...{ kind: "refused", stream: "readings", request: "GET x", attempt: 1 },
      ...{ status: 429, retryAfterMs: null },
    },
  },
  {
    ...{ kind: "batch_written", rows: 6, windows: 1, ms: 40 },
    counts: new Map([["readings", { inserted: 4, updated: 1, unchanged: 1 }]]),
  },
];

async function served() {
  const world = await serveHistory(stationsJob(["readings"]), HISTORY);
  for (const event of EVENTS) world.live.fold(event, NOW_MS);
  const checkpoint = await world.stores.checkpoint(world.job);
  const from = parseCivil("2025-05-05")!;
  const track = { stream: "readings", scope: "", each: '"\\\n' };
  await checkpoint.failed(track, { from, to: from + 1440 }, "503", undefined, 0);
  return world;
}

Deno.test("/metrics reports windows, requests, rows, times, quotas and the lag of coverage", async () => {
  await using world = await served();
  const response = await fetch(`${world.url}metrics`);
  assertEquals(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  const text = await response.text();
  for (
    const line of [
      'hindcast_windows{hindcast_job="weather",stream="readings",state="failed"} 1',
      'hindcast_requests_total{hindcast_job="weather",stream="readings"} 3',
      'hindcast_responses_total{hindcast_job="weather",stream="readings",status="200"} 2',
      'hindcast_responses_total{hindcast_job="weather",stream="readings",status="429"} 1',
      'hindcast_refused_requests_total{hindcast_job="weather",stream="readings"} 1',
      'hindcast_rows_total{hindcast_job="weather",table="readings",kind="new"} 4',
      'hindcast_rows_total{hindcast_job="weather",table="readings",kind="unchanged"} 1',
      'hindcast_fetch_seconds_sum{hindcast_job="weather",stream="readings"} 0.75',
      'hindcast_fetch_seconds_count{hindcast_job="weather",stream="readings"} 3',
      'hindcast_write_seconds_sum{hindcast_job="weather"} 0.04',
      'hindcast_quota_left_requests{hindcast_job="weather",limit="5000/d",stream="",account=""} 5000',
      'hindcast_allowed_requests_per_second{hindcast_job="weather"} 2',
      'hindcast_run_in_progress{hindcast_job="weather"} 1',
      `hindcast_last_success_timestamp_seconds{hindcast_job="weather"} ${
        Date.parse("2025-10-20T11:00Z") / 1000
      }`,
    ]
  ) assertStringIncludes(text, `${line}\n`);
  const lag =
    /coverage_lag_seconds\{hindcast_job="weather",stream="readings"\} ([\d.]+)/.exec(text)![1];
  assertEquals(
    Math.floor(Number(lag) / 3600),
    36,
    "from the end of 18 October to noon of the 20th",
  );
});

Deno.test({
  name: "promtool finds nothing in /metrics" +
    (HAS_PROMTOOL ? "" : " (skipped: promtool is not installed)"),
  ignore: !HAS_PROMTOOL,
  fn: async () => {
    await using world = await served();
    const text = await (await fetch(`${world.url}metrics`)).text();
    const checker = new Deno.Command("promtool", {
      args: ["check", "metrics"],
      ...{ stdin: "piped", stdout: "piped", stderr: "piped" },
    }).spawn();
    const writer = checker.stdin.getWriter();
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
    const { code, stdout, stderr } = await checker.output();
    const found = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    assertEquals([code, found], [0, ""]);
  },
});

Deno.test("the dashboard of the docs uses metrics that exist", async () => {
  await using world = await served();
  const text = await (await fetch(`${world.url}metrics`)).text();
  const names = new Set([...text.matchAll(/^(hindcast_\w+)\{/gm)].map(([, name]) => name!));
  const dashboard = await Deno.readTextFile(`${REPOSITORY}docs/grafana.json`);
  const { panels } = JSON.parse(dashboard) as { panels: { title: string }[] };
  const used = [...dashboard.matchAll(/hindcast_\w+/g)].map(([name]) => name);
  const sometimes = [
    "hindcast_job",
    "hindcast_retried_requests_total",
    "hindcast_run_progress_ratio",
  ];
  assertEquals(used.filter((name) => !names.has(name) && !sometimes.includes(name)), []);
  assertEquals(panels.length > 6, true);
});

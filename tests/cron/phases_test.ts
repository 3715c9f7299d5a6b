import { assertEquals } from "@std/assert";
import { readJob } from "../../lib/config/read_job.ts";
import { type Phase, phasesOf } from "../../lib/cron/phases.ts";
import { parseCivil } from "../../lib/plan/time/civil.ts";
import type { Window } from "../../lib/plan/time/window.ts";
import { formatWindow } from "../../lib/report/text/format.ts";
import { kvFile } from "../checkpoint/kv_file.ts";

const JOB = `job: tiny
time_zone: Europe/London
source: https://api.example.com
tables: { things: { key: id, columns: { id: text } } }
streams:
  kinds: { request: /kinds, rows: things }
  things: { window: day, request: { path: /things, query: { day: "{from}" } }, rows: things }
  places:
    window: day
    for_each: { place: [a, b] }
    request: { path: "/places/{each.place}", query: { day: "{from}" } }
    rows: things
`;

/** A day after the change of the clock: in London it is the 27th from 00:00 UTC on. */
const NOW = Date.parse("2025-10-27T00:30:00Z");

function days(first: string, last = first): Window {
  return { from: parseCivil(first)!, to: parseCivil(last)! + 1440 };
}

async function setup() {
  const file = await kvFile();
  const job = await readJob("job.yaml", { readText: () => JOB, env: () => undefined });
  const checkpoint = file.checkpoint();
  const source = {
    job,
    params: {},
    checkpoint,
    target: { stream: async function* () {} },
    wallNow: () => NOW,
  };
  const track = (stream: string, each: string) => ({ stream, scope: "", each });
  return {
    phases: async () =>
      (await Array.fromAsync(phasesOf(source, Object.keys(job.streams)))).map(shown),
    cover: (stream: string, window: Window, settled = true, each = "") =>
      checkpoint.done([{
        ...track(stream, each),
        window,
        parts: [{ ...window, empty: false, settled }],
        rejected: [],
        rejectedCount: 0,
        requestedAt: 0,
      }], NOW),
    fail: (stream: string, window: Window) =>
      checkpoint.failed(
        track(stream, ""),
        window,
        "the API responded with status 500",
        undefined,
        NOW,
      ),
    [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
  };
}

function shown({ name, streams, range }: Phase): string {
  return `${name} ${streams.join(",")} ${formatWindow(range)}`;
}

const UPDATE = "update kinds,things,places 2025-10-26 .. 2025-10-27";

Deno.test("phasesOf() fetches yesterday and today when nothing was fetched before", async () => {
  await using world = await setup();
  assertEquals(await world.phases(), [UPDATE]);
});

Deno.test("phasesOf() updates first, then heals gaps and what is missing up to yesterday", async () => {
  await using world = await setup();
  await world.cover("things", days("2025-10-01", "2025-10-09"));
  await world.cover("things", days("2025-10-12", "2025-10-23"));
  assertEquals(await world.phases(), [UPDATE, "heal things 2025-10-10 .. 2025-10-25"]);
});

Deno.test("phasesOf() heals windows that failed, also before the first that was done", async () => {
  await using world = await setup();
  await world.fail("things", days("2025-09-30"));
  await world.cover("things", days("2025-10-01", "2025-10-25"));
  assertEquals(await world.phases(), [UPDATE, "heal things 2025-09-30"]);
});

Deno.test("phasesOf() rechecks earlier dates that may still change before it heals", async () => {
  await using world = await setup();
  await world.cover("things", days("2025-10-01", "2025-10-21"));
  await world.cover("things", days("2025-10-22", "2025-10-26"), false);
  await world.cover("things", days("2025-09-01", "2025-09-29"));
  assertEquals(await world.phases(), [
    UPDATE,
    "recheck things 2025-10-22 .. 2025-10-25",
    "heal things 2025-09-30",
  ]);
});

Deno.test("phasesOf() does not heal gaps that the recheck fills", async () => {
  await using world = await setup();
  await world.cover("things", days("2025-10-01", "2025-10-03"));
  await world.cover("things", days("2025-10-06", "2025-10-20"));
  await world.cover("things", days("2025-10-21", "2025-10-22"), false);
  const recheck = "recheck things 2025-10-21 .. 2025-10-25";
  assertEquals(await world.phases(), [UPDATE, recheck, "heal things 2025-10-04 .. 2025-10-05"]);
});

Deno.test("phasesOf() heals new for_each values over the dates of the others", async () => {
  await using world = await setup();
  await world.cover("places", days("2025-10-20", "2025-10-25"), true, "place=a");
  assertEquals(await world.phases(), [UPDATE, "heal places 2025-10-20 .. 2025-10-25"]);
});

Deno.test("phasesOf() heals streams together that are missing the same dates", async () => {
  await using world = await setup();
  await world.cover("things", days("2025-10-20", "2025-10-23"));
  for (const each of ["place=a", "place=b"]) {
    await world.cover("places", days("2025-10-01", "2025-10-23"), true, each);
  }
  assertEquals(await world.phases(), [UPDATE, "heal things,places 2025-10-24 .. 2025-10-25"]);
});

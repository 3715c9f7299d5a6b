// What was never fetched, against a real database after real runs: streams, optional ones, and `for_each`
// values that a query returns now.
import { assertEquals, assertMatch } from "@std/assert";
import { type CoverageResult, verifyCoverage } from "../../lib/verify/coverage.ts";
import { coverageLines } from "../../lib/cli/lines/verify_lines.ts";
import { openWorld, type World } from "../jobs/world.ts";
import { serve } from "../support/http_server.ts";

const JOB = (url: string) =>
  `job: stations
start: 2025-10-01
source: { url: "${url}" }
params:
  regions: { list: true, default: [north] }
tables:
  stations: { key: id, columns: { id: text } }
  readings: { key: [station, day], columns: { station: text, day: date } }
  notes: { key: id, columns: { id: text } }
streams:
  stations: { group: masters, request: /stations, rows: stations, refresh: 1d }
  readings:
    for_each: { station: { query: SELECT id FROM stations ORDER BY id } }
    request: { path: "/readings/{each.station}", query: { day: "{from}", of: "{params.regions}" } }
    window: day
    rows: { table: readings, columns: { station: $each.station, day: $window.from } }
  notes:
    optional: true
    for_each: { station: { query: SELECT id FROM stations ORDER BY id } }
    request: "/notes/{each.station}"
    rows: notes
`;

const DAYS = "--start-date 2025-10-01 --end-date 2025-10-03";

async function openStations() {
  const server = serve((request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/stations") return Response.json([{ id: "a" }, { id: "b" }]);
    return Response.json([{ id: pathname }]);
  });
  const world = await openWorld({ job: JOB(server.url) });
  const { backfill, [Symbol.asyncDispose]: dispose } = world;
  return Object.assign(world, {
    // The run that started last is the last run.
    backfill: (argv: string) => {
      world.nowMs += 60_000;
      return backfill(argv);
    },
    proven: () => prove(world),
    [Symbol.asyncDispose]: async () => {
      await dispose();
      await server[Symbol.asyncDispose]();
    },
  });
}

async function prove({ job, stores }: World): Promise<CoverageResult> {
  return await verifyCoverage({
    job,
    checkpoint: await stores.checkpoint(job),
    target: stores.target,
  });
}

function found({ streams }: CoverageResult): string[] {
  return streams.flatMap(({ stream, findings }) =>
    findings.map(({ kind, each, next }) => `${stream} ${kind} ${each}: ${next}`)
  );
}

function unfetched({ streams }: CoverageResult): Record<string, string | null> {
  return Object.fromEntries(streams.map(({ stream, unfetched }) => [stream, unfetched]));
}

Deno.test("verifyCoverage() fails for every stream of a job that was never fetched", async () => {
  await using stations = await openStations();
  const proven = await stations.proven();
  assertEquals([proven.ok, found(proven)], [false, [
    "stations not_fetched : deno task backfill",
    "readings not_fetched : deno task backfill",
  ]]);
  assertEquals(unfetched(proven), { stations: null, readings: null, notes: "optional" });
  assertEquals(coverageLines(proven).slice(1, 4), [
    "FAIL  stations                  nothing done",
    "      was never fetched",
    "      do: deno task backfill",
  ]);
});

Deno.test("verifyCoverage() fails for a stream that runs left out, and names its command", async () => {
  await using stations = await openStations();
  await stations.backfill(`${DAYS} --only stations`);
  assertEquals(found(await stations.proven()), [
    "readings not_fetched : deno task backfill --resume --only readings --regions north",
  ]);
  await stations.backfill("--resume --only readings --regions north");
  const proven = await stations.proven();
  assertEquals([proven.ok, unfetched(proven).notes], [true, "optional"]);
  assertMatch(coverageLines(proven).join("\n"), /\n {6}notes +not fetched: the stream is optional/);
});

Deno.test("verifyCoverage() accepts streams without for_each values or dates, and reports why", async () => {
  await using stations = await openStations();
  await stations.backfill(DAYS);
  await stations.query("DELETE FROM stations");
  const [source, readings] = [stations.job.streams.stations!, stations.job.streams.readings!];
  stations.job = {
    ...stations.job,
    streams: {
      ...stations.job.streams,
      empty: { ...stations.job.streams.notes!, optional: false },
      late: { ...readings, for_each: undefined as never, start: Date.UTC(2025, 9, 4) / 60_000 },
      again: source,
    },
  };
  const proven = await stations.proven();
  const { empty, late } = unfetched(proven);
  assertEquals([empty, late], ["no_values", "out_of_range"]);
  assertEquals(
    proven.streams.filter(({ ok }) => !ok).map(({ stream }) => stream),
    ["stations", "again"],
  );
});

Deno.test("verifyCoverage() fails for an optional stream that a run selected", async () => {
  await using stations = await openStations();
  await stations.stores.target.prepare(stations.job.tables);
  // Without stations there is nothing to fetch, so the run ends without recording the stream.
  await stations.backfill(`${DAYS} --only notes`);
  assertEquals(unfetched(await stations.proven()).notes, "no_values");
  await stations.query("INSERT INTO stations VALUES ('a')");
  assertEquals(found(await stations.proven()).slice(-1), [
    "notes not_fetched : deno task backfill --resume --only notes",
  ]);
});

Deno.test("verifyCoverage() fails for values that the query returns now and nothing was fetched for", async () => {
  await using stations = await openStations();
  await stations.backfill(`${DAYS} --with notes`);
  assertEquals((await stations.proven()).ok, true);
  await stations.query("INSERT INTO stations VALUES ('c'), ('d')");
  const dates = "--start-date 2025-10-01 --end-date 2025-10-03";
  assertEquals(found(await stations.proven()), [
    `readings not_fetched station=c: deno task backfill --resume --only readings ${dates} --regions north`,
    `readings not_fetched station=d: deno task backfill --resume --only readings ${dates} --regions north`,
    "notes not_fetched station=c: deno task backfill --resume --only notes",
    "notes not_fetched station=d: deno task backfill --resume --only notes",
  ]);
  await stations.backfill(`--resume --only readings ${dates} --regions north`);
  await stations.backfill("--resume --only notes");
  const { ok, streams } = await stations.proven();
  assertEquals([ok, streams.map(({ items }) => items)], [true, [1, 0, 4]]);
});

Deno.test("verifyCoverage() compares values with the parameters of the last run only", async () => {
  await using stations = await openStations();
  await stations.backfill(DAYS);
  await stations.query("INSERT INTO stations VALUES ('c')");
  await stations.backfill(`${DAYS} --only readings --regions south`);
  const proven = await stations.proven();
  assertEquals([found(proven), proven.streams.map(({ scope }) => scope)], [
    [],
    ["", "regions=north", "regions=south", ""],
  ]);
});

Deno.test("verifyCoverage() counts 100,000 values that were never fetched, and keeps 50 of them", async () => {
  await using stations = await openStations();
  await stations.backfill(`${DAYS} --only stations notes`);
  await stations.query("INSERT INTO stations SELECT 's' || i FROM generate_series(1, 100000) AS i");
  const notes = (await stations.proven()).streams.find(({ stream }) => stream === "notes")!;
  assertEquals([notes.ok, notes.items, notes.finding_count, notes.findings.length], [
    false,
    2,
    100_000,
    50,
  ]);
});

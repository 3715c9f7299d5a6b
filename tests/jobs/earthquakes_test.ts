// The earthquakes job with a real week of the USGS feed, which npm:vega-datasets carries: 1,707 events
// of 31 January to 7 February 2018, served as the real service does.
import { assert, assertEquals } from "@std/assert";
import week from "vega-datasets/data/earthquakes.json" with { type: "json" };
import type { Job } from "../../lib/config/schema/job.ts";
import { assertForecast } from "./forecast_of.ts";
import { type FdsnServer, type Feature, serveFdsn } from "./fdsn_server.ts";
import { openWorld, type World } from "./world.ts";

const DAYS = "--start-date 2018-01-31 --end-date 2018-02-07";

type RealFeature = (typeof week.features)[number];

/** The real week, or other events, and the job that fetches them. */
async function setup(
  features: readonly Feature[] = week.features,
  options: { target?: "pglite"; change?: (job: Job) => Job } = {},
): Promise<{ server: FdsnServer; world: World } & AsyncDisposable> {
  const server = serveFdsn(features);
  const world = await openWorld({
    job: "earthquakes.yaml",
    env: { EARTHQUAKES_URL: `${server.url}/fdsnws/event/1` },
    ...options,
  });
  return {
    server,
    world,
    [Symbol.asyncDispose]: async () => {
      await world[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** The job with windows of one day and short pages. */
function small(job: Job): Job {
  const stream = job.streams.earthquakes!;
  const paging = { ...stream.paging, size: 100 } as typeof stream.paging;
  const window = { auto: false as const, length: { unit: "day" as const, count: 1 } };
  return { ...job, streams: { earthquakes: { ...stream, paging, window } } };
}

/** The row that an event must become, independent of the job. */
function expected({ id, properties: p, geometry: { coordinates } }: RealFeature) {
  const list = (text: string) => text.split(",").filter((part) => part !== "");
  return {
    id,
    time: p.time,
    updated: p.updated,
    longitude: coordinates[0],
    latitude: coordinates[1],
    depth_km: coordinates[2],
    magnitude: p.mag,
    magnitude_type: p.magType,
    place: p.place,
    title: p.title,
    kind: p.type,
    status: p.status,
    alert: p.alert,
    tsunami: p.tsunami === 1,
    significance: p.sig,
    felt: p.felt,
    cdi: p.cdi,
    mmi: p.mmi,
    stations: p.nst,
    nearest_station_degrees: p.dmin,
    rms_seconds: p.rms,
    gap_degrees: p.gap,
    utc_offset_minutes: p.tz,
    network: p.net,
    code: p.code,
    ids: list(p.ids),
    sources: list(p.sources),
    products: list(p.types),
    url: p.url,
    detail_url: p.detail,
  };
}

const ROWS = `
  SELECT to_jsonb(e) - 'updated_at' || jsonb_build_object(
           'time', (extract(epoch FROM time) * 1000)::bigint,
           'updated', (extract(epoch FROM updated) * 1000)::bigint) AS row
    FROM earthquakes e ORDER BY id COLLATE "C"`;

for (const target of ["postgres", "pglite"] as const) {
  Deno.test(`earthquakes loads every value of a real week into ${target}`, async () => {
    await using s = await setup(week.features, target === "pglite" ? { target } : {});
    const ran = await s.world.backfill(DAYS);
    assertEquals([ran.error, ran.summary.ok, ran.summary.rejected], [undefined, true, 0]);
    assertForecast(ran, s.server.asked.length);
    const rows = (await s.world.query(ROWS)).map(({ row }) => row);
    assertEquals(rows.length, 1707);
    const features = [...week.features].sort((a, b) => a.id < b.id ? -1 : 1);
    assertEquals(rows, features.map(expected));
  });
}

Deno.test("earthquakes requests each millisecond once, page by page", async () => {
  const [day, next] = [Date.parse("2018-02-02T00:00:00Z"), Date.parse("2018-02-03T00:00:00Z")];
  const atEdges = [day - 1, day, next - 1, next].map((time, at) => {
    const [model] = week.features;
    return { ...model!, id: `edge${at}`, properties: { ...model!.properties, time } };
  });
  await using s = await setup([...week.features, ...atEdges], { change: small });
  const { summary } = await s.world.backfill(DAYS);
  assertEquals([summary.ok, summary.windows.done], [true, 8]);

  const served = s.server.asked.flatMap(({ ids }) => ids);
  assertEquals(served.length, 1711);
  assertEquals(new Set(served).size, 1711, "an event was returned twice");
  const days = [...new Set(s.server.asked.map(({ start, end }) => `${start} ${end}`))].sort();
  assertEquals(days[2], "2018-02-02T00:00:00.000Z 2018-02-02T23:59:59.999Z");
  const pages = s.server.asked.filter(({ start }) => start.startsWith("2018-02-02"))
    .map(({ offset, limit }) => [offset, limit]).sort(([a = 0], [b = 0]) => a - b);
  assertEquals(pages.slice(0, 2), [[1, 100], [101, 100]]);
  assert(s.server.asked.every(({ ids }) => ids.length <= 100));
  const [row] = await s.world.query("SELECT count(*) AS n FROM earthquakes");
  assertEquals(row, { n: 1711 });
});

Deno.test("earthquakes resumes with days that failed and days never requested", async () => {
  await using s = await setup(week.features, { change: small });
  s.server.isBroken = (start) => start.startsWith("2018-02-02");
  const first = await s.world.backfill("--start-date 2018-01-31 --end-date 2018-02-03");
  assertEquals([first.summary.windows.done, first.summary.windows.failed], [3, 1]);

  s.server.isBroken = () => false;
  s.server.asked.length = 0;
  const second = await s.world.backfill(`${DAYS} --resume`);
  assertEquals([second.summary.ok, second.summary.windows.done], [true, 5]);
  const days = [...new Set(s.server.asked.map(({ start }) => start.slice(0, 10)))].sort();
  assertEquals(days, ["2018-02-02", "2018-02-04", "2018-02-05", "2018-02-06", "2018-02-07"]);
  const [row] = await s.world.query("SELECT count(*) AS n FROM earthquakes");
  assertEquals(row, { n: 1707 });
});

Deno.test("earthquakes keeps the later state of an event, and filters by magnitude", async () => {
  const [event] = week.features;
  const at = (updated: number, mag: number) => ({
    ...event!,
    properties: { ...event!.properties, updated, mag },
  });
  await using s = await setup([at(2000, 5.1)]);
  const day = "--start-date 2018-02-07 --end-date 2018-02-07 --min-magnitude 4.5";
  await s.world.backfill(day);
  s.server.features[0] = at(1000, 4.9);
  const older = await s.world.backfill(day);
  assertEquals(older.summary.rows.earthquakes, { inserted: 0, updated: 0, unchanged: 1 });
  s.server.features[0] = at(3000, 5.3);
  await s.world.backfill(day);
  const rows = await s.world.query("SELECT magnitude::text FROM earthquakes");
  assertEquals(rows, [{ magnitude: "5.3" }]);
  s.server.features[0] = at(4000, 4.4);
  const { summary } = await s.world.backfill(day);
  assertEquals(summary.rows, {});
});

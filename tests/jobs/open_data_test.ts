// The jobs noaa_daily and nyc_311: open data without credentials, as CSV by station and as JSON by offset.
import { assertEquals } from "@std/assert";
import { assertForecast } from "./forecast_of.ts";
import { daysBetween, recorded, unknownParams } from "./recorded.ts";
import { openWorld } from "./world.ts";

const DAYS = daysBetween("2020-01-01", "2022-12-31");
const STATION = "USW00094728";

/** Padded numbers; the second year has no column for snow, the third no observation at all. */
function serveNoaa() {
  return recorded((url) => {
    const { pathname, searchParams: params } = url;
    const known = ["dataset", "stations", "startDate", "endDate", "dataTypes", "units", "format"];
    if (pathname !== "/data/v1" || unknownParams(url, known).length > 0) return;
    assertEquals([params.get("dataset"), params.get("units")], ["daily-summaries", "metric"]);
    const [from, to] = [params.get("startDate")!, params.get("endDate")!];
    if (from.startsWith("2022") || params.get("stations") !== STATION) return new Response("");
    const hasSnow = from.startsWith("2020");
    const lines = DAYS.filter((day) => day >= from && day <= to).map((day, at) =>
      [
        `"${STATION}"`,
        `"${day}"`,
        `"   ${at % 40}.1"`,
        at % 5 === 0 ? "" : '"   -3.2"',
        '"    0.0"',
      ]
        .concat(hasSnow ? ['"   12.0"'] : []).join(",")
    );
    const header = ["STATION", "DATE", "TMAX", "TMIN", "PRCP", ...hasSnow ? ["SNOW"] : []];
    return new Response([header.map((name) => `"${name}"`).join(","), ...lines, ""].join("\n"), {
      headers: { "content-type": "text/csv" },
    });
  });
}

Deno.test("noaa_daily reads padded CSV, years without a column, and years without observations", async () => {
  await using server = serveNoaa();
  await using world = await openWorld({ job: "noaa_daily.yaml", env: { NOAA_URL: server.url } });
  const ran = await world.backfill("--start-date 2020-01-01 --end-date 2022-12-31");
  assertEquals([ran.error, ran.summary.ok, ran.summary.rejected], [undefined, true, 0]);
  assertForecast(ran, server.asked.length);
  assertEquals(
    await world.query(
      `SELECT station, day::text, max_c::text, min_c::text, precipitation_mm::text AS rain, snowfall_mm::text AS snow
         FROM station_days ORDER BY day`,
    ),
    DAYS.filter((day) => day < "2022").map((day) => {
      const at = DAYS.filter((other) => other.slice(0, 4) === day.slice(0, 4)).indexOf(day);
      const min_c = at % 5 === 0 ? null : "-3.2";
      const snow = day < "2021" ? "12.0" : null;
      return { station: STATION, day, max_c: `${at % 40}.1`, min_c, rain: "0.0", snow };
    }),
  );
});

/** 90 requests a day for 60 days, of which clocks skip and repeat an hour; fractions as the portal writes them. */
const REQUESTS = Array.from({ length: 60 * 90 }, (_, at) => ({
  unique_key: String(60_000_000 + at),
  created_date: new Date(Date.parse("2024-02-15T00:00Z") + at * 960_000).toISOString().slice(0, 23),
  agency: "NYPD",
  ...at % 2 === 0 ? { closed_date: "2024-05-01T10:00:00.000" } : {},
  complaint_type: "Noise",
  incident_zip: "01001",
  latitude: "40.7128",
}));

function serveSocrata() {
  return recorded((url, request) => {
    const { pathname, searchParams: params } = url;
    const known = ["$where", "$order", "$select", "$limit", "$offset"];
    if (pathname !== "/resource/erm2-nwe9.json" || unknownParams(url, known).length > 0) return;
    assertEquals([request.headers.get("x-app-token"), params.get("$order")], [null, ":id"]);
    const [, from, to] = /^created_date >= '(\S+)' AND created_date < '(\S+)'$/
      .exec(params.get("$where")!)!;
    const found = REQUESTS.filter(({ created_date: at }) => at >= from! && at < to!);
    const offset = Number(params.get("$offset") ?? 0);
    return Response.json(found.slice(offset, offset + Number(params.get("$limit") ?? 1000)));
  });
}

Deno.test("nyc_311 keeps clock times, also in the hour that clocks skip, and pages by offset", async () => {
  await using server = serveSocrata();
  await using world = await openWorld({
    job: "nyc_311.yaml",
    env: { NYC_311_URL: server.url },
    change: (job) => {
      const requests = job.streams.service_requests!;
      const paging = { ...requests.paging, size: 100 } as typeof requests.paging;
      const forecast = { records_per_day: 90, rows_per_record: 1 };
      return { ...job, streams: { service_requests: { ...requests, paging, forecast } } };
    },
  });
  const ran = await world.backfill("--start-date 2024-02-15 --end-date 2024-04-14");
  assertEquals([ran.error, ran.summary.ok, ran.summary.rejected], [undefined, true, 0]);
  assertEquals(
    await world.query(
      `SELECT id::text, to_char(created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS') AS created, zip, latitude,
              closed_at IS NULL AS open FROM service_requests ORDER BY id`,
    ),
    REQUESTS.map((request, at) => ({
      ...{ id: request.unique_key, created: request.created_date, zip: "01001" },
      ...{ latitude: 40.7128, open: at % 2 === 1 },
    })),
  );
  assertForecast(ran, server.asked.length);
});

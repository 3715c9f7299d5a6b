import { assertEquals } from "@std/assert";
import { assertForecast } from "./forecast_of.ts";
import { daysBetween, recorded, unknownParams } from "./recorded.ts";
import { openWorld } from "./world.ts";

const VARIABLES = [
  "temperature_2m",
  "dew_point_2m",
  "precipitation",
  "pressure_msl",
  "cloud_cover",
  "wind_speed_10m",
  "wind_direction_10m",
];

/** Weather that can be computed; hours from `knownUntil` on are not known yet. */
function valueOf(variable: string, latitude: number, time: string): number {
  const hour = Date.parse(`${time}Z`) / 3_600_000;
  return Math.round((latitude + VARIABLES.indexOf(variable) * 7 + hour % 23) * 10) / 10;
}

function serveArchive(state: { knownUntil: string }) {
  return recorded((url) => {
    const { pathname, searchParams: params } = url;
    const known = ["latitude", "longitude", "start_date", "end_date", "timezone", "hourly"];
    if (pathname !== "/v1/archive" || unknownParams(url, known).length > 0) return undefined;
    const [first, last] = [params.get("start_date")!, params.get("end_date")!];
    if (first < "1940-01-01" || last < first) {
      return Response.json({ error: true, reason: "Parameter out of range" }, { status: 400 });
    }
    const hours = daysBetween(first, last).flatMap((day) =>
      Array.from({ length: 24 }, (_, hour) => `${day}T${String(hour).padStart(2, "0")}:00`)
    );
    const columns = params.get("hourly")!.split(",").map((variable) => [
      variable,
      hours.map((time) =>
        time < state.knownUntil ? valueOf(variable, Number(params.get("latitude")), time) : null
      ),
    ]);
    return Response.json({
      latitude: 51.49,
      longitude: -0.44,
      timezone: "GMT",
      elevation: 23,
      hourly_units: { time: "iso8601" },
      hourly: { time: hours, ...Object.fromEntries(columns) },
    });
  });
}

Deno.test("open_meteo turns columns into rows, for each place and 14 days", async () => {
  const state = { knownUntil: "2025-02-06T05:00" };
  await using server = serveArchive(state);
  const env = { OPEN_METEO_URL: `${server.url}/v1` };
  await using world = await openWorld({
    job: "open_meteo.yaml",
    env,
    now: "2025-02-08T12:00:00Z",
  });
  const ran = await world.backfill("--start-date 2025-01-01 --end-date 2025-02-08");
  assertEquals([ran.error, ran.summary.ok, ran.summary.rejected], [undefined, true, 0]);
  assertForecast(ran, server.asked.length);

  const asked = server.asked.map(({ searchParams: params }) =>
    `${params.get("latitude")} ${params.get("start_date")} ${params.get("end_date")}`
  ).sort();
  assertEquals(asked.slice(3, 6), [
    "40.6413 2025-01-01 2025-01-14",
    "40.6413 2025-01-15 2025-01-28",
    "40.6413 2025-01-29 2025-02-08",
  ]);
  assertEquals(asked.length, 12);

  const rows = await world.query(`SELECT h.*, p.name, p.latitude,
      to_char(time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI') AS hour
    FROM weather_hours h JOIN places p ON p.id = h.place_id WHERE p.id = 'jfk' ORDER BY time`);
  assertEquals(rows.length, 36 * 24 + 5, "an hour that is not known yet became a row");
  for (const row of rows) {
    const value = (name: string) => valueOf(name, 40.6413, row.hour as string);
    assertEquals(
      [row.temperature_c, row.dew_point_c, row.precipitation_mm, row.pressure_hpa],
      [
        value("temperature_2m"),
        value("dew_point_2m"),
        value("precipitation"),
        value("pressure_msl"),
      ],
    );
    assertEquals(
      [row.cloud_cover_percent, row.wind_speed_kmh, row.wind_direction_degrees, row.elevation_m],
      [value("cloud_cover"), value("wind_speed_10m"), value("wind_direction_10m"), 23],
    );
  }
  assertEquals([rows[0]?.hour, rows.at(-1)?.hour], ["2025-01-01T00:00", "2025-02-06T04:00"]);
  assertEquals(rows[0]?.name, "New York Kennedy");
});

Deno.test("open_meteo fetches the unsettled days again", async () => {
  const state = { knownUntil: "2025-02-06T05:00" };
  await using server = serveArchive(state);
  const env = { OPEN_METEO_URL: `${server.url}/v1` };
  await using world = await openWorld({
    job: "open_meteo.yaml",
    env,
    now: "2025-02-08T12:00:00Z",
  });
  await world.backfill("--start-date 2025-01-01 --end-date 2025-02-08");
  world.nowMs = Date.parse("2025-02-20T12:00:00Z");
  state.knownUntil = "2025-02-15T00:00";
  server.asked.length = 0;
  const ran = await world.backfill("--resume");
  assertEquals(ran.summary.ok, true);
  assertForecast(ran, server.asked.length);
  const asked = server.asked.filter(({ searchParams }) => searchParams.get("latitude") === "51.47");
  assertEquals(
    asked.map(({ searchParams }) => [searchParams.get("start_date"), searchParams.get("end_date")]),
    [["2025-01-29", "2025-02-08"]],
  );
  const [row] = await world.query("SELECT count(*) AS hours FROM weather_hours");
  assertEquals(row, { hours: 4 * 39 * 24 });
});

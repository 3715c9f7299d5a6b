import { assertEquals } from "@std/assert";
import { assertForecast } from "./forecast_of.ts";
import { daysBetween, recorded, unknownParams } from "./recorded.ts";
import { openWorld } from "./world.ts";

/** Asteroids of a day: as many as the day of the month, the first of them passing twice. */
function objectsOf(day: string) {
  const count = Number(day.slice(8)) % 4;
  return Array.from({ length: count }, (_, at) => ({
    id: `${day.replaceAll("-", "")}${at}`,
    name: `(${day} ${at})`,
    nasa_jpl_url: "https://ssd.jpl.nasa.gov/",
    absolute_magnitude_h: 20.5 + at,
    estimated_diameter: {
      kilometers: { estimated_diameter_min: 0.1236, estimated_diameter_max: 0.2764 },
      meters: {},
    },
    is_potentially_hazardous_asteroid: at === 1,
    close_approach_data: (at === 0 ? ["03:10", "21:44"] : ["08:00"]).map((time) => ({
      close_approach_date: day,
      epoch_date_close_approach: Date.parse(`${day}T${time}Z`),
      relative_velocity: { kilometers_per_second: "18.1279360862", miles_per_hour: "40550" },
      miss_distance: { lunar: "117.7685618773", kilometers: "45290298.225725659" },
      orbiting_body: "Earth",
    })),
    is_sentry_object: false,
  }));
}

function serveFeed() {
  return recorded((url) => {
    const { pathname, searchParams: params } = url;
    if (params.get("api_key") !== "a-key-of-nasa") {
      return Response.json({ error: { code: "API_KEY_INVALID" } }, { status: 403 });
    }
    if (pathname !== "/neo/rest/v1/feed") return undefined;
    if (unknownParams(url, ["api_key", "start_date", "end_date"]).length > 0) return undefined;
    const days = daysBetween(params.get("start_date")!, params.get("end_date")!);
    if (days.length > 7) return new Response("Date Format Exception", { status: 400 });
    return Response.json({
      links: { self: url.href },
      element_count: days.flatMap(objectsOf).length,
      near_earth_objects: Object.fromEntries(days.map((day) => [day, objectsOf(day)])),
    });
  });
}

Deno.test("near_earth_objects reads arrays under date keys, three levels deep", async () => {
  await using server = serveFeed();
  const env = { NASA_URL: `${server.url}/neo/rest/v1`, NASA_API_KEY: "a-key-of-nasa" };
  await using world = await openWorld({ job: "near_earth_objects.yaml", env });
  const ran = await world.backfill("--start-date 2024-02-26 --end-date 2024-03-06");
  assertEquals([ran.error, ran.summary.ok, ran.summary.windows.done], [undefined, true, 2]);
  assertForecast(ran, server.asked.length);
  assertEquals(JSON.stringify(ran.events).includes("a-key-of-nasa"), false);

  const objects = daysBetween("2024-02-26", "2024-03-06").flatMap(objectsOf);
  const rows = await world.query("SELECT * FROM asteroids ORDER BY id");
  assertEquals(rows.map(({ id, name, hazardous, sentry }) => [id, name, hazardous, sentry]), [
    ...objects.map(({ id, name, is_potentially_hazardous_asteroid: hazardous }) => [
      ...[id, name, hazardous, false],
    ]),
  ]);
  assertEquals(rows[0]?.diameter_max_km, 0.2764);
  const approaches = await world.query(
    `SELECT a.*, (extract(epoch FROM at) * 1000)::bigint AS ms, distance_km::text AS distance
       FROM approaches a ORDER BY asteroid_id, at`,
  );
  const expected = objects.flatMap(({ id, close_approach_data: passes }) =>
    passes.map((pass) => [id, pass.close_approach_date, pass.epoch_date_close_approach])
  );
  assertEquals(approaches.map(({ asteroid_id, day, ms }) => [asteroid_id, day, ms]), expected);
  assertEquals(approaches[0]?.distance, "45290298.225725659");
});

Deno.test("near_earth_objects stops at a wrong API key and names its variable", async () => {
  await using server = serveFeed();
  const env = { NASA_URL: `${server.url}/neo/rest/v1`, NASA_API_KEY: "wrong-key" };
  await using world = await openWorld({ job: "near_earth_objects.yaml", env });
  const { error } = await world.backfill("--start-date 2024-03-01 --end-date 2024-03-01");
  const { message, hint } = error as { message: string; hint: string };
  assertEquals(hint.includes("NASA_API_KEY"), true);
  assertEquals(message.includes("wrong-key"), false);
});

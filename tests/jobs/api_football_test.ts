import { assertEquals, assertStringIncludes } from "@std/assert";
import { assertForecast } from "./forecast_of.ts";
import { daysBetween, recorded, unknownParams } from "./recorded.ts";
import { openWorld } from "./world.ts";

const DAYS = daysBetween("2024-08-01", "2024-08-20");

/** Three matches a day, none on the third day. */
function matchesOf(day: string) {
  const nth = DAYS.indexOf(day);
  return nth === 2 ? [] : [0, 1, 2].map((match) => ({
    fixture: {
      id: nth * 10 + match,
      date: `${day}T${18 + match}:30:00+00:00`,
      referee: null,
      venue: { id: null, name: "Arena", city: "Lyon" },
      status: { long: "Match Finished", short: "FT", elapsed: 90 },
    },
    league: { id: 61, name: "Ligue 1", country: "France", season: 2024, round: "Round 1" },
    teams: {
      home: { id: match, name: `Home ${match}`, winner: true },
      away: { id: 100 + match, name: `Away ${match}`, winner: false },
    },
    goals: { home: nth, away: match },
    score: { halftime: { home: 0, away: 0 }, penalty: { home: null, away: null } },
  }));
}

/** Reports errors with status 200, as the API does; `errorOf` returns those of the nth request. */
function serveFootball(errorOf: (nth: number) => object | undefined) {
  let requests = 0;
  return recorded((url, request) => {
    if (url.pathname !== "/fixtures" || unknownParams(url, ["date", "timezone"]).length > 0) return;
    assertEquals(request.headers.get("x-apisports-key"), "key");
    const errors = errorOf(++requests);
    const response = errors === undefined ? matchesOf(url.searchParams.get("date")!) : [];
    const paging = { current: 1, total: 1 };
    return Response.json({
      ...{ get: "fixtures", errors: errors ?? [], results: response.length, paging, response },
    });
  });
}

function worldOf(url: string) {
  return openWorld({
    job: "api_football.yaml",
    env: { API_FOOTBALL_URL: url, API_FOOTBALL_KEY: "key" },
    change: (job) => {
      const fixtures = job.streams.fixtures!;
      const error = fixtures.error!.map((condition) => ({
        ...condition,
        ...condition.wait === undefined ? {} : { wait: "0s" },
      }));
      return { ...job, streams: { fixtures: { ...fixtures, error } } };
    },
  });
}

Deno.test("api_football waits for the limit of a minute that it reports with status 200", async () => {
  await using server = serveFootball((nth) =>
    nth === 5 ? { rateLimit: "Too many requests." } : undefined
  );
  await using world = await worldOf(server.url);
  const ran = await world.backfill("--start-date 2024-08-01 --end-date 2024-08-20");
  assertEquals([ran.error, ran.summary.ok, ran.summary.rejected], [undefined, true, 0]);
  assertEquals(
    await world.query(
      `SELECT f.id, starts_at AS at, l.name AS league, h.name AS home, a.name AS away, home_goals, away_goals,
              status, venue, home_penalties FROM fixtures f JOIN leagues l ON l.id = league_id
         JOIN teams h ON h.id = home_id JOIN teams a ON a.id = away_id ORDER BY f.id`,
    ),
    DAYS.flatMap(matchesOf).map(({ fixture, league, teams, goals }) => ({
      ...{ id: fixture.id, at: fixture.date.replace("+00:00", "Z"), league: league.name },
      ...{ home: teams.home.name, away: teams.away.name, home_goals: goals.home },
      ...{ away_goals: goals.away, status: "FT", venue: "Arena", home_penalties: null },
    })),
  );
  assertForecast(ran, server.asked.length - 1);
});

Deno.test("api_football stops at the end of the quota of a day, and --resume continues", async () => {
  let isUsedUp = true;
  await using server = serveFootball((nth) =>
    isUsedUp && nth > 4 ? { requests: "You have reached the request limit for the day" } : undefined
  );
  await using world = await worldOf(server.url);
  const range = "--start-date 2024-08-01 --end-date 2024-08-20";
  const { summary, error } = await world.backfill(range);
  assertEquals([summary.ok, summary.windows.done, server.asked.length], [false, 4, 5]);
  assertStringIncludes(String(error), "request limit for the day");
  isUsedUp = false;
  const { summary: rest } = await world.backfill(`${range} --resume`);
  assertEquals([rest.ok, rest.windows.done], [true, 16]);
  assertEquals(await world.query("SELECT count(*)::int AS matches FROM fixtures"), [{
    matches: 57,
  }]);
});

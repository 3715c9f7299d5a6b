// The optional stream `horse_profiles`: it requests horses without breeder or date of birth, each once,
// after the streams that find horses, and continues where it stopped.
import { assert, assertEquals } from "@std/assert";
import { Failure } from "../../lib/failure.ts";
import { tightest } from "../../lib/plan/forecast.ts";
import { type Journey, racingJob, setup } from "./setup.ts";

const CARDS = "--only racecards --start-date 2025-09-14 --end-date 2025-09-14";
const RESULTS = "--only results --start-date 2025-09-15 --end-date 2025-09-15";
const LACKING = "SELECT id FROM ra_mst_horses WHERE breeder IS NULL OR dob IS NULL ORDER BY id";

Deno.test("horse_profiles runs only if it is selected", async () => {
  await using journey = await setup();
  const { asked } = await journey.backfill(RESULTS.replace("--only results", ""));
  assertEquals(profilesOf(asked), []);
  const { streams } = await journey.survey("");
  assertEquals(Object.hasOwn(streams, "horse_profiles"), false);
});

Deno.test("horse_profiles requests horses without breeder or date of birth, each once", async () => {
  await using journey = await setup();
  await journey.backfill(CARDS);
  await journey.backfill(RESULTS);
  const lacking = await ids(journey);
  assert(lacking.length > 100);
  const before = await horses(journey);

  const { asked, summary } = await journey.backfill("--only horse_profiles");
  assertEquals(profilesOf(asked), lacking);
  assertEquals([summary.ok, summary.windows.done, await ids(journey)], [true, lacking.length, []]);
  const after = await horses(journey);
  for (const [id, horse] of before) {
    if (!lacking.includes(id)) assertEquals(after.get(id), horse);
    else assertEquals({ ...after.get(id), ...known(horse) }, after.get(id));
  }
  assertEquals((await journey.backfill("--only horse_profiles")).asked, []);
});

Deno.test("--with horse_profiles runs it last, on the horses of the same run", async () => {
  await using journey = await setup();
  const { asked } = await journey.backfill(
    `--with horse_profiles --no-racecards --skip-masters ${RESULTS.replace("--only results", "")}`,
  );
  const last = asked.findLastIndex((path) => path.startsWith("/v1/results"));
  assertEquals(asked.findIndex((path) => path.startsWith("/v1/horses/")), last + 1);
  assertEquals(await ids(journey), []);
});

Deno.test("--check-status of horse_profiles counts the horses to request, none before the first run", async () => {
  await using journey = await setup();
  const { streams } = await journey.survey("--only horse_profiles");
  assertEquals([streams.horse_profiles!.requests, streams.horse_profiles!.left], [0, 0]);
  await journey.backfill(RESULTS);
  const lacking = (await ids(journey)).length;
  const survey = await journey.survey("--only horse_profiles");
  assertEquals([survey.requests, survey.left], [lacking, lacking]);
});

Deno.test("horse_profiles resumes after an interruption without requesting a horse twice", async () => {
  await using journey = await setup();
  await journey.backfill(RESULTS);
  const lacking = await ids(journey);
  let answers = 0;
  const first = await journey.backfill("--only horse_profiles", {
    seen: (_, stop) => {
      if (++answers === 40) stop.abort(new Failure("interrupted", "Interrupted by a signal"));
    },
  });
  assertEquals(first.summary.outcome, "interrupted");
  const done = first.summary.windows.done;
  assert(done > 0 && done < lacking.length);
  await journey.reopen();
  const left = await ids(journey);
  assertEquals(left.length, lacking.length - done);
  const second = await journey.backfill("--resume");
  assertEquals([second.summary.ok, profilesOf(second.asked)], [true, left]);
  assertEquals(await ids(journey), []);
});

Deno.test("a horse without a profile is not an error, and --resume does not request it again", async () => {
  await using journey = await setup();
  await journey.backfill(RESULTS);
  const before = (await ids(journey)).length;
  await journey.stores.target.query(
    "INSERT INTO ra_mst_horses (id, name) VALUES ('hrs_0', 'No One')",
  );
  const { summary } = await journey.backfill("--only horse_profiles");
  assertEquals([summary.ok, summary.windows.done, await ids(journey)], [true, before + 1, [
    "hrs_0",
  ]]);
  assertEquals((await journey.backfill("--resume")).asked, []);
});

Deno.test("profiles have a limit of five requests a second, within the two of the API", async () => {
  const job = await racingJob({ url: "http://127.0.0.1:1" });
  assertEquals(tightest(job.streams.horse_profiles!.limits), 5);
  assertEquals(tightest(job.source.limits), 2);
});

function profilesOf(asked: readonly string[]): string[] {
  return asked.flatMap((path) => /^\/v1\/horses\/(\w+)\/pro$/.exec(path)?.[1] ?? []).toSorted();
}

async function ids({ stores }: Journey): Promise<string[]> {
  const { rows } = await stores.target.query(LACKING);
  return rows.map(([id]) => String(id)).toSorted();
}

type Horse = Record<string, unknown>;

async function horses({ stores }: Journey): Promise<Map<string, Horse>> {
  const { rows } = await stores.target.query(
    "SELECT id, to_jsonb(h) - 'updated_at' FROM ra_mst_horses h",
  );
  return new Map(rows as [string, Horse][]);
}

function known(horse: Horse): Horse {
  return Object.fromEntries(Object.entries(horse).filter(([, value]) => value !== null));
}

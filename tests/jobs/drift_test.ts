// What is noticed when the responses of an API change, on a real database: new fields, fields that stop coming
// and values of another type, reported once, with an example that shows no more than its form.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { readJob } from "../../lib/config/read_job.ts";
import { driftLines, driftOf } from "../../lib/cli/lines/drift_lines.ts";
import { acceptFields } from "../../lib/upsert/field_table.ts";
import { serve } from "../support/http_server.ts";
import { openWorld, type World } from "./world.ts";

const JOB = (url: string, drift: string) =>
  `job: drifting
start: 2025-09-01
source: "${url}"
drift: ${drift}
tables: { people: { key: id, columns: { id: text, name: text, age: text, note: text } } }
streams:
  people:
    request: { path: /, query: { day: "{from}" } }
    window: day
    rows: people
`;

type Person = Record<string, unknown>;

/** An API of people, as `of` returns them for a day and a number. */
function people(of: { now: (day: string, at: number) => Person }) {
  return serve((request) => {
    const day = new URL(request.url).searchParams.get("day")!;
    return Response.json(
      Array.from({ length: 10 }, (_, at) => ({ id: `${day}-${at}`, ...of.now(day, at) })),
    );
  });
}

const SAME = (_: string, at: number): Person => ({
  name: "Ann",
  age: 30 + at,
  email: "a@b.c",
  ...at === 9 ? { note: "rare" } : {},
});

async function run(world: World, first: number, last = first) {
  const day = (at: number) => `2025-09-${String(at).padStart(2, "0")}`;
  const { events, summary, error } = await world.backfill(
    `--start-date ${day(first)} --end-date ${day(last)}`,
  );
  const drift = events.filter((event) => event.kind === "drift");
  return { messages: drift.map(({ message }) => message), drift, summary, error };
}

Deno.test("new, missing and changed fields are reported once, with a date, an example and what to add", async () => {
  const api = { now: SAME as (day: string, at: number) => Person };
  await using server = people(api);
  await using world = await openWorld({ job: JOB(server.url, "report") });
  assertEquals((await run(world, 1, 8)).messages, []);
  assertEquals((await run(world, 9, 12)).messages, []);
  api.now = (day, at) => {
    const { age, ...rest } = SAME(day, at);
    return at % 2 === 0
      ? { ...rest, age, phone: "+49 170 1234567" }
      : { ...rest, age: String(age), phone: "+1" };
  };
  const first = await run(world, 13, 16);
  assertEquals(first.messages, [
    'the field "age" has been a string since 2025-10-20; an example is "31"',
    'the field "phone" is new since 2025-10-20 and not mapped by any column; an example is "+49 …"',
  ]);
  assertStringIncludes(first.drift[1]!.advice, '"phone: text"');
  api.now = (day, at) => ({ ...SAME(day, at), phone: "+1", name: null });
  assertEquals((await run(world, 17, 24)).messages, [
    'the field "name" has not been returned since 2025-10-20; an earlier value was "Ann"',
  ]);
  const { target } = world.stores;
  const shown = await driftOf(target, world.job);
  assertEquals(shown.map(({ field, change }) => [field, change]), [
    ["age", "type"],
    ["name", "missing"],
    ["phone", "new"],
  ]);
  assertStringIncludes(driftLines(shown)[0]!, "changed  people: ");
  // A field that the job maps by now is new no longer, even before a run sees it again.
  const text = JOB(server.url, "report").replace("note: text", "note: text, phone: text");
  const mapping = await readJob("job.yaml", { readText: () => text, env: () => undefined });
  assertEquals((await driftOf(target, mapping)).map(({ field }) => field), ["age", "name"]);
  // A field that comes back has changed no longer; what is accepted neither.
  api.now = (day, at) => ({ ...SAME(day, at), phone: "+1" });
  assertEquals((await run(world, 25, 28)).messages, []);
  assertEquals((await driftOf(target, world.job)).map(({ field }) => field), ["age", "phone"]);
  await acceptFields(target, "drifting");
  assertEquals((await run(world, 29, 30)).messages, []);
  assertEquals(await driftOf(target, world.job), []);
});

Deno.test("rare fields and older dates do not count as changes", async () => {
  const api = { now: SAME as (day: string, at: number) => Person };
  await using server = people(api);
  await using world = await openWorld({ job: JOB(server.url, "report") });
  await run(world, 20, 28);
  api.now = (_day, at) => ({
    ...at === 3 ? { seldom: 1 } : {},
    name: "Ann",
    ...at < 9 ? { age: 1 } : {},
    email: "",
  });
  assertEquals((await run(world, 29)).messages, []);
  api.now = () => ({ old: true });
  assertEquals((await run(world, 1, 8)).messages, []);
});

Deno.test("each further type of a field is a change of its own, also after few records", async () => {
  const api = { now: SAME as (day: string, at: number) => Person };
  await using server = people(api);
  await using world = await openWorld({ job: JOB(server.url, "report") });
  const aged = (age: unknown) => api.now = (day, at) => ({ ...SAME(day, at), age });
  const changes = async (day: number) => {
    world.nowMs += 86_400_000;
    return (await run(world, day)).messages;
  };
  // A run of one day examines five records, too few for a verdict.
  assertEquals(await changes(1), []);
  aged("31");
  assertEquals(await changes(2), []);
  assertEquals(await changes(3), [
    'the field "age" has been a string since 2025-10-23; an example is "31"',
  ]);
  assertEquals(await changes(4), []);
  aged({ years: 31 });
  assertEquals(await changes(5), [
    'the field "age" has been an object since 2025-10-25; an example is {years}',
  ]);
  const shown = await driftOf(world.stores.target, world.job);
  assertEquals(shown.map(({ field, since }) => [field, since?.slice(0, 10)]), [[
    "age",
    "2025-10-25",
  ]]);
});

Deno.test("a field whose values have several types from the start is no change", async () => {
  const mixed = (day: string, at: number) => ({ ...SAME(day, at), age: at % 2 ? 1 : "1" });
  await using server = people({ now: mixed });
  await using world = await openWorld({ job: JOB(server.url, "report") });
  for (let day = 1; day <= 6; day++) assertEquals((await run(world, day)).messages, []);
});

Deno.test("drift: fail fails the run after its rows are written", async () => {
  const api = { now: SAME as (day: string, at: number) => Person };
  await using server = people(api);
  await using world = await openWorld({ job: JOB(server.url, "fail") });
  assertEquals((await run(world, 1, 8)).summary.outcome, "done");
  api.now = (day, at) => ({ ...SAME(day, at), phone: "+1" });
  const { summary, error } = await run(world, 9, 10);
  assertEquals([summary.outcome, summary.windows.done], ["failed", 2]);
  assertStringIncludes(
    String(error),
    'Cannot accept the responses of "people": the field "phone" is new',
  );
  assertEquals(await world.query("SELECT count(*)::int AS n FROM people"), [{ n: 100 }]);
  assertEquals((await run(world, 11)).summary.outcome, "done");
});

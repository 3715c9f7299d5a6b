import { assertEquals, assertThrows } from "@std/assert";
import { groupsOf, selectStreams, stagesOf } from "../../lib/plan/stage.ts";
import type { Selection } from "../../lib/plan/stage.ts";
import { Failure } from "../../lib/failure.ts";
import { jobOf } from "./jobs.ts";

const JOB = jobOf({
  courses: { group: "masters" },
  results: { window: "day" },
  regions: { group: "masters" },
  details: { for_each: { id: { query: "SELECT 1" } } },
  racecards: { window: "day" },
  extra: { optional: true },
});

const NOTHING: Selection = { groups: [], only: [], with: [], without: [] };
const select = (selection: Partial<Selection>) => selectStreams(JOB, { ...NOTHING, ...selection });

Deno.test("groupsOf() sorts groups by their first streams", () => {
  assertEquals(groupsOf(JOB), ["masters", "events"]);
});

Deno.test("selectStreams() returns all that are not optional when nothing is selected", () => {
  assertEquals(select({}), ["courses", "results", "regions", "details", "racecards"]);
});

Deno.test("selectStreams() selects groups and streams, adds optional ones, and omits others", () => {
  assertEquals(select({ groups: ["masters"] }), ["courses", "regions"]);
  assertEquals(select({ only: ["racecards", "extra"] }), ["racecards", "extra"]);
  assertEquals(select({ groups: ["masters"], with: ["extra"] }), ["courses", "regions", "extra"]);
  assertEquals(select({ without: ["masters", "details"] }), ["results", "racecards"]);
  assertEquals(select({ only: ["results", "racecards"], without: ["results"] }), ["racecards"]);
});

Deno.test("selectStreams() refuses names that the job does not have, with the nearest one", () => {
  const refused = (selection: Partial<Selection>) => assertThrows(() => select(selection), Failure);
  assertEquals(refused({ only: ["result"] }).hint, 'Did you mean "results"?');
  assertEquals(refused({ groups: ["master"] }).hint, 'Did you mean "masters"?');
  assertEquals(refused({ without: ["nonsense"] }).kind, "configuration");
  assertEquals(refused({ groups: ["masters"], without: ["masters"] }).kind, "configuration");
});

Deno.test("stagesOf() runs groups in order, and last in each what the target feeds", () => {
  assertEquals(stagesOf(JOB, select({})), [
    ["courses", "regions"],
    ["results", "racecards"],
    ["details"],
  ]);
  assertEquals(stagesOf(JOB, ["details"]), [["details"]]);
});

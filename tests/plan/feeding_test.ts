import { assertEquals } from "@std/assert";
import { circleOf, feedingLevels, tablesIn } from "../../lib/plan/feeding.ts";
import { jobOf } from "./jobs.ts";

/** Streams that each write one table, fed by a query where one is given. */
function streams(given: Record<string, [table: string, query?: string]>) {
  const tables = [...new Set(Object.values(given).map(([table]) => table))];
  return jobOf(
    Object.fromEntries(
      Object.entries(given).map(([name, [rows, query]]) => [
        name,
        { rows, ...query === undefined ? {} : { for_each: { id: { query } } } },
      ]),
    ),
    {
      tables: Object.fromEntries(
        tables.map((table) => [table, { key: "id", columns: { id: "text" } }]),
      ),
    },
  ).streams;
}

Deno.test("tablesIn() finds the tables of a query and nothing else", () => {
  assertEquals(tablesIn("SELECT id, other FROM things WHERE a = 'from x' -- from y"), ["things"]);
  assertEquals(tablesIn(`SELECT 1 FROM public."My Things" t, b AS c JOIN d ON d.e = t.f`), [
    "My Things",
    "b",
    "d",
  ]);
  assertEquals(
    tablesIn("WITH x AS (SELECT id FROM a) SELECT id FROM (SELECT id, k FROM ONLY b) s, c"),
    ["a", "b", "c"],
  );
  assertEquals(tablesIn("SELECT id FROM a UNION SELECT id, z FROM B /* FROM c */"), ["a", "b"]);
});

Deno.test("feedingLevels() runs a stream after those that feed it, at any depth and in any order of the file", () => {
  const chain = streams({
    d: ["td", "SELECT id FROM tc"],
    c: ["tc", "SELECT id FROM tb JOIN ta ON true"],
    other: ["to", "SELECT id FROM ta"],
    b: ["tb", "SELECT id FROM ta"],
    a: ["ta"],
  });
  assertEquals(feedingLevels(chain), [["a"], ["other", "b"], ["c"], ["d"]]);
});

Deno.test("feedingLevels() lets streams add to a table that they read, before those that only read it", () => {
  const grow = streams({
    reader: ["r", "SELECT id FROM t"],
    one: ["t", "SELECT id FROM t"],
    two: ["t", "SELECT id FROM t WHERE id > ''"],
    a: ["t"],
  });
  assertEquals(circleOf(grow), []);
  assertEquals(feedingLevels(grow).flat().sort(), ["a", "one", "reader", "two"]);
  const { two: _, ...oneAlone } = grow;
  assertEquals(feedingLevels(oneAlone), [["a"], ["one"], ["reader"]]);
});

Deno.test("circleOf() names the streams of a circle without those before and after it", () => {
  const circle = streams({
    a: ["ta"],
    x: ["tx", "SELECT id FROM ty JOIN ta USING (id)"],
    y: ["ty", "SELECT id FROM tx"],
    after: ["tz", "SELECT id FROM ty"],
  });
  assertEquals(circleOf(circle), ["x", "y"]);
  const { y: _, ...open } = circle;
  assertEquals(circleOf(open), []);
});

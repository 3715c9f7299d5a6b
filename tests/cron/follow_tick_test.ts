// What an update does about `for_each` values that its later phases have added: it fetches them too, and nothing that
// it has fetched before.
import { assertEquals } from "@std/assert";
import { openTiny, runTick } from "./tiny.ts";

const FED = (text: string) =>
  text.replace("tables: {", "tables: { details: { key: id, columns: { id: text } },") + `  details:
    request: { path: /details, query: { id: "{each.thing}" } }
    for_each: { thing: { query: SELECT id FROM things } }
    rows: details
  readings:
    request: { path: /readings, query: { of: "{each.thing}", on: "{from}" } }
    for_each: { thing: { query: SELECT id FROM things } }
    window: day
    settle: 3d
    rows: details
`;

Deno.test("tick() fetches the for_each values that its recheck has found, and nothing twice", async () => {
  await using tiny = await openTiny(FED);
  const asked: string[] = [];
  let isLate = false;
  tiny.fault = (query) => {
    const { id, of, on, day } = Object.fromEntries(query);
    if (day !== undefined) {
      const ids = day === "2025-10-18" && !isLate ? ["a"] : ["a", "late"];
      return Response.json(ids.map((name) => ({ id: `${day} ${name}`, day })));
    }
    asked.push(id ?? `${of} on ${on}`);
    return Response.json(id === undefined ? [] : [{ id }]);
  };
  // Each of them has been fetched once before the record of the 18th appears.
  await tiny.fetchDays("2025-10-18", "2025-10-20");
  await runTick(tiny);
  const ids = [
    "2025-10-18 a",
    "2025-10-19 a",
    "2025-10-19 late",
    "2025-10-20 a",
    "2025-10-20 late",
  ];
  assertEquals(asked.filter((one) => !one.includes(" on ")).toSorted(), ids);
  asked.length = 0;

  isLate = true;
  const { report, phases } = await runTick(tiny);
  assertEquals(phases.at(-1), "follow details,readings 2025-10-19 .. 2025-10-20");
  assertEquals([report.outcome, report.complete], ["done", true]);
  assertEquals(asked.filter((one) => one.startsWith("2025-10-18 late")), [
    "2025-10-18 late",
    "2025-10-18 late on 2025-10-19",
    "2025-10-18 late on 2025-10-20",
  ]);
  assertEquals(new Set(asked).size, asked.length, "nothing is fetched twice in an update");

  asked.length = 0;
  assertEquals((await runTick(tiny)).phases.filter((phase) => phase.startsWith("follow")), []);
});

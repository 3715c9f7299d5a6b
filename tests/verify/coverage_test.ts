import { assertEquals } from "@std/assert";
import { parseCivil } from "../../lib/plan/time/civil.ts";
import { verifyCoverage } from "../../lib/verify/coverage.ts";
import { JOB, openProving, type Proving } from "./proving.ts";

async function findings(proving: Proving): Promise<string[]> {
  const { streams, ok } = await verifyCoverage(proving);
  assertEquals(ok, streams.every((stream) => stream.ok));
  return streams.flatMap(({ stream, findings }) =>
    findings.map(({ kind, window }) => [stream, kind, ...(window ?? [])].join(" "))
  );
}

Deno.test("verifyCoverage() passes when the ledger holds every day that is done", async () => {
  await using proving = await openProving();
  await proving.write({ from: "2025-01-01", to: "2025-01-04", rows: 3 });
  await proving.write({ stream: "kinds", rows: 2 });
  await proving.cover("things", "2025-01-01", "2025-01-02");
  await proving.cover("things", "2025-01-03");
  await proving.cover("kinds");
  const { ok, streams } = await verifyCoverage(proving);
  assertEquals(ok, true);
  assertEquals(streams.map(({ stream, covered, items }) => [stream, covered, items]), [
    ["kinds", null, 1],
    ["things", ["2025-01-01", "2025-01-03"], 0],
  ]);
});

Deno.test("verifyCoverage() finds gaps between the first and the last day", async () => {
  await using proving = await openProving();
  await proving.fetchKinds();
  await proving.write({ from: "2025-01-01", to: "2025-01-09", rows: 1 });
  await proving.cover("things", "2025-01-01", "2025-01-02");
  await proving.cover("things", "2025-01-05", "2025-01-08");
  const { streams } = await verifyCoverage(proving);
  const [finding] = streams[1]!.findings;
  assertEquals([finding?.kind, finding?.window], ["gap", ["2025-01-03", "2025-01-04"]]);
  assertEquals(
    finding?.next,
    "deno task backfill --resume --only things --start-date 2025-01-03 --end-date 2025-01-04",
  );
});

Deno.test("verifyCoverage() finds days and streams that are done only in the checkpoint", async () => {
  await using proving = await openProving();
  await proving.write({ from: "2025-01-02", to: "2025-01-04" });
  await proving.cover("things", "2025-01-01", "2025-01-05");
  await proving.cover("kinds");
  assertEquals(await findings(proving), [
    "kinds unproven",
    "things unproven 2025-01-01 2025-01-01",
    "things unproven 2025-01-04 2025-01-05",
  ]);
});

Deno.test("verifyCoverage() counts failed windows and rejected rows as failures", async () => {
  await using proving = await openProving();
  await proving.fetchKinds();
  const track = { stream: "things", scope: "", each: "" };
  const window = { from: parseCivil("2025-01-01")!, to: parseCivil("2025-01-02")! };
  await proving.checkpoint.failed(track, window, "the API responded with status 500", undefined, 0);
  assertEquals(await findings(proving), ["things failed 2025-01-01 2025-01-01"]);
});

Deno.test("verifyCoverage() finds tables that lost their rows, or do not exist", async () => {
  await using proving = await openProving();
  await proving.fetchKinds();
  await proving.write({ from: "2025-01-01", to: "2025-01-02", rows: 3 });
  await proving.cover("things", "2025-01-01");
  assertEquals(await findings(proving), []);
  await proving.target.query("TRUNCATE things");
  assertEquals(await findings(proving), ["things no_rows"]);
  await proving.target.query("DROP TABLE things");
  const { streams } = await verifyCoverage(proving);
  assertEquals(streams[1]?.findings[0]?.reason, `the table "things" does not exist`);
});

Deno.test("verifyCoverage() reports when the database records more than the checkpoint", async () => {
  await using proving = await openProving();
  await proving.fetchKinds();
  await proving.write({ from: "2025-01-01", to: "2025-01-04", rows: 1 });
  const [, stream] = (await verifyCoverage(proving)).streams;
  assertEquals([stream?.ok, stream?.forgotten, stream?.covered], [true, true, null]);
});

Deno.test("verifyCoverage() reports dates that the checkpoint does not know for their parameters only", async () => {
  await using proving = await openProving();
  await proving.fetchKinds();
  await proving.write({ from: "2025-01-01", to: "2025-01-02", rows: 1 });
  await proving.cover("things", "2025-01-01");
  await proving.write({ scope: "region=north", from: "2025-01-01", to: "2025-01-02", rows: 1 });
  const { streams } = await verifyCoverage(proving);
  const things = streams.filter(({ stream }) => stream === "things");
  assertEquals(things.map(({ scope, forgotten }) => [scope, forgotten]), [
    ["", false],
    ["region=north", true],
  ]);
});

Deno.test("verifyCoverage() accepts an empty table when another table of the stream holds rows", async () => {
  await using proving = await openProving(
    JOB.replace("rows: kinds }", "rows: [{ table: kinds }, { table: spare }] }")
      .replace("tables:", "tables:\n  spare: { key: id, columns: { id: text } }"),
  );
  await proving.fetchKinds();
  await proving.write({ from: "2025-01-01", to: "2025-01-02", rows: 1 });
  await proving.cover("things", "2025-01-01");
  assertEquals(await findings(proving), []);
  await proving.target.query("TRUNCATE kinds");
  assertEquals(await findings(proving), ["kinds no_rows"]);
});

import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { Failure } from "../../lib/failure.ts";
import type { Flags } from "../../lib/cli/arguments.ts";
import { helpText, readArguments } from "../../lib/cli/arguments.ts";

const FLAGS: Flags = {
  "start-date": { kind: "value", value: "D", about: "First day." },
  "region-codes": { kind: "list", about: "Regions." },
  only: { kind: "list", value: "STREAM", about: "Run these streams only." },
  resume: { kind: "switch", about: "Resume." },
  "no-racecards": { kind: "switch", about: "Leave out racecards." },
  json: { kind: "switch", about: "Print JSON." },
};

const read = (line: string, maxRest = 0) =>
  readArguments(line === "" ? [] : line.split(" "), FLAGS, maxRest);
const refused = (line: string) => {
  const failure = assertThrows(() => read(line), Failure);
  assertEquals(failure.kind, "configuration");
  return failure;
};

Deno.test("readArguments() splits the values of a list, however they are given", () => {
  for (
    const line of [
      "--region-codes gb ire",
      "--region-codes gb,ire",
      "--region-codes=gb,ire",
      "--region-codes=gb ire",
      "--region-codes gb --region-codes ire",
      "--region-codes=gb --json --region-codes=ire",
      "--json --region-codes gb ire --resume",
      "--region-codes gb, ire",
    ]
  ) assertEquals(read(line).list("region-codes"), ["gb", "ire"], line);
});

Deno.test("readArguments() takes dates that begin with a dash as values", () => {
  assertEquals(read("--start-date -7d").value("start-date"), "-7d");
  assertEquals(read("--start-date=-7d --resume").value("start-date"), "-7d");
  assertEquals(read("--start-date 2015-01-01").value("start-date"), "2015-01-01");
  assertEquals(read("--start-date 2015-01-01 --start-date -2w").value("start-date"), "-2w");
});

Deno.test("readArguments() recognizes switches, including those that begin with no-", () => {
  const args = read("--resume --no-racecards");
  assertEquals(["resume", "no-racecards", "json", "help"].map(args.has), [
    true,
    true,
    false,
    false,
  ]);
  assertEquals(["-h", "--help"].map((line) => read(line).has("help")), [true, true]);
  assertEquals([args.value("start-date"), args.list("only"), args.rest], [undefined, [], []]);
});

Deno.test("readArguments() refuses a flag that does not exist, with the nearest one", () => {
  assertEquals(refused("--region-code gb").hint, "Did you mean --region-codes?");
  assertEquals(refused("--ressume").hint, "Did you mean --resume?");
  assertEquals(refused("--no-racecard").hint, "Did you mean --no-racecards?");
  assertEquals(refused("--start_date=2015-01-01").hint, "Did you mean --start-date?");
  const far = refused("--zzz");
  assertStringIncludes(far.message, 'unknown option "--zzz"');
  assertEquals(far.hint, "See --help");
});

Deno.test("readArguments() refuses names that every JavaScript object has", () => {
  for (const name of ["constructor", "toString", "__proto__", "hasOwnProperty"]) {
    assertStringIncludes(refused(`--${name} x`).message, "unknown option");
  }
});

Deno.test("readArguments() refuses a flag without its value", () => {
  for (
    const line of [
      "--start-date",
      "--start-date --resume",
      "--start-date=",
      "--only",
      "--only --json",
      "--only=",
      "--only ,",
      "--only results --only=",
    ]
  ) assertStringIncludes(refused(line).message, "requires a value", line);
});

Deno.test("readArguments() refuses what is not a flag, unless the command takes it", () => {
  assertStringIncludes(refused("--resume results").message, '"results" is an unexpected argument');
  assertEquals(read("results --json", 1).rest, ["results"]);
  assertEquals(read("-- --resume", 1).rest, ["--resume"]);
});

Deno.test("helpText() lists every flag with its value and its sentence, aligned", () => {
  const text = helpText("backfill [options]", "Backfills.", FLAGS);
  const lines = text.split("\n");
  assertEquals(lines.slice(0, 5), [
    "usage: deno task backfill [options]",
    "",
    "Backfills.",
    "",
    "options:",
  ]);
  const flags = lines.slice(5);
  assertEquals(flags.length, Object.keys(FLAGS).length + 2);
  assert(flags.some((line) => /^ {2}--start-date D {2,}First day\.$/.test(line)), text);
  assert(
    flags.some((line) => /^ {2}--only STREAM\.\.\. {2,}Run these streams only\.$/.test(line)),
    text,
  );
  const columns = new Set(flags.map((line) => line.search(/(?<= {2})[A-Z][a-z]/)));
  assertEquals(columns.size, 1);
});

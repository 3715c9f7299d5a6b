import { assertEquals } from "@std/assert";
import { parseCivil } from "../../lib/plan/time/civil.ts";
import { canonical } from "../../lib/plan/scope.ts";
import { resumeCommand } from "../../lib/verify/resume_command.ts";

const RANGE = { from: parseCivil("2025-01-30")!, to: parseCivil("2025-02-01")! };

Deno.test("resumeCommand() names stream, first and last day", () => {
  assertEquals(
    resumeCommand("results", "", RANGE),
    "deno task backfill --resume --only results --start-date 2025-01-30 --end-date 2025-01-31",
  );
});

Deno.test("resumeCommand() repeats the parameters of a scope, quoted where a shell needs it", () => {
  const scope = canonical({ region_codes: ["gb", "ire"], word: "a, b & 'c'" });
  assertEquals(
    resumeCommand("results", scope, RANGE).split("--end-date 2025-01-31 ")[1],
    `--region-codes gb ire --word 'a, b & '\\''c'\\'''`,
  );
});

Deno.test("resumeCommand() leaves out parameters that were too long to keep", () => {
  const scope = canonical({ ids: Array.from({ length: 100 }, (_, i) => `id${i}`) });
  assertEquals(resumeCommand("results", scope, RANGE).endsWith("--end-date 2025-01-31"), true);
});

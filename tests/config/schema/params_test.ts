import { assertEquals, assertThrows } from "@std/assert";
import { Failure } from "../../../lib/failure.ts";
import type { Param } from "../../../lib/config/schema/job_schema.ts";
import { flagOf, passedParams, readParams } from "../../../lib/config/schema/params.ts";
import { changed, read } from "../job_text.ts";

const PARAMS: Record<string, Param> = {
  region_codes: { list: true, choices: ["gb", "ire", "fr"], default: undefined },
  station: { list: false, pattern: "[a-z]{3}", default: "lhr" },
};

function given(flags: Record<string, string | string[]>) {
  return readParams(PARAMS, (name) => flags[name]);
}

Deno.test("readParams() accepts lists joined by commas, repeated, or both", () => {
  assertEquals(given({ region_codes: ["gb", "ire"] }), { region_codes: ["gb", "ire"] });
  assertEquals(given({ region_codes: ["gb,ire"] }), { region_codes: ["gb", "ire"] });
  assertEquals(given({ region_codes: ["gb, ire ,", "fr", "gb"] }), {
    region_codes: ["gb", "ire", "fr"],
  });
  assertEquals(given({ region_codes: "gb" }), { region_codes: ["gb"] });
});

Deno.test("readParams() omits what was not given", () => {
  assertEquals(given({}), {});
  assertEquals(given({ region_codes: [] }), {});
});

Deno.test("readParams() uses the last of several values of a single-valued parameter", () => {
  assertEquals(given({ station: ["cdg", "jfk"] }), { station: "jfk" });
});

Deno.test("readParams() refuses values that the job does not allow, and suggests others", () => {
  const region = assertThrows(() => given({ region_codes: ["gb", "irl"] }), Failure);
  assertEquals(region.kind, "configuration");
  assertEquals(
    region.message,
    'Cannot use --region-codes: "irl" is not one of its choices; did you mean "ire"?',
  );
  const station = assertThrows(() => given({ station: "lhrx" }), Failure);
  assertEquals(
    station.message,
    'Cannot use --station: "lhrx" does not match the pattern [a-z]{3}',
  );
});

Deno.test("readJob() converts the default of a list to a list", async () => {
  const job = await read(changed({ "params.regions": { list: true, default: "gb" } }));
  assertEquals(job.params.regions?.default, ["gb"]);
});

Deno.test("flagOf() writes dashes for underscores", () => {
  assertEquals(flagOf("region_codes"), "region-codes");
});

Deno.test("passedParams() checks what a program passes, and refuses what the job does not declare", () => {
  const passed = (values: Record<string, unknown>) => passedParams(PARAMS, values);
  assertEquals(passed({ region_codes: ["gb", "ire"], station: "cdg" }), {
    region_codes: ["gb", "ire"],
    station: "cdg",
  });
  assertEquals(passed({ region_codes: "gb,ire", station: undefined }), {
    region_codes: ["gb", "ire"],
  });
  for (
    const [values, message] of [
      [{ regions: "gb" }, 'Cannot use parameter "regions": the job does not declare it'],
      [
        { region_codes: ["uk"] },
        'Cannot use parameter "region_codes": "uk" is not one of its choices',
      ],
      [{ station: 7 }, 'Cannot use parameter "station": expected a string or an array of strings'],
    ] as const
  ) assertThrows(() => passed(values), Failure, message);
});

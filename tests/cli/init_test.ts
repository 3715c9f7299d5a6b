import { assertEquals, assertStringIncludes } from "@std/assert";
import { copyRepository } from "../support/repository.ts";
import { runTask } from "../support/run_task.ts";
import { OPENAPI } from "../init/documents.ts";

Deno.test("init writes a file that check finds fine, and never over one that is there", async () => {
  await using copy = await copyRepository();
  const cwd = copy.path;
  await Deno.writeTextFile(copy.file("api.json"), JSON.stringify(OPENAPI));
  const args = ["--openapi", "api.json", "--path", "/v2/readings"];
  const first = await runTask("init", args, { cwd });
  assertEquals([first.code, first.stderr], [0, ""]);
  assertStringIncludes(first.stdout, "wrote config/meter_api.yaml: stream readings");
  assertStringIncludes(first.stdout, "next   deno task probe config/meter_api.yaml");
  const text = await Deno.readTextFile(copy.file("config", "meter_api.yaml"));
  assertStringIncludes(text, "# yaml-language-server: $schema=job.schema.json\n");
  assertEquals((await runTask("check", ["config/meter_api.yaml"], { cwd })).code, 0);

  const again = await runTask("init", [...args, "--limit", "2/s"], { cwd });
  assertEquals(again.code, 2);
  assertStringIncludes(again.stderr, "it is there already");
  assertEquals(await Deno.readTextFile(copy.file("config", "meter_api.yaml")), text);
  const forced = await runTask("init", [...args, "--limit", "2/s", "--force"], { cwd });
  assertEquals(forced.code, 0);
  assertStringIncludes(
    await Deno.readTextFile(copy.file("config", "meter_api.yaml")),
    "limits: 2/s",
  );

  const mistaken = await runTask("init", [...args, "--window", "fortnight", "--force"], { cwd });
  assertEquals(mistaken.code, 2);
  assertStringIncludes(mistaken.stderr, "expected a length");
  const outside = await runTask("init", [...args, "--out", "/tmp/x.yaml"], { cwd });
  assertEquals(outside.code, 2);
  assertStringIncludes(outside.stderr, "it lies outside of this folder");
});

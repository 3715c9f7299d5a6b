import { assertEquals, assertStringIncludes } from "@std/assert";
import { copyRepository } from "../support/repository.ts";
import { runTask } from "../support/run_task.ts";
import { OPENAPI } from "../init/documents.ts";

Deno.test("init writes a file that passes check, and never overwrites one", async () => {
  await using copy = await copyRepository();
  const cwd = copy.path;
  await Deno.writeTextFile(copy.file("api.json"), JSON.stringify(OPENAPI));
  const args = ["--openapi", "api.json", "--path", "/v2/readings"];
  const first = await runTask("init", args, { cwd });
  assertEquals([first.code, first.stderr], [0, ""]);
  assertStringIncludes(first.stdout, "wrote config/meter_api.yaml: stream readings");
  assertStringIncludes(first.stdout, "  dates   windows of up to 365d\n  paging  by cursor\n");
  assertStringIncludes(first.stdout, "  set     METER_API_API_KEY in .env.local\n");
  assertStringIncludes(first.stdout, "next   deno task probe config/meter_api.yaml --network ...");
  const text = await Deno.readTextFile(copy.file("config", "meter_api.yaml"));
  assertStringIncludes(text, "# yaml-language-server: $schema=job.schema.json\n");
  assertEquals((await runTask("check", ["config/meter_api.yaml"], { cwd })).code, 0);

  const again = await runTask("init", [...args, "--limit", "2/s"], { cwd });
  assertEquals(again.code, 2);
  assertStringIncludes(again.stderr, "it already exists");
  assertEquals(await Deno.readTextFile(copy.file("config", "meter_api.yaml")), text);
  const forced = await runTask("init", [...args, "--limit", "2/s", "--force"], { cwd });
  assertEquals(forced.code, 0);
  assertStringIncludes(
    await Deno.readTextFile(copy.file("config", "meter_api.yaml")),
    "limits: 2/s",
  );

  const unknown = ["--url", "https://a.example", "--path", "/a", "--key", "id"];
  assertStringIncludes(
    (await runTask("init", unknown, { cwd })).stdout,
    "  records unknown; probe shows what they contain",
  );

  const mistaken = await runTask("init", [...args, "--window", "fortnight", "--force"], { cwd });
  assertEquals(mistaken.code, 2);
  assertStringIncludes(mistaken.stderr, "expected a length");
  const outside = await runTask("init", [...args, "--out", "/tmp/x.yaml"], { cwd });
  assertEquals(outside.code, 2);
  assertStringIncludes(outside.stderr, "it is outside this folder");
});

Deno.test("init says what is wrong with a document, a sample or a path, and writes no file", async () => {
  await using copy = await copyRepository();
  const cwd = copy.path;
  await Deno.writeTextFile(copy.file("api.json"), JSON.stringify(OPENAPI));
  await Deno.writeTextFile(copy.file("broken.json"), '{"openapi": "3.0.0", "paths": {');
  await Deno.writeTextFile(copy.file("other.yaml"), "job: a\nstreams: {}\n");
  const cases: [args: string[], ...said: string[]][] = [
    [["--openapi", "api.jsn", "--path", "/a"], 'the file does not exist; did you mean "api.json"?'],
    [["--openapi", "config", "--path", "/a"], "it is a folder; expected a file"],
    [
      ["--openapi", "https://a.example/openapi.json"],
      "hint: curl -o openapi.json https://a.example",
    ],
    [["--openapi", "broken.json", "--path", "/a"], "it is neither JSON nor YAML"],
    [["--openapi", "other.yaml", "--path", "/a"], 'it has no "paths"'],
    [["--openapi", "api.json", "--path", "/v2/reading"], 'hint: Did you mean "/v2/readings"?'],
    [
      ["--sample", "other.yaml", "--url", "https://a.example", "--path", "/a"],
      "it is not JSON, NDJSON, XML or CSV",
    ],
    [["--url", "https://a.example"], "--path is not given"],
    [
      ["--url", "https://a.example", "--path", "/a", "--out", "none/a.yaml"],
      'Cannot write "none/a.yaml": there is no such folder',
    ],
  ];
  for (const [args, ...said] of cases) {
    const { code, stderr } = await runTask("init", args, { cwd });
    assertEquals(code, 2, stderr);
    for (const text of said) assertStringIncludes(stderr, text);
  }
});

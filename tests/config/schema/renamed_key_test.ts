import { assert, assertEquals } from "@std/assert";
import { Ajv } from "ajv";
import { parse } from "yaml";
import { explainJob } from "../../../lib/config/explain.ts";
import { inspectJob } from "../../../lib/config/read_job.ts";
import { jobJsonSchema } from "../../../lib/config/schema/json_schema.ts";
import { type Files, FINE, messages, read } from "../job_text.ts";

/** A job that uses every old name. */
const OLD = FINE.replace(
  "source: https://api.example.com\n",
  `source:
  url: https://api.example.com
  retry: { base: 2s, also: [403] }
  give_up_after: 1h
  stop_after: 3
notify: { url: "https://hooks.example.com", on: [failed] }
`,
).replace(
  "    records: data\n",
  `    records: { path: data, as: arrays, names_at: fields }
    full: 500
    empty_on: [404]
    full_on: [413]
`,
);

const NAMES = {
  base: "initial_wait",
  also: "statuses",
  give_up_after: "max_outage",
  stop_after: "max_consecutive_failures",
  on: "events",
  names_at: "names_path",
  full: "max_records",
  empty_on: "empty_statuses",
  full_on: "full_statuses",
};

/** The same job with the current names. */
const CURRENT = Object.entries(NAMES).reduce(
  (text, [old, name]) => text.replace(new RegExp(`\\b${old}:`), `${name}:`),
  OLD,
);

async function inspect(files: Files) {
  return await inspectJob("job.yaml", { readText: (path) => files[path]!, env: () => undefined });
}

Deno.test("readJob() reads a job with old names of keys as one with the current names", async () => {
  assertEquals(await messages(CURRENT), []);
  assertEquals(await read(OLD), await read(CURRENT));
});

Deno.test("inspectJob() reports each old name once, with its place and the current name", async () => {
  const { oldKeys, problems } = await inspect({ "job.yaml": OLD });
  assertEquals(problems, []);
  assertEquals(
    oldKeys.map(({ message }) => message).toSorted(),
    Object.entries(NAMES).map(([old, name]) => `"${old}" is now called "${name}"`).toSorted(),
  );
  const lines = OLD.split("\n");
  for (const { line, column, message } of oldKeys) {
    assert(lines[line - 1]!.slice(column - 1).startsWith(message.split('"')[1]!), message);
  }
  assertEquals((await inspect({ "job.yaml": CURRENT })).oldKeys, []);
});

Deno.test("inspectJob() refuses a key that is given by its old and its current name", async () => {
  const both = OLD.replace("    full: 500\n", "    full: 500\n    max_records: 400\n");
  assertEquals(await messages(both), [
    `${both.split("\n").indexOf("    full: 500") + 1}:5 ` +
    '"full" is the old name of "max_records", which is given too; remove "full"',
  ]);
});

Deno.test("inspectJob() reports a wrong value of an old name where the file has it", async () => {
  const wrong = OLD.replace("empty_on: [404]", "empty_on: [200]");
  const [message] = await messages(wrong);
  const line = wrong.split("\n").indexOf("    empty_on: [200]") + 1;
  assertEquals(message, `${line}:16 expected at least 400, found 200`);
});

Deno.test("a job overrides an old name of an included file by the current one", async () => {
  const files = {
    "job.yaml": "include: base.yaml\nsource: { max_outage: 2h }\n" +
      FINE.replace("source: https://api.example.com\n", ""),
    "base.yaml": "source: { url: https://api.example.com, give_up_after: 1h }\n",
  };
  const { job, problems, oldKeys } = await inspect(files);
  assertEquals(problems, []);
  assertEquals(job?.source.max_outage, 7_200_000);
  assertEquals(oldKeys.map(({ file }) => file), ["base.yaml"]);
});

Deno.test("old names are keys only where they used to be: a stream may be called full", async () => {
  const job = await read(FINE.replace("  readings:\n    window", "  full:\n    window"));
  assertEquals(Object.keys(job.streams), ["full"]);
});

Deno.test("check --explain prints old names as the current ones", async () => {
  const { root } = await inspect({ "job.yaml": OLD });
  const explained = parse(explainJob(root!));
  assertEquals([explained.streams.readings.max_records, explained.source.max_outage], [500, "1h"]);
  assertEquals(explained.streams.readings.full, undefined);
});

Deno.test("jobJsonSchema() accepts old names, marked as deprecated", () => {
  const schema = JSON.parse(jobJsonSchema());
  assert(!JSON.stringify(schema).includes("formerly"));
  delete schema.$schema;
  const validate = new Ajv({ strict: false, allErrors: true }).compile(schema);
  assert(validate(parse(OLD)), JSON.stringify(validate.errors));
  assertEquals(jobJsonSchema().match(/"deprecated": true/g)?.length, Object.keys(NAMES).length);
});

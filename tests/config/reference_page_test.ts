import { assert, assertEquals } from "@std/assert";
import { Ajv } from "ajv";
import { parse } from "yaml";
import { jobJsonSchema } from "../../lib/config/json_schema.ts";
import { keySections, withReference } from "../../lib/config/reference_page.ts";
import { CONFIG_PAGE, EXAMPLES, PARTS } from "./examples.ts";
import { FINE, messages } from "./job_text.ts";

const CONFIG = new URL("../../config/", import.meta.url);

/** Variables that a job without defaults for them has in a test. */
const ENV = { API_USERNAME: "u", API_PASSWORD: "p" };

function validator() {
  const schema = JSON.parse(jobJsonSchema());
  delete schema.$schema;
  return new Ajv({ strict: false, allErrors: true }).compile(schema);
}

Deno.test("docs/config.md has the tables that the schema makes", () => {
  assert(withReference(CONFIG_PAGE) === CONFIG_PAGE, "run deno task docs");
});

Deno.test("config/job.schema.json is what the schema makes", async () => {
  const text = await Deno.readTextFile(new URL("job.schema.json", CONFIG));
  assert(text === jobJsonSchema(), "run deno task docs");
});

Deno.test("keySections() describes every key, with an example or a default", () => {
  const sections = keySections();
  assert(sections.length > 20);
  for (const { title, keys } of sections) {
    for (const { key, type, fallback, about, example } of keys) {
      const name = `${title}.${key}`;
      assert(about.length > 10, `${name} has no description`);
      assert(type.length > 0 && !/undefined|\[object/.test(type), `${name} has no type`);
      const isFixed = type.startsWith("`") && !type.includes(",");
      const hasExample = example !== "" || isFixed || !["–", "required"].includes(fallback);
      assert(hasExample, `${name} has no example`);
    }
  }
});

Deno.test("docs/config.md holds jobs that are without a mistake", async () => {
  assert(EXAMPLES.length >= 7);
  for (const example of EXAMPLES) assertEquals(await messages(example, ENV), [], example);
});

Deno.test("docs/config.md holds a job of at most 15 lines", () => {
  assert(EXAMPLES.some((example) => example.trim().split("\n").length <= 16));
});

Deno.test("docs/config.md shows parts of jobs that are YAML", () => {
  for (const part of PARTS) {
    // Alternatives for one key are read one by one.
    for (const one of part.split(/^(?=auth:)/m)) parse(one);
  }
});

Deno.test("jobJsonSchema() takes every job that readJob() takes", async () => {
  const validate = validator();
  const files = [...Deno.readDirSync(CONFIG)].map(({ name }) => name)
    .filter((name) => name.endsWith(".yaml"));
  const texts = files.map((name) => Deno.readTextFileSync(new URL(name, CONFIG)));
  for (const text of [FINE, ...EXAMPLES, ...texts]) {
    assert(validate(parse(text)), `${text}\n${JSON.stringify(validate.errors)}`);
  }
  const numbers = FINE.replace("https://api.example.com", '{ url: "${U}", concurrency: "${N}" }');
  assert(validate(parse(numbers)), JSON.stringify(validate.errors));
  assertEquals(await messages(numbers, { U: "https://a.example", N: "3" }), []);
});

Deno.test("jobJsonSchema() refuses unknown keys, wrong types and literal secrets", () => {
  const validate = validator();
  const wrong = [
    FINE + "chekcs: {}\n",
    FINE.replace("window: day", "widow: day"),
    FINE.replace("window: day", "window: dya"),
    FINE.replace("name: text", "name: string"),
    FINE.replace("https://api.example.com", "{ url: a, auth: { bearer: hunter2 } }"),
    FINE.replace("https://api.example.com", "{ url: a, timeout: 30 }"),
    FINE.replace("job: weather", "job: 1st"),
    FINE.replace("job: weather\n", ""),
  ];
  for (const text of wrong) assert(!validate(parse(text)), text);
});

Deno.test("every job in config/ names the schema in its first line", () => {
  for (const { name } of Deno.readDirSync(CONFIG)) {
    if (!name.endsWith(".yaml")) continue;
    const [line] = Deno.readTextFileSync(new URL(name, CONFIG)).split("\n");
    assert(/^# yaml-language-server: \$schema=(\.\/)?job\.schema\.json$/.test(line!), name);
  }
});

import { assert, assertEquals } from "@std/assert";
import { Ajv } from "ajv";
import fc from "fast-check";
import { parse } from "yaml";
import { jobSchema } from "../../../lib/config/schema/job_schema.ts";
import { jobJsonSchema } from "../../../lib/config/schema/json_schema.ts";
import { keySections, withReference } from "../../../lib/config/schema/reference_page.ts";
import { EXAMPLES, PARTS } from "../examples.ts";
import { FINE, messages } from "../job_text.ts";

const CONFIG = new URL("../../../config/", import.meta.url);

/** Variables that a job without defaults for them has in a test. */
const ENV = { API_USERNAME: "u", API_PASSWORD: "p" };

/** Runs of a property; `deno task test:long` runs more. */
const RUNS = Number(Deno.env.get("HINDCAST_FUZZ_CASES") ?? 1000);

function validator() {
  const schema = JSON.parse(jobJsonSchema());
  delete schema.$schema;
  return new Ajv({ strict: false, allErrors: true }).compile(schema);
}

Deno.test("docs/keys.md has the tables that the schema generates", async () => {
  const page = await Deno.readTextFile(new URL("../docs/keys.md", CONFIG));
  assert(withReference(page) === page, "run deno task docs");
});

Deno.test("config/job.schema.json is what the schema generates", async () => {
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

Deno.test("docs/config.md contains only jobs without mistakes", async () => {
  assert(EXAMPLES.length >= 7);
  for (const example of EXAMPLES) assertEquals(await messages(example, ENV), [], example);
});

Deno.test("docs/config.md contains a job of at most 15 lines", () => {
  assert(EXAMPLES.some((example) => example.trim().split("\n").length <= 16));
});

Deno.test("docs/config.md shows fragments that are valid YAML", () => {
  for (const part of PARTS) {
    // Alternatives for one key are read one by one.
    for (const one of part.split(/^(?=auth:)/m)) parse(one);
  }
});

Deno.test("jobJsonSchema() accepts every job that readJob() accepts", async () => {
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

Deno.test("every example and default of a key is a value that the key accepts", () => {
  const whole = JSON.parse(jobJsonSchema());
  const ajv = new Ajv({ strict: false });
  let examined = 0;
  const examine = (node: unknown, path: string): void => {
    if (typeof node !== "object" || node === null) return;
    const { examples = [], default: fallback, ...schema } = node as Record<string, unknown>;
    const values = [...examples as unknown[], ...fallback === undefined ? [] : [fallback]];
    const validate = values.length === 0
      ? undefined
      : ajv.compile({ ...schema, definitions: whole.definitions });
    for (const value of values) {
      assert(validate?.(value), `${path}: ${JSON.stringify(value)}`);
      examined++;
    }
    for (const holder of ["properties", "definitions", "anyOf", "oneOf"]) {
      const inner = Object.entries(schema[holder] ?? {});
      for (const [key, one] of inner) examine(one, `${path}/${holder}/${key}`);
    }
    for (const holder of ["items", "additionalProperties"]) {
      examine(schema[holder], `${path}/${holder}`);
    }
  };
  examine(whole, "");
  assert(examined > 100, `${examined}`);
});

/** Common mistakes, and values where something else is expected. */
const ODD: readonly unknown[] = [
  ...[null, true, false, 0, 1, -1, 1.5, 404, 1e9],
  ...[
    "",
    "x",
    "n o",
    "day",
    "7d",
    "1mo",
    "1.5h",
    "0s",
    "auto",
    "5/s",
    "5 per second",
    "2020-01-01",
  ],
  ...["text", "jsonb", "fill", "latest", "list", "csv", "rows", "GET", "http://a.b"],
  ...[[], [1], ["a"], [null], [["a"]], {}, { x: 1 }, { path: "a" }, { table: "x" }, { by: "page" }],
];

/** The path to every part of a value. */
function partsOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [path];
  return [
    path,
    ...Object.entries(value).flatMap(([key, part]) => partsOf(part, [...path, key])),
  ];
}

Deno.test("jobJsonSchema() accepts and refuses what the job schema accepts and refuses", () => {
  const validate = validator();
  const jobs = [FINE, ...EXAMPLES].map((text) => parse(text))
    .filter((job) => jobSchema.safeParse(job).success);
  assert(jobs.length >= 7);
  const change = fc.tuple(
    fc.constantFrom(...jobs),
    fc.nat(),
    fc.constantFrom("put", "remove", "add"),
    fc.constantFrom(...ODD),
  );
  fc.assert(
    fc.property(change, ([base, at, how, odd]) => {
      const job = structuredClone(base);
      const parts = partsOf(job).slice(1);
      const path = parts[at % parts.length]!;
      // A JSON Schema cannot express whether a zone exists or a string is a secret.
      if (path[0] === "time_zone" || path.includes("auth")) return;
      const holder = path.slice(0, -1).reduce((value, key) => value[key], job);
      if (how === "put") holder[path.at(-1)!] = odd;
      else if (how === "remove" && !Array.isArray(holder)) delete holder[path.at(-1)!];
      else if (!Array.isArray(holder)) holder.unheard_of = odd;
      const expected = jobSchema.safeParse(job).success;
      assertEquals(validate(job), expected, `${path.join(".")} ${how} ${JSON.stringify(odd)}`);
    }),
    { numRuns: RUNS },
  );
});

Deno.test("every job in config/ names the schema in its first line", () => {
  for (const { name } of Deno.readDirSync(CONFIG)) {
    if (!name.endsWith(".yaml")) continue;
    const [line] = Deno.readTextFileSync(new URL(name, CONFIG)).split("\n");
    assert(/^# yaml-language-server: \$schema=(\.\/)?job\.schema\.json$/.test(line!), name);
  }
});

import { assert, assertEquals } from "@std/assert";
import { explainJob } from "../../lib/config/explain.ts";
import { keySections } from "../../lib/config/schema/reference_page.ts";
import { inspectJob } from "../../lib/config/read_job.ts";
import { changed, FINE, read } from "./job_text.ts";
import { EXAMPLES } from "./examples.ts";

async function explain(text: string, env: Record<string, string> = {}): Promise<string> {
  const { root, problems } = await inspectJob("job.yaml", {
    readText: () => text,
    env: (name) => env[name],
  });
  assertEquals(problems, []);
  return explainJob(root!);
}

Deno.test("explainJob() fills in every default and marks it", async () => {
  const text = await explain(FINE);
  for (
    const line of [
      "time_zone: UTC # default",
      "  url: https://api.example.com\n",
      "  timeout: 1m # default",
      "    attempts: 5 # default",
      "    merge: replace # default",
      "    group: events # default",
      "      method: GET # default",
      "    records: { path: data, as: list, optional: false }\n",
    ]
  ) assert(text.includes(line), `${line}\n${text}`);
});

Deno.test("explainJob() names every key that has a default", async () => {
  const text = await explain(EXAMPLES.find((example) => example.includes("job: incidents"))!);
  const section = keySections().find(({ title }) => title === "streams.NAME")!;
  for (const { key, fallback } of section.keys) {
    if (fallback !== "–" && fallback !== "required") assert(text.includes(`\n    ${key}:`), key);
  }
});

Deno.test("explainJob() prints an equivalent job", async () => {
  const folder = new URL("../../config/", import.meta.url);
  const files = [...Deno.readDirSync(folder)].filter(({ name }) => name.endsWith(".yaml"));
  const jobs = files.map(({ name }) => Deno.readTextFileSync(new URL(name, folder)));
  assert(jobs.length >= 8);
  for (const example of [FINE, ...EXAMPLES, ...jobs]) {
    const env = { API_URL: "https://b.example" };
    const { variables: _, ...job } = await read(example, env);
    const { variables: __, ...again } = await read(await explain(example, env), env);
    assertEquals(again, job);
  }
});

Deno.test("explainJob() shows variables by name only", async () => {
  const text = changed({
    source: { url: "${API_URL:-https://a.example}", auth: { bearer: "${TOKEN}" } },
    about: "${WORDS}",
  });
  const explained = await explain(text, { API_URL: "https://secret.example", WORDS: "secret" });
  assert(!explained.includes("secret"), explained);
  assert(explained.includes("${API_URL:-https://a.example}") && explained.includes("${TOKEN}"));
});

import { assertEquals } from "@std/assert";
import { bindingLimit } from "../../lib/console/state/binding_limit.ts";
import { readJob } from "../../lib/config/read_job.ts";

/** A job with these limits of the API and of the stream `results`. */
async function jobOf(source: string, results: string) {
  const text = `job: races
start: 2020-01-01
source: { url: "http://127.0.0.1:9", ${source} }
tables: { races: { key: id, columns: { id: text } } }
streams:
  courses: { request: /courses, rows: races }
  results: { request: /results, rows: races, ${results} }`;
  return await readJob("job.yaml", { readText: () => Promise.resolve(text), env: () => undefined });
}

const rates = new Map([["courses", 1.5], ["results", 0.9]]);

Deno.test("the limit that binds is the one that is used most", async () => {
  const job = await jobOf("limits: 5/s", "limits: 1/s");
  assertEquals(bindingLimit(job, rates), { text: "1/s", stream: "results", allowed: 1, used: 0.9 });
  const less = new Map([["courses", 4.5], ["results", 0.1]]);
  assertEquals(bindingLimit(job, less), { text: "5/s", stream: null, allowed: 5, used: 4.6 });
});

Deno.test("a quota that may be used up early does not set the pace", async () => {
  const job = await jobOf("limits: [5/s, 10000/d]", "limits: 100/min");
  assertEquals(bindingLimit(job, new Map())?.text, "5/s");
});

Deno.test("a reserve reduces what is allowed; a job without limits has no binding limit", async () => {
  const job = await jobOf("limits: 5/s, reserve: 1/s", "limits: []");
  assertEquals(bindingLimit(job, new Map())?.text, "4/s");
  assertEquals(bindingLimit(await jobOf("concurrency: 2", "limits: []"), rates), undefined);
});

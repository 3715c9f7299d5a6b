import { assertEquals } from "@std/assert";
import { parse } from "yaml";
import { inspectJob } from "../../lib/config/read_job.ts";
import { draftOfAnswers, draftOfOpenApi, type JobDraft } from "../../lib/init/job_draft.ts";
import { readOpenApi } from "../../lib/init/openapi/document.ts";
import { readSample } from "../../lib/init/read_sample.ts";
import { writeJob } from "../../lib/init/write_job.ts";
import { STYLES } from "./styles.ts";

/** The job of a draft, which has no mistake. */
async function jobOf(draft: JobDraft) {
  const text = writeJob(draft, "job.schema.json", "deno task init");
  const { problems } = await inspectJob("job.yaml", { readText: () => text, env: () => undefined });
  assertEquals(problems.map(({ message }) => message), [], text);
  const job = parse(text);
  // deno-lint-ignore no-explicit-any
  const [stream] = Object.values(job.streams) as any[];
  const keys = Object.fromEntries(
    // deno-lint-ignore no-explicit-any
    Object.entries(job.tables as any).map(([name, { key }]: [string, any]) => [name, key]),
  );
  return { job, stream, keys };
}

for (const { like, document, path, ...expected } of STYLES) {
  Deno.test(`init drafts what a careful user would write for a document that is ${like}`, async () => {
    const { job, stream, keys } = await jobOf(draftOfOpenApi(readOpenApi(document), { path }));
    const picked = Object.fromEntries(
      Object.keys(expected.stream).map((name) => [name, stream[name]]),
    );
    assertEquals(picked, expected.stream);
    assertEquals(keys, expected.keys);
    const { url: _, ...source } = job.source;
    assertEquals(source, expected.source ?? {});
  });
}

/** The stream and the keys of a saved response. */
async function ofSample(sample: unknown, path: string) {
  const answers = { url: "https://api.example.com", path };
  return await jobOf(draftOfAnswers(answers, readSample(JSON.stringify(sample), "sample")));
}

Deno.test("init drafts a job from a GraphQL response with edges and pageInfo", async () => {
  const node = (number: number) => ({ cursor: `c${number}`, node: { id: `I_${number}`, number } });
  const pageInfo = { endCursor: "c2", hasNextPage: true };
  const issues = { totalCount: 210, edges: [node(1), node(2)], pageInfo };
  const { stream, keys } = await ofSample({ data: { repository: { issues } } }, "/graphql");
  const at = "data.repository.issues";
  assertEquals([stream.records, stream.total], [`${at}.edges`, `${at}.totalCount`]);
  assertEquals(stream.paging, {
    ...{ by: "cursor", cursor: `${at}.pageInfo.endCursor`, cursor_param: "cursor" },
    more: `${at}.pageInfo.hasNextPage`,
  });
  assertEquals([keys, stream.rows.columns.id], [{ issues: "id" }, "node.id"]);
});

Deno.test("init drafts a job from a bare array as Socrata returns it, which fails when it may be cut off", async () => {
  const rows = Array.from({ length: 1000 }, (_, i) => ({ unique_key: `${i}`, agency: "x" }));
  const { stream, keys } = await ofSample(rows, "/resource/erm2-nwe9.json");
  assertEquals([stream.max_records, stream.paging, keys], [1000, undefined, {
    erm2_nwe9: "unique_key",
  }]);
});

Deno.test("init drafts a job from hits of Elasticsearch", async () => {
  const hit = (id: string) => ({ _index: "a", _id: id, _source: { at: "2025-01-01T00:00:00Z" } });
  const body = {
    took: 1,
    hits: { total: { value: 2, relation: "eq" }, hits: [hit("1"), hit("2")] },
  };
  const { stream, keys } = await ofSample(body, "/logs/_search");
  assertEquals([stream.records, stream.total, keys], ["hits.hits", "hits.total.value", {
    logs: "id",
  }]);
  assertEquals(stream.rows.columns.at, "_source.at");
});

Deno.test("init drafts a job from a Stripe list, and from a pair of paging and records", async () => {
  const list = { object: "list", has_more: true, data: [{ id: "ch_1" }, { id: "ch_2" }] };
  assertEquals((await ofSample(list, "/v1/charges")).stream.paging, {
    ...{ by: "cursor", cursor: "data[-1].id", cursor_param: "starting_after", more: "has_more" },
  });
  const pair = [{ page: 1, pages: 2, per_page: 50, total: 60 }, [{ id: 1 }, { id: 2 }]];
  const { stream } = await ofSample(pair, "/indicators");
  assertEquals([stream.paging, stream.total, stream.records], [
    { by: "page", page_param: "page", pages: "[0].pages" },
    "[0].total",
    "[1]",
  ]);
});

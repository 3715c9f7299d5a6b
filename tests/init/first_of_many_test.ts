// Jobs that init drafts from an API whose first response is the first of many: each loads every row, or fails.
import { assertEquals } from "@std/assert";
import { draftOfAnswers, draftOfOpenApi } from "../../lib/init/job_draft.ts";
import { readOpenApi } from "../../lib/init/openapi/document.ts";
import { readSample } from "../../lib/init/read_sample.ts";
import { writeJob } from "../../lib/init/write_job.ts";
import { openWorld } from "../jobs/world.ts";
import { serve } from "../support/http_server.ts";

const TOTAL = 310;
const PER_PAGE = 20;
const ALL = Array.from({ length: TOTAL }, (_, id) => ({ id, at: "2025-01-15T00:00:00Z" }));

type Answer = (records: typeof ALL, next: string | undefined, page: number) => unknown;

/** The rows that a job loads from an API of 310 records in pages of 20, whatever size is requested; -1 where it fails. */
async function loaded(job: string, answer: Answer): Promise<number> {
  await using server = serve((request) => {
    const url = new URL(request.url);
    const page = Number(url.searchParams.get("page") ?? 1);
    const from = Number(url.searchParams.get("offset") ?? (page - 1) * PER_PAGE);
    url.searchParams.set("page", String(page + 1));
    const next = from + PER_PAGE < TOTAL ? url.href : undefined;
    return Response.json(answer(ALL.slice(from, from + PER_PAGE), next, page));
  });
  await using world = await openWorld({ job, env: { MANY_URL: server.url } });
  const { summary, error } = await world.backfill("--start-date 2025-01-01 --end-date 2025-01-31");
  if (error !== undefined || !summary.ok) return -1;
  const [row] = await world.query("SELECT count(*) AS n FROM items");
  return Number(row?.n);
}

function ofDocument(parameters: unknown[], members: Record<string, unknown> = {}): string {
  const item = {
    type: "object",
    properties: { id: { type: "integer" }, at: { type: "string", format: "date-time" } },
  };
  const schema = {
    type: "object",
    properties: { items: { type: "array", items: item }, ...members },
  };
  const range = ["since", "until"].map((name) => ({
    name,
    in: "query",
    schema: { type: "string", format: "date-time" },
  }));
  const document = {
    openapi: "3.0.3",
    info: { title: "Many", version: "1" },
    servers: [{ url: "https://api.example.com" }],
    paths: {
      "/items": {
        get: {
          parameters: [...range, ...parameters],
          responses: { 200: { description: "ok", content: { "application/json": { schema } } } },
        },
      },
    },
  };
  const draft = draftOfOpenApi(readOpenApi(JSON.stringify(document)), { path: "/items" });
  return writeJob(draft, "job.schema.json", "init");
}

function ofSample(answer: Answer): string {
  const sample = JSON.stringify(
    answer(ALL.slice(0, PER_PAGE), "https://api.example.com/items?page=2", 1),
  );
  const answers = { name: "many", url: "https://api.example.com", path: "/items" };
  return writeJob(draftOfAnswers(answers, readSample(sample, "sample")), "job.schema.json", "init");
}

const integer = (name: string, more = {}) => ({
  name,
  in: "query",
  schema: { type: "integer", ...more },
});

Deno.test("a job from a document loads every row of an API whose page is smaller than the size it requests", async () => {
  const items: Answer = (records) => ({ items: records });
  assertEquals(await loaded(ofDocument([integer("page"), integer("limit")]), items), TOTAL);
  const offsets = [integer("offset"), integer("limit", { maximum: 2147483647 })];
  assertEquals(await loaded(ofDocument(offsets), items), TOTAL);
});

Deno.test("a job from a document follows links past a number that counts the page", async () => {
  const answer: Answer = (records, next) => ({
    items: records,
    resultsCount: records.length,
    next_url: next,
  });
  const members = { resultsCount: { type: "integer" }, next_url: { type: "string" } };
  assertEquals(await loaded(ofDocument([], members), answer), TOTAL);
});

Deno.test("a job from a document or a sample without any paging fails rather than losing rows", async () => {
  const flagged: Answer = (records, next) => ({ items: records, has_more: next !== undefined });
  assertEquals(await loaded(ofDocument([], { has_more: { type: "boolean" } }), flagged), -1);
  const bare: Answer = (records) => records;
  assertEquals(await loaded(ofSample(bare), bare), -1);
  const counted: Answer = (records) => ({ items: records, total: TOTAL });
  assertEquals(await loaded(ofSample(counted), counted), -1);
});

Deno.test("a job from a sample loads every row by its link, its page number, or fails", async () => {
  const linked: Answer = (records, next) => ({ items: records, next });
  assertEquals(await loaded(ofSample(linked), linked), TOTAL);
  const paged: Answer = (records, _, page) => ({
    items: records,
    page,
    pages: Math.ceil(TOTAL / PER_PAGE),
  });
  assertEquals(await loaded(ofSample(paged), paged), TOTAL);
  const wrong: Answer = (records, next) => ({
    items: records,
    next_cursor: next === undefined ? null : "x",
  });
  assertEquals(await loaded(ofSample(wrong), wrong), -1);
});

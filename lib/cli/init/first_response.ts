// Sends the one request of `init` on a terminal, once the user has agreed to it: from the response, records, key,
// columns and paging are proposed. It writes nothing. Invariant: a credential is read from the environment of the
// folder and sent only to the API of the job; nothing that is printed contains it.
import { readJob } from "../../config/read_job.ts";
import type { Job } from "../../config/schema/job.ts";
import { decodeText } from "../../extract/decode/charset.ts";
import { Failure } from "../../failure.ts";
import { openApi } from "../../fetch/api_client.ts";
import { renderRequest } from "../../fetch/http/request.ts";
import { openPaginator } from "../../fetch/paging/open_paginator.ts";
import type { ApiDependencies } from "../../fetch/api_connection.ts";
import { draftOfAnswers, type InitAnswers, type JobDraft } from "../../init/job_draft.ts";
import { readSample, recordsIn, type Sample } from "../../init/read_sample.ts";
import { writeJob } from "../../init/write_job.ts";
import { MINUTES_PER_DAY, startOfDay } from "../../plan/time/civil.ts";
import { civilAt } from "../../plan/time/civil.ts";
import { probeWindow } from "../../probe/probe_window.ts";
import { formatCount } from "../../report/text/format.ts";

/** A response and what is proposed from it, for display. */
export interface FirstResponse {
  /** The response. */
  readonly sample: Sample;
  /** What was requested and found, line by line. */
  readonly lines: readonly string[];
  /** What is proposed for each question. */
  readonly proposed: {
    readonly records: string;
    readonly key: string;
    readonly columns: string;
    readonly paging: string;
  };
}

/** Days before today whose windows are requested until one has records. */
const DAYS_AGO = [1, 30, 365];

/** The variables that hold the credentials of a job that these answers describe. */
export function credentialsOf(answers: InitAnswers): string[] {
  const { auth } = draftOfAnswers(answers);
  return [...JSON.stringify(auth ?? {}).matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name!);
}

/**
 * Requests the first page of what these answers describe, for yesterday and, where that has no records, for earlier days.
 *
 * @throws {Failure} of kind `window`, `refused` or `configuration` where there is no usable response.
 */
export async function firstResponse(
  answers: InitAnswers,
  dependencies: ApiDependencies,
): Promise<FirstResponse> {
  const draft = draftOfAnswers({ paging: "none", ...answers, auth: answers.auth ?? "none" });
  const text = writeJob(draft, "job.schema.json", "init");
  const { env, wallNow } = dependencies;
  const job = await readJob("init.yaml", { readText: () => text, env });
  const isDated = job.streams[draft.stream]?.window !== undefined;
  const lines: string[] = [];
  for (const daysAgo of isDated ? DAYS_AGO : [1]) {
    const today = startOfDay(civilAt(wallNow(), job.time_zone));
    const from = today - daysAgo * MINUTES_PER_DAY;
    const { line, body } = await request(job, draft.stream, from, dependencies);
    const sample = readSample(body, "response");
    const found = draftOfAnswers(answers, sample);
    const count = recordsIn(sample.body, answers.records ?? found.records).length;
    lines.push(`  ${line}: ${formatCount(count, "record")}`);
    if (count > 0) return { sample, lines, proposed: shownOf(found) };
  }
  throw new Failure("window", `Cannot propose anything: ${lines.join(";").trim()}`, {
    hint: "Answer the questions, or save a response with records and give it as --sample FILE",
  });
}

async function request(job: Job, stream: string, from: number, dependencies: ApiDependencies) {
  const once = { ...job, source: { ...job.source, retry: { ...job.source.retry, attempts: 1 } } };
  await using api = openApi(once, dependencies);
  const client = api.client(stream);
  const window = probeWindow(job, client.stream, from, dependencies.wallNow());
  const step = openPaginator(client.stream, job.source.url).first();
  const wire = renderRequest(job, client.stream, { window, each: {}, params: {} }, step);
  const { body, headers } = await client.send(wire, dependencies.signal);
  return { line: client.line(wire), body: decodeText(body, headers.get("content-type")) };
}

function shownOf({ records, tables, paging, guesses }: JobDraft): FirstResponse["proposed"] {
  const [table] = tables;
  const { by, ...rest } = paging ?? { by: "none" };
  const how = Object.entries(rest).map(([name, value]) => ` ${name} ${value}`).join(",");
  return {
    records: typeof records === "string" ? records || "the response is the array" : asText(records),
    key: table!.key.join(" "),
    columns: `all ${table!.columns.length}`,
    paging: `${by}${how === "" ? "" : `:${how}`}${
      guesses.paging === undefined ? "" : " (a guess)"
    }`,
  };
}

function asText(records: object): string {
  return Object.entries(records).map(([name, value]) => `${name}: ${value}`).join(", ");
}

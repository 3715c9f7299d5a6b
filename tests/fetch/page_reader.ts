// Opens an API client on a test server and reads the pages of units: a real HTTP client, a clock that never
// waits, all events kept.
import { assertRejects } from "@std/assert";
import type { FetchEvent } from "../../lib/fetch/fetch_event.ts";
import { fetchPages, type Page, type Unit } from "../../lib/fetch/fetch_pages.ts";
import { openApi } from "../../lib/fetch/api_client.ts";
import { Failure } from "../../lib/failure.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { jobOf, unitOf } from "./job.ts";

/** A client and what it did; its stream is `things`. */
export function setup(
  source: Record<string, unknown>,
  stream: Record<string, unknown> = {},
  env: Record<string, string> = {},
) {
  const clock = new FakeClock();
  const advancing = clock.autoAdvance();
  const control = new AbortController();
  const events: FetchEvent[] = [];
  const sleeps: number[] = [];
  const door = openApi(jobOf(source, stream), {
    env: (name) => env[name],
    clock: {
      now: clock.now,
      sleep: (ms, signal) => {
        if (ms > 0) sleeps.push(ms);
        return clock.sleep(ms, signal);
      },
    },
    wallNow: () => Date.UTC(2025, 0, 1),
    random: () => 0.5,
    signal: control.signal,
    onEvent: (event) => events.push(event),
  });
  return {
    ...{ door, control, events, sleeps },
    pages: (unit: Unit = unitOf()) => fetchPages(door, "things", unit, control.signal),
    count: (kind: FetchEvent["kind"]) => events.filter((event) => event.kind === kind).length,
    async [Symbol.asyncDispose]() {
      advancing[Symbol.dispose]();
      await door[Symbol.asyncDispose]();
    },
  };
}

/** The ids of all records; a page of index 0 voids those before. */
export async function ids(pages: AsyncIterable<Page>): Promise<number[]> {
  let all: number[] = [];
  for await (const page of pages) {
    if (page.index === 0) all = [];
    all.push(...page.records.map((record) => (record as { id: number }).id));
  }
  return all;
}

/** The failure of reading. */
export async function failureOf(pages: AsyncIterable<Page>): Promise<Failure> {
  return await assertRejects(() => ids(pages), Failure);
}

/** The numbers from `from` to before `to`. */
export const range = (from: number, to: number) =>
  Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);
/** Records with these ids. */
export const items = (from: number, to: number) => range(from, to).map((id) => ({ id }));

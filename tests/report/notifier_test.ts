import { assertEquals } from "@std/assert";
import type { RunEvent } from "../../lib/report/event.ts";
import { Notifier } from "../../lib/report/notifier.ts";
import { emptySummary } from "../../lib/report/summary.ts";

const HOUR_MS = 3_600_000;
const SINCE_MS = Date.UTC(2025, 0, 1, 2);

function waiting(hours: number, kind: "limit" | "outage" = "limit", sinceMs = SINCE_MS): RunEvent {
  const wait = { kind, reason: "the token abc", sinceMs, untilMs: sinceMs + hours * HOUR_MS };
  return { kind: "waiting", wait };
}

/** The texts that a webhook receives of a run with these events. */
async function reported(events: readonly RunEvent[], on: ("waiting" | "done")[] = ["waiting"]) {
  const texts: string[] = [];
  const notifier = new Notifier({
    ...{ events: on, job: "meters", run: "run-1", warn: () => {}, sleep: () => Promise.resolve() },
    mask: (text) => text.replaceAll("abc", "***"),
    post: (body) => {
      texts.push(JSON.parse(body).text);
      return Promise.resolve();
    },
  });
  for (const event of events) notifier.note(event);
  await notifier.finish({ ...emptySummary("run-1"), outcome: "done" }, undefined);
  return texts;
}

const REPORT = "Hindcast meters: waiting until 2025-01-01 04:00 UTC: the token ***";

Deno.test("Notifier reports a wait of more than an hour, once, with its secrets masked", async () => {
  assertEquals(await reported([waiting(1)]), []);
  assertEquals(await reported([waiting(2)]), [REPORT]);
  assertEquals(await reported([waiting(2), waiting(3)]), [REPORT]);
  assertEquals(await reported([waiting(2)], ["done"]).then((texts) => texts.length), 1);
});

Deno.test("Notifier reports an outage when it has lasted for an hour, and the next long wait again", async () => {
  const outage = [0.2, 0.9, 1.1, 1.5].map((hours) => waiting(hours, "outage"));
  assertEquals((await reported(outage)).length, 1);
  const later = waiting(2, "limit", SINCE_MS + 24 * HOUR_MS);
  assertEquals((await reported([...outage, { kind: "waiting", wait: null }, later])).length, 2);
});

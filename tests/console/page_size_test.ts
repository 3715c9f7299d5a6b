// The page of a long history: a hundred years of days in ten streams.
import { assert, assertEquals } from "@std/assert";
import { fragmentsOf, pageHtml } from "../../lib/console/page/page.tsx";
import type { ConsoleState, StreamState } from "../../lib/console/state/console_state.ts";
import { parseCivil } from "../../lib/plan/time/civil.ts";
import { sequence } from "../support/chance.ts";

const FROM = parseCivil("1926-01-01")!;
const TO = parseCivil("2026-01-01")!;

/** A stream whose days vary as much as days can: any number of records, every third day without one. */
function stream(name: string, seed: number): StreamState {
  const random = sequence(seed);
  const days = (TO - FROM) / 1440;
  const records = Float64Array.from(
    { length: days },
    () => random() < 1 / 3 ? 0 : Math.ceil(1000 * random()),
  );
  const empty = [...records].flatMap((count, at) =>
    count > 0 ? [] : [{ from: FROM + 1440 * at, to: FROM + 1440 * (at + 1) }]
  );
  const window = {
    from: FROM + 1440 * (365 * 50 + 7 * seed),
    to: FROM + 1440 * (365 * 50 + 7 * seed + 1),
  };
  return {
    ...{
      name,
      group: "",
      scope: "",
      isDated: true,
      feeds: [],
      coverage: [{ from: FROM, to: TO }],
      empty,
    },
    ...{ unsettled: [], gaps: [window], failed: [], rejected: [], fetched_at: null, items: 0 },
    ...{ rows: 0, values: 0, missing_values: 0, entries: [], otherScopes: [] },
    days: { firstDay: FROM / 1440, records, rows: records },
  };
}

Deno.test("a hundred years of days in ten streams take less than a megabyte, and each missing day is drawn", () => {
  const streams = Array.from({ length: 10 }, (_, at) => stream(`s${at}`, at + 1));
  const state: ConsoleState = {
    ...{ job: "long", target: "t", atMs: 0, timeZone: "UTC", streams, tables: {}, entries: [] },
    ...{
      runs: [],
      run: undefined,
      survey: undefined,
      limits: [],
      verified: undefined,
      workers: [],
      drift: [],
      archive: undefined,
    },
    update: undefined,
  };
  const fragments = fragmentsOf(
    { state, command: (text) => text, token: undefined },
    (text) => text,
  );
  const page = pageHtml(state, fragments);
  assert(new TextEncoder().encode(page).byteLength < 1_000_000, `${page.length} characters`);
  assertEquals(page.match(/<path class="missing" d="M\d+ \d+h1">/g)?.length, 10);
});

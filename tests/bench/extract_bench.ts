// Prints what mapping a page to rows costs, as a share of what JSON.parse of the page costs: the goal is
// at most 0.60. Pages are the sandbox's: 100 results, and 100 racecards, of about ten runners each,
// mapped by config/racing.yaml to eleven tables. Also how long pieces are in which long responses are decoded.
//
//     deno run --allow-read --allow-env tests/bench/extract_bench.ts
import { readJob } from "../../lib/config/read_job.ts";
import { compileExtractor, type ExtractedPage } from "../../lib/extract/extractor.ts";
import { noteClean } from "../../lib/extract/decode/clean_body.ts";
import { parseExactly } from "../../lib/extract/decode/exact_json.ts";
import { decodeBody } from "../../lib/extract/decode/read_body.ts";
import { racecardOf } from "../../lib/sandbox/world/racecard.ts";
import { type Race, racesOn } from "../../lib/sandbox/world/race.ts";
import { resultOf } from "../../lib/sandbox/world/result.ts";
import { REPOSITORY } from "../support/repository.ts";

const RECORDS = 100;
const ROUNDS = 12;
const REPEATS = 20;

/** Measures both streams and prints a line for each. */
export async function extractBench(): Promise<void> {
  const job = await readJob(`${REPOSITORY}config/racing.yaml`, {
    readText: (path) => Deno.readTextFile(path),
    env: (name) => name === "RACING_API_URL" ? "http://127.0.0.1" : "unused",
  });
  const races = [...someRaces()];
  const records = {
    results: races.map((race) => resultOf(race)),
    racecards: races.map(racecardOf),
  };
  for (const [stream, list] of Object.entries(records)) {
    const text = JSON.stringify({ [stream]: list, total: list.length });
    const { extract } = compileExtractor(job, stream);
    const rounds = Array.from({ length: ROUNDS }, () => {
      let [parsing, mapping] = [0, 0];
      for (let repeat = 0; repeat < REPEATS; repeat++) {
        const start = performance.now();
        const body = JSON.parse(text) as Record<string, unknown[]>;
        const parsed = performance.now();
        // As decodeBody does; apart, so that parsing is that of JSON.parse alone.
        noteClean(text, body);
        const before = performance.now();
        extract(pageOf(body[stream]!, body));
        parsing += (parsed - start) / REPEATS;
        mapping += (performance.now() - before) / REPEATS;
      }
      return { parsing, mapping };
    }).slice(1);
    const parsing = median(rounds.map((round) => round.parsing));
    const mapping = median(rounds.map((round) => round.mapping));
    const ratio = median(rounds.map((round) => round.mapping / round.parsing));
    const body = JSON.parse(text);
    const { sets, rejected } = extract(pageOf(body[stream], body));
    const rows = sets.reduce((sum, { rows }) => sum + rows.length, 0);
    const runners = races.reduce((sum, race) => sum + race.runners.length, 0);
    const perRunner = (mapping * 1000 / runners).toFixed(1);
    console.log(
      `${stream.padEnd(10)} ${
        (text.length / 1e6).toFixed(2)
      } MB  ${rows} rows  ${rejected.length} rejected  ` +
        `parse ${parsing.toFixed(2)} ms  map ${mapping.toFixed(2)} ms  ` +
        `${perRunner} us a runner  ratio ${ratio.toFixed(2)}`,
    );
  }
}

/** Decodes long responses and prints how long the event loop waits for the longest piece of each. */
function longAnswers(): void {
  const readings = Array.from(
    { length: 100_000 },
    (_, id) => ({ id, at: "2024-03-01T00:00:00Z", station: `station ${id % 50}`, value: id / 8 }),
  );
  const lines = readings.map((reading) => Object.values(reading).join(","));
  const texts = {
    json: JSON.stringify({ readings, total: readings.length }),
    ndjson: readings.map((reading) => JSON.stringify(reading)).join("\n"),
    csv: ["id,at,station,value", ...lines].join("\n"),
  };
  for (const [format, text] of Object.entries(texts)) {
    const rounds = Array.from({ length: ROUNDS }, () => {
      const work = decodeBody(text, { format: format as "json", records: ["readings"] });
      const pieces = [];
      for (let done = false; !done;) {
        const before = performance.now();
        done = work.next().done === true;
        pieces.push(performance.now() - before);
      }
      return { longest: Math.max(...pieces), whole: pieces.reduce((sum, ms) => sum + ms) };
    });
    const whole = median(rounds.map((round) => round.whole));
    const longest = median(rounds.map((round) => round.longest));
    console.log(
      `${format.padEnd(6)} ${(text.length / 1e6).toFixed(1)} MB decoded in ` +
        `${whole.toFixed(0)} ms, longest piece ${longest.toFixed(1)} ms`,
    );
  }
}

/** Prints what exact numbers cost: decoding and mapping, compared with JSON.parse and the same mapping. */
function exactNumbers(): void {
  const columns = ["open", "high", "low", "close"];
  const job = {
    time_zone: "UTC",
    nulls: [],
    tables: {
      candles: {
        key: ["id"],
        indexes: [],
        merge: "replace",
        columns: Object.fromEntries(
          ["id", ...columns].map((name) => [name, { type: "numeric" }]),
        ),
      },
    },
    streams: { candles: { rows: [{ table: "candles" }], records: {} } },
  } as unknown as Parameters<typeof compileExtractor>[0];
  const { extract } = compileExtractor(job, "candles");
  const candles = (digits: number, end: string) =>
    `[${
      Array.from({ length: 4000 }, (_, id) =>
        `{"id":${id},${
          columns.map((name, at) =>
            `"${name}":${(0.5 + id + at * 1.37).toFixed(digits)}${end}`
          )
        }}`)
    }]`;
  const texts = {
    "as floats": candles(4, "1"),
    "8 decimals": candles(4, "0137"),
    "1.10000000": candles(2, "000000"),
  };
  for (const [name, text] of Object.entries(texts)) {
    const flat = new TextDecoder().decode(new TextEncoder().encode(text));
    const timed = (parse: (text: string) => unknown) => {
      const before = performance.now();
      const body = parse(flat);
      extract(pageOf(body as unknown[], noteClean(flat, body)));
      return performance.now() - before;
    };
    const rounds = Array.from({ length: REPEATS }, () => [timed(JSON.parse), timed(parseExactly)]);
    const [rounded, exact] = [0, 1].map((at) => median(rounds.slice(4).map((one) => one[at]!)));
    console.log(
      `${name.padEnd(10)} ${(flat.length / 1e6).toFixed(1)} MB decoded and mapped: rounded ` +
        `${rounded!.toFixed(1)} ms, exact ${exact!.toFixed(1)} ms  ratio ${
          (exact! / rounded!).toFixed(2)
        }`,
    );
  }
}

function* someRaces(): Generator<Race> {
  let left = RECORDS;
  for (let day = 1; left > 0; day++) {
    for (const race of racesOn(`2025-05-${String(day).padStart(2, "0")}`)) {
      if (!race.abandoned && left-- > 0) yield race;
    }
  }
}

function pageOf(records: unknown[], body: unknown): ExtractedPage {
  return { records, body, header: () => null, window: null, each: {}, params: {} };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

if (import.meta.main) {
  await extractBench();
  longAnswers();
  exactNumbers();
}

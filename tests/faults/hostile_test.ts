// Hostile input from end to end: values made to break SQL, COPY, JSON, terminals or prototypes arrive in both databases
// as they were sent, and job files made to escape or to exhaust are refused with a sentence. The pieces
// are attacked one by one, with random cases, in tests/config, tests/extract, tests/fetch and tests/upsert.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { plainLines } from "../../lib/report/plain_lines.ts";
import { runTask } from "../support/run_task.ts";
import { tempDir } from "../support/temp.ts";
import { openBench } from "./in_process.ts";
import { figure } from "./long.ts";
import { daysOf, meterJob, type Reading, readingsOf, startMeters } from "./meter_api.ts";
import { copyPglite } from "./pglite_template.ts";
import { KINDS } from "./site.ts";

const TEXTS = [
  `'; DROP TABLE readings; --`,
  `"; DROP TABLE readings; --`,
  `\\'; DROP TABLE readings; --`,
  "\\.",
  "\\N",
  "\t\n\r\b\f\v",
  "$1 $$ ${x} {from} {{x}} %s %n",
  "__proto__",
  "constructor",
  "toString",
  "null",
  "NULL",
  "{a,b}",
  '{"a":1}',
  "../../../etc/passwd",
  "<script>alert(1)</script>",
  "\u001b[2J\u001b]0;title\u0007",
  "\u202e\u200b\ufeff",
  "\u{10ffff}\u{1f468}\u200d\u{1f469}",
  "E'\\x00'",
  "a".repeat(2000),
  "=1+1",
];

const DAY = daysOf("2024-01-01", "2024-02-01").find((day) => readingsOf(day).length > 0)!;

/** Readings with those strings as keys, values and member names. */
const HOSTILE: Reading[] = TEXTS.map((text, at) => ({
  ...readingsOf(DAY)[0]!,
  id: `${at}${text}`,
  note: text,
  tags: [text, `${text}"`, `{${text}}`],
  raw: JSON.parse(`{${JSON.stringify(text)}: [${JSON.stringify(text)}], "__proto__": {"x": 1}}`),
  meter: { id: text.slice(0, 100), name: text },
}));

for (const kind of KINDS) {
  Deno.test(`backfill() into ${kind} stores hostile values unchanged`, async () => {
    await using api = startMeters(() => ({ total: HOSTILE.length, readings: HOSTILE }));
    using dir = tempDir();
    if (kind === "pglite") await copyPglite(dir.file("db"));
    const options = kind === "pglite" ? { url: `pglite:${dir.file("db")}` } : {};
    const job = meterJob(api.url).replace(
      /name: meter.name/,
      "name: { path: meter.name, trim: false }",
    )
      .replace("tags: tags", 'tags: { path: tags, trim: false, nulls: [""] }')
      .replace("size: 20", "size: 100");
    await using bench = await openBench(job, options);
    const { summary } = await bench.run(DAY, DAY);
    assertEquals([summary.outcome, summary.rejected], ["done", 0]);
    const { readings } = await bench.rows() as { readings: Reading[] };
    assertEquals(readings.length, HOSTILE.length);
    for (const { id, note, tags, raw } of HOSTILE) {
      const row = readings.find((row) => row.id === id.trim());
      assertEquals([row?.note, row?.tags], [note, tags], id);
      assertEquals(JSON.stringify(Object.entries(row!.raw as object).sort()), sorted(raw), id);
    }
    assertEquals(({} as Record<string, unknown>).x, undefined);
  });
}

Deno.test("backfill() prints no control sequences to a terminal", async () => {
  const obeyed = "\u001b[2J\u001b]0;title\u0007\u009b31m\r\u202e";
  const [first] = HOSTILE;
  const answers: Record<string, () => unknown> = {
    "01": () => new Response(obeyed, { status: 500 }),
    "02": () => Response.json({ detail: obeyed }, { status: 422 }),
    "03": () => new Response(`<title>${obeyed}</title>`),
    "04": () => ({ total: obeyed, readings: [] }),
    "05": () => ({ total: 1, readings: [{ ...first, day: "2024-01-05", count: obeyed }] }),
    "06": () => ({ total: 1, readings: [{ ...first, day: obeyed }] }),
    "07": () => ({ total: 1, readings: [obeyed] }),
  };
  await using api = startMeters(({ from }) => answers[from.slice(-2)]?.());
  await using bench = await openBench(meterJob(api.url));
  const { events, summary } = await bench.run("2024-01-01", "2024-01-07");
  assertEquals([summary.windows.failed, summary.rejected], [4, 3]);
  const logs = Array.from(Deno.readDirSync(bench.logs), ({ name }) => name)
    .filter((name) => name.endsWith(".log"))
    .map((name) => Deno.readTextFileSync(`${bench.logs}/${name}`));
  const entries = (await bench.retryEntries()).map(({ reason }) => reason);
  const shown = [...events.flatMap(plainLines), ...logs, ...entries];
  for (const text of shown) {
    // deno-lint-ignore no-control-regex
    const at = text.search(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
    assert(at < 0, JSON.stringify(text.slice(Math.max(0, at - 100), at + 100)));
  }
});

function sorted(value: unknown): string {
  return JSON.stringify(Object.entries(value as object).sort());
}

/** Job files that request what they must not have, and the message for each. */
const ESCAPES: Record<string, [from: string, to: string, says: string]> = {
  "a table's name with a quote": [
    "  readings:\n    key",
    "  'a\"; DROP TABLE x':\n    key",
    "name",
  ],
  "a column's name with a semicolon": ["note: text", '"n;": text', "name"],
  "a group that is a path": ["window: day", "window: day\n    group: ../../x", "a name"],
  "a job that is a path": ["job: meters", "job: ../../x", "a name"],
  "an included file above": ["job: meters", "job: meters\ninclude: ../../../etc/passwd", "include"],
  "an included file elsewhere": ["job: meters", "job: meters\ninclude: /etc/passwd", "include"],
  "a source that is a file": ["url: http", "url: file:///etc/passwd?", "https URL"],
  "a table of Hindcast's own": ["  meters:\n", "  hindcast_windows:\n", "hindcast"],
};

Deno.test("check refuses job files that try to escape, each with a message", async () => {
  await using dir = tempDir();
  const fine = meterJob("http://127.0.0.1:1");
  const files: string[] = [];
  for (const [at, [from, to]] of Object.values(ESCAPES).entries()) {
    assert(fine.includes(from), from);
    files.push(dir.file(`job${at}.yaml`));
    await Deno.writeTextFile(files.at(-1)!, fine.replace(from, to));
  }
  const { code, stdout } = await runTask("check", ["--json", ...files]);
  assertEquals(code, 2);
  const answer = JSON.parse(stdout) as { files: { problems: { message: string }[] }[] };
  for (const [at, [what, [, , says]]] of Object.entries(ESCAPES).entries()) {
    const text = JSON.stringify(answer.files[at]!.problems);
    assert(answer.files[at]!.problems.length > 0, what);
    assertStringIncludes(text, says, what);
  }
});

Deno.test("check finishes quickly on a file crafted to exhaust it", async () => {
  await using dir = tempDir();
  const bombs = [
    `a: ${"[".repeat(100_000)}${"]".repeat(100_000)}`,
    "a: &a [x,x,x,x,x,x,x,x,x]\n" +
    "bcdefghi".split("").map((name, at) =>
      `${name}: &${name} [${Array(9).fill(`*${"abcdefghi"[at]}`).join(",")}]`
    ).join("\n"),
    "a: [" + "1,".repeat(400_000) + "1]",
    Array.from({ length: 15_000 }, (_, at) => `key${at}: 1`).join("\n"),
  ];
  for (const [at, bomb] of bombs.entries()) {
    await Deno.writeTextFile(dir.file(`bomb${at}.yaml`), bomb);
    const from = performance.now();
    const { code } = await runTask("check", [dir.file(`bomb${at}.yaml`)], { timeoutMs: 10_000 });
    assertEquals(code, 2);
    figure(
      `check refuses bomb ${at} in ${Math.round(performance.now() - from)} ms, its start included`,
    );
  }
});

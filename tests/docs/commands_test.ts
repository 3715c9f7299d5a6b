// Runs every command of the README, the guide and the pages beside it as a reader does, and compares what it
// prints and the JSON fields that it promises. One place and one sandbox serve all pages, because the guide
// is one path from nothing to a verified database.
//
// HINDCAST_DOCS=write puts what was printed into the pages wherever they show something else.
import { assert, assertEquals } from "@std/assert";
import { REPOSITORY } from "../support/repository.ts";
import { type Way, wayOf } from "./how_to_run.ts";
import { fieldsNamed, fieldsOf } from "./json_fields.ts";
import { differences, isLike } from "./likeness.ts";
import { commandsOf, type Documented, readPage, section } from "./pages.ts";
import { openPlace, type Place, type Printed } from "./place.ts";

/** The pages whose commands run, in the order in which one place runs them. */
const RUN = [
  "docs/guide.md",
  "README.md",
  "docs/reference.md",
  "docs/changing.md",
  "docs/deploy.md",
];
/** The page that promises the fields of JSON output. */
const REFERENCE = "docs/reference.md";
const IS_WRITING = Deno.env.get("HINDCAST_DOCS") === "write";

Deno.test("every command of the pages runs and prints what its page shows", async (t) => {
  await using place = await openPlace();
  const answers = new Map<string, unknown[]>();
  const pages = RUN.map((page) => ({ page, commands: commandsToRun(page) }));
  const aside = runAside(place, pages.flatMap(({ commands }) => commands));
  for (const { page, commands } of pages) {
    const shown: Shown[] = [];
    const inOrder = [
      ...commands.filter(({ one }) => !aside.has(one)),
      ...commands.filter(({ one }) => aside.has(one)),
    ];
    for (const { one, way } of inOrder) {
      await t.step(`${page}:${one.line}: ${one.command}`, async () => {
        const printed = await (aside.get(one) ?? place.run(way.as ?? one.command, way));
        shown.push({ one, printed });
        check(one, way, printed);
      });
      // What the faulty days left is there now, and healed later.
      if (way.faulty) await collectErrors(place, answers);
    }
    if (IS_WRITING) await write(page, shown);
  }
  await collect(place, answers);
  for (const [heading, values] of answers) {
    await t.step(`${REFERENCE}: the fields of ${heading}`, () => compareFields(heading, values));
  }
});

/** A command and how it is run. */
interface Step {
  readonly one: Documented;
  readonly way: Way;
}

/** Commands that no page has shown before; says of the others why they are not run. */
function commandsToRun(page: string): Step[] {
  const steps: Step[] = [];
  for (const one of commandsOf(page)) {
    if (one.output === undefined && seen.has(one.command)) continue;
    seen.add(one.command);
    const way = wayOf(one.command);
    if (way.reason === undefined) steps.push({ one, way });
    else console.log(`not run: ${one.command}: ${way.reason}`);
  }
  return steps;
}

const seen = new Set<string>();

/** Runs what has a database of its own, one after the other, beside everything else. */
function runAside(place: Place, steps: readonly Step[]): Map<Documented, Promise<Printed>> {
  let last: Promise<unknown> = Promise.resolve();
  const started = steps.filter(({ way }) => way.apart).map(({ one, way }) => {
    const printed = last.then(() => place.run(way.as ?? one.command, way));
    last = printed.catch(() => {});
    return [one, printed] as const;
  });
  return new Map(started);
}

interface Shown {
  readonly one: Documented;
  readonly printed: Printed;
}

/** Whether a command did what the page says; `sh` blocks promise that it works. */
function check({ output, command }: Documented, way: Way, { code, text }: Printed): void {
  if (output === undefined) {
    assert(code === 0 || way.stopAt !== undefined, `${command} exits with ${code}: ${text}`);
    return;
  }
  const expected = output.filter((line) => line !== "^C");
  const printed = text.split("\n");
  const isAsShown = isLike(expected, printed, way.loose === true);
  const what = `${command}: shown is\n${expected.join("\n")}\nprinted was\n${text}`;
  assert(isAsShown || IS_WRITING, `${what}\n${differences(expected, printed)}`);
}

/** Puts what was printed where something else is shown, last first, so that line numbers hold. */
async function write(page: string, shown: readonly Shown[]): Promise<void> {
  const lines = readPage(page).split("\n");
  const fromLast = shown.toSorted((a, b) => b.one.line - a.one.line);
  for (const { one, printed } of fromLast) {
    const { output, outputLine } = one;
    if (output === undefined) continue;
    const { loose = false, stopAt } = wayOf(one.command);
    const own = output.filter((line) => line !== "^C");
    const isEmpty = own.every((line) => line === "");
    if (!isEmpty && isLike(own, printed.text.split("\n"), loose)) continue;
    const text = printed.text === "" ? [] : asReaderSees(printed.text).split("\n");
    const fresh = output.includes("^C") ? withKey(text, stopAt ?? "") : text;
    lines.splice(outputLine - 1, output.length, ...fresh);
  }
  await Deno.writeTextFile(`${REPOSITORY}${page}`, lines.join("\n"));
}

/** The reader has the embedded database. */
function asReaderSees(text: string): string {
  return text.trimEnd()
    .replace(/postgres:\/\/hindcast@[\w.:]+\/\w+/g, "pglite:./data/db")
    .replace(/"hindcast" may create/, '"postgres" may create');
}

/** Shows where the key was pressed. */
function withKey(lines: string[], stopAt: string): string[] {
  const at = lines.findIndex((line) => line.includes("stopping"));
  const from = at < 0 ? lines.findIndex((line) => line.includes(stopAt)) + 1 : at;
  return lines.toSpliced(from, 0, "^C");
}

const RANGE = "--start-date 2025-10-13 --end-date 2025-10-13";

async function collectErrors(place: Place, answers: Map<string, unknown[]>): Promise<void> {
  await Promise.all([
    add(place, answers, "status --json"),
    add(place, answers, "errors --json"),
    add(place, answers, "verify --json"),
  ]);
}

/** Real responses of every command that has --json. */
async function collect(place: Place, answers: Map<string, unknown[]>): Promise<void> {
  for (const [name, text] of Object.entries(JOBS)) {
    await Deno.writeTextFile(place.folder.file(name), text);
  }
  await Promise.all([
    add(place, answers, "doctor --json"),
    add(place, answers, "check --json", "config/racing.yaml unread.yaml"),
    add(place, answers, "probe --json", "--stream racecards --date 2025-10-13"),
    add(place, answers, "probe --json", "misfit.yaml --date 2025-10-13"),
    add(place, answers, "probe --json", "astray.yaml --date 2025-10-13"),
    addServed(place, answers),
  ]);
  await add(place, answers, "backfill --check-status --json", RANGE);
  const some = `--only racecards --region-codes gb ${RANGE}`;
  await add(place, answers, "backfill --json", some);
  await add(place, answers, "status --json");
  await add(place, answers, "checkpoint --rebuild --json");
}

/** Jobs with mistakes: one that cannot be read, one whose values do not fit, one whose records are not there. */
const JOBS = {
  "unread.yaml": "job: unread\nsurce: {}\n",
  "misfit.yaml": racecards("racecards", "course"),
  "astray.yaml": racecards("cards", "field_size"),
};

function racecards(records: string, path: string): string {
  return `job: mistaken
start: 2025-01-01
source:
  url: \${RACING_API_URL}
  auth: { basic: { username: "\${RACING_API_USERNAME}", password: "\${RACING_API_PASSWORD}" } }
tables:
  races: { key: id, columns: { id: text, runners: integer } }
streams:
  races:
    request: { path: /v1/racecards/pro, query: { date: "{from}" } }
    window: day
    records: ${records}
    rows: { table: races, columns: { id: race_id, runners: ${path} } }
`;
}

async function add(place: Place, answers: Map<string, unknown[]>, command: string, rest = "") {
  // Files stand behind the name of their command.
  const [name, ...flags] = command.split(" ");
  const { text } = await place.run(`deno task ${name} ${rest} ${flags.join(" ")} 2>/dev/null`);
  const heading = `### \`${command}\``;
  answers.set(heading, [...answers.get(heading) ?? [], JSON.parse(text)]);
}

/** What the status page shows after the update that the guide does with --once. */
async function addServed(place: Place, answers: Map<string, unknown[]>): Promise<void> {
  const { port } = freePort();
  const env = { PORT: String(port) };
  const serving = place.run("deno task cron", { apart: true, env });
  const view = await untilServed(`http://127.0.0.1:${port}/status.json`);
  answers.set("### `/status.json` of `deno task cron`", [view]);
  place.stop();
  await serving;
}

function freePort(): { port: number } {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return { port: listener.addr.port };
}

async function untilServed(url: string): Promise<unknown> {
  for (let tries = 0; tries < 200; tries++) {
    try {
      return await (await fetch(url)).json();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  throw new Error(`Cannot reach ${url}`);
}

function compareFields(heading: string, values: readonly unknown[]): void {
  const page = readPage(REFERENCE);
  const status = fieldsNamed(section(page, "### `status --json`"));
  const backfill = fieldsNamed(section(page, "### `backfill --json`"));
  const named = fieldsNamed(section(page, heading)).flatMap((field) => {
    if (!field.endsWith(".*")) return [field];
    if (field.endsWith("summary.*")) return backfill.map((one) => field.replace("*", one));
    const start = field.slice(0, -1);
    const summary = status.includes("runs[].summary.*")
      ? backfill.map((one) => `runs[].summary.${one}`)
      : [];
    return [...status.filter((one) => !one.endsWith(".*")), ...summary]
      .filter((one) => one.startsWith(start) && !/\.(scopes|values|missing_values)$/.test(one));
  });
  const seen = fieldsOf(values);
  const isNamed = (field: string) =>
    named.some((name) =>
      name === field || /^(\[\]|\.)/.test(name.slice(field.length)) && name.startsWith(field)
    );
  assertEquals([...seen].filter((field) => !isNamed(field)), [], "not named in the reference");
  const missing = named.filter((field) => !seen.has(field) && !mayBeAbsent(heading, field));
  assertEquals(missing, [], "not in a real output");
}

/** What a response has only in other circumstances than the test's. */
function mayBeAbsent(heading: string, field: string): boolean {
  // Only a run on a server may have several workers; the place of the documentation is embedded.
  if (field.startsWith("workers[]")) return true;
  // Its jobs archive nothing.
  if (field.startsWith("archive.")) return true;
  if (/^drift\[\]|\.vanished$|windows\.left$/.test(field)) return true;
  // Only streams whose `settle` lists ages are due at an instant.
  if (field.includes(".due.")) return true;
  return heading.includes("cron") && /(failed|rejected)\[\]|params\.<name>/.test(field);
}

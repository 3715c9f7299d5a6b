// What the pages name exists: tasks, flags, files, links, headings, and jobs that can be read.
import { assert, assertEquals, assertMatch } from "@std/assert";
import week from "vega-datasets/data/earthquakes.json" with { type: "json" };
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { readJob } from "../../lib/config/read_job.ts";
import { serveFdsn } from "../jobs/fdsn_server.ts";
import { openWorld } from "../jobs/world.ts";
import { REPOSITORY } from "../support/repository.ts";
import { sourceFiles } from "../support/source_files.ts";
import { blocksOf, codeSpans, commandsOf, PAGES, proseOf, readPage, section } from "./pages.ts";

Deno.test("no page contains the marks of a merge conflict", () => {
  assertEquals(PAGES.filter((page) => /^(<{7}|>{7}) /m.test(readPage(page))), []);
});

Deno.test("every task that a page names exists", () => {
  const { tasks } = JSON.parse(readPage("deno.json")) as { tasks: Record<string, unknown> };
  const named = PAGES.flatMap((page) =>
    [...readPage(page).matchAll(/deno(?:@[\d.]+)? task (?:--quiet )?([a-z][a-z:]*)/g)]
      .map((match) => match[1]!)
  );
  assert(named.length > 50);
  assertEquals([...new Set(named)].filter((name) => !Object.hasOwn(tasks, name)), []);
});

Deno.test("every task is named on a page, and its description is a sentence", () => {
  const { tasks } = JSON.parse(readPage("deno.json")) as {
    tasks: Record<string, { description: string }>;
  };
  const pages = PAGES.map(readPage).join("\n");
  const isPart = (name: string) => /^(fmt:check|lint|types|test:long)$/.test(name);
  for (const [name, { description }] of Object.entries(tasks)) {
    assert(description.length > 3, name);
    assert(
      isPart(name) || new RegExp(`deno(@[\\d.]+)? task (--quiet )?${name}\\b`).test(pages),
      `no page names ${name}`,
    );
  }
});

Deno.test("every link between pages resolves, to its heading", () => {
  const broken = PAGES.flatMap((page) =>
    [...proseOf(readPage(page)).matchAll(/\]\(([^)\s]+)\)/g)]
      .map((match) => match[1]!)
      .filter((link) => !/^https?:/.test(link) && !resolves(page, link))
      .map((link) => `${page}: ${link}`)
  );
  assertEquals(broken, []);
});

function resolves(page: string, link: string): boolean {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? page : join(dirname(page), path);
  if (!existsSync(`${REPOSITORY}${target}`)) return false;
  return anchor === undefined || anchorsOf(readPage(target)).includes(anchor);
}

/** The anchors of headings, as GitHub makes them. */
function anchorsOf(text: string): string[] {
  return [...proseOf(text).matchAll(/^#+ (.*)$/gm)].map((match) =>
    match[1]!.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-")
  );
}

Deno.test("every file that a page names exists", () => {
  const file = /^(lib|tasks|tests|config|docs)\/[\w./]+\.(ts|yaml|md|json)$/;
  const missing = PAGES.flatMap((page) =>
    codeSpans(readPage(page))
      .filter((span) => file.test(span) && !existsSync(`${REPOSITORY}${span}`))
      .map((span) => `${page}: ${span}`)
  );
  assertEquals(missing, []);
});

Deno.test("each line of docs/operations.md names one test, and marks a test that does not always run", () => {
  const lines = section(readPage("docs/operations.md"), "## Injected faults").split("\n")
    .filter((line) => /^\| (?!broken|-)/.test(line));
  assert(lines.length > 30);
  for (const line of lines) {
    const tests = [...line.matchAll(/`(tests\/[\w./]+)`/g)].map((match) => match[1]!);
    assertEquals(tests.length, 1, line);
    const text = readPage(tests[0]!);
    assertMatch(text, /\bDeno\.test\(|longTest\(/, line);
    if (line.includes("(_long_)")) assertMatch(text, /longTest\(/, line);
    if (line.includes("(_mount_)")) assertMatch(text, /tiny_disk/, line);
  }
  const marked = (mark: string) =>
    new Set(lines.flatMap((line) => line.includes(mark) ? line.match(/tests\/[\w./]+/) : []));
  const faults = sourceFiles("tests/faults").filter(({ path }) => path.endsWith("_test.ts"));
  for (const { path, text } of faults) {
    assertEquals(
      marked("(_long_)").has(path),
      text.includes("longTest("),
      `${path} and the mark "long"`,
    );
    assertEquals(
      marked("(_mount_)").has(path),
      text.includes("tiny_disk"),
      `${path} and the mark "mount"`,
    );
  }
});

Deno.test("every message that docs/operations.md explains is printed by the program or by one of its tests", () => {
  const [, table = ""] = readPage("docs/operations.md").split("## What to do about a message");
  const sources = ["lib", "tasks", "tests"].flatMap((folder) => sourceFiles(folder));
  const said = sources.map(({ text }) => text).join("\n").replaceAll(/\$\{MOST_REFUSED\}/g, "100");
  const messages = [...table.matchAll(/^\| `([^`]+)`/gm)].map((match) => match[1]!);
  assert(messages.length > 5);
  const parts = messages.flatMap((message) => message.split("...").map((part) => part.trim()))
    .filter((part) => part.length > 1);
  assertEquals(parts.filter((part) => !said.includes(part)), []);
});

Deno.test("every flag that a page passes to a command exists", async () => {
  const lines = [
    "README.md",
    "docs/guide.md",
    "docs/reference.md",
    "docs/changing.md",
    "docs/deploy.md",
  ].flatMap((
    page,
  ) => [
    ...commandsOf(page).map(({ command }) => command),
    ...codeSpans(readPage(page)),
  ]);
  const used = new Map<string, Set<string>>();
  for (const line of lines) {
    const [, command, rest] = /\btask ([a-z]+)(?::\w+)?((?: .*)?)$/.exec(line) ?? [];
    if (command === undefined || rest === undefined) continue;
    const flags = [...rest.matchAll(/(?<= )--([a-z-]+)/g)].map((match) => match[1]!);
    const known = used.get(command) ?? new Set();
    used.set(command, new Set([...known, ...flags]));
  }
  // What stands alone between backticks is a flag of some command.
  const alone = lines.flatMap((line) => /^--([a-z-]+)( |$)/.exec(line)?.[1] ?? []);
  const all = new Set<string>();
  for (const [command, flags] of used) {
    if (flags.size === 0 || command === "test") continue;
    const help = await helpOf(command);
    const has = new Set([...help.matchAll(/^ {2}--([a-z-]+)/gm)].map((match) => match[1]!));
    for (const flag of has) all.add(flag);
    // A flag that a command is shown not to have.
    const wrong = [...flags].filter((flag) => !has.has(flag) && flag !== "start-dat");
    assertEquals(wrong, [], `of deno task ${command}`);
  }
  assertEquals(alone.filter((flag) => !all.has(flag)), []);
});

async function helpOf(command: string): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", command, "--help"],
    cwd: REPOSITORY,
    env: { NO_COLOR: "1" },
  }).output();
  return new TextDecoder().decode(stdout);
}

Deno.test("every job that a page shows can be read", async () => {
  const jobs = PAGES.flatMap((page) =>
    blocksOf(readPage(page))
      .filter(({ language, lines }) => language === "yaml" && isJob(lines))
      .map(({ line, lines }) => [`${page}:${line}`, lines.join("\n")] as const)
  );
  assert(jobs.length > 0);
  for (const [place, text] of jobs) await readJob(place, readerOf(text));
});

/** The rest shows parts of jobs. */
function isJob(lines: readonly string[]): boolean {
  return lines.some((line) => /^job:/.test(line));
}

function readerOf(text: string) {
  return { readText: () => text, env: () => undefined };
}

Deno.test("every job in config/ names the schema for editors, and can be read", async () => {
  const files = [...Deno.readDirSync(`${REPOSITORY}config`)]
    .map(({ name }) => name).filter((name) => name.endsWith(".yaml"));
  for (const name of files) {
    const text = readPage(`config/${name}`);
    assert(/^# yaml-language-server: \$schema=(\.\/)?job\.schema\.json\n/.test(text), name);
    await readJob(name, readerOf(text));
  }
});

Deno.test("the editor settings apply the schema to the jobs", () => {
  const settings = JSON.parse(readPage(".vscode/settings.json"));
  const [schema] = Object.keys(settings["yaml.schemas"]);
  assert(existsSync(`${REPOSITORY}${schema}`));
  assertEquals(settings["yaml.schemas"][schema!][0], "config/*.yaml");
  assertEquals(settings["deno.enable"], true);
  const { recommendations } = JSON.parse(readPage(".vscode/extensions.json"));
  assertEquals(recommendations, ["denoland.vscode-deno", "redhat.vscode-yaml"]);
});

Deno.test("the job in the README loads every earthquake of a real week", async () => {
  const block = blocksOf(readPage("README.md")).find(({ lines }) => lines.includes("job: quakes"))!;
  await using server = serveFdsn(week.features);
  const text = block.lines.slice(block.lines.indexOf("job: quakes")).join("\n")
    .replace("https://earthquake.usgs.gov", server.url);
  await using world = await openWorld({ job: text });
  const { summary } = await world.backfill("--start-date 2018-01-31 --end-date 2018-02-07");
  assertEquals([summary.outcome, summary.rejected, summary.rows.quakes?.inserted], [
    "done",
    0,
    week.features.length,
  ]);
  const [row] = await world.query("SELECT sum(magnitude) AS sum, max(at) AS last FROM quakes");
  const sum = week.features.reduce((sum, { properties }) => sum + (properties.mag ?? 0), 0);
  const last = Math.max(...week.features.map(({ properties }) => properties.time));
  assertEquals([Math.round(Number(row!.sum)), Date.parse(String(row!.last))], [
    Math.round(sum),
    last,
  ]);
});

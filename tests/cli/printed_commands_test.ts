// Reads every command that the code can print, from its text: each exists, has only flags that exist, and ends where
// the sentence continues, so that it can be pasted. tests/journeys/pasted_commands_test.ts runs the printed ones.
import { assert, assertEquals } from "@std/assert";
import { FLAGS as INIT_FLAGS } from "../../lib/cli/init/arguments.ts";
import { PROGRAM_NAMES } from "../../lib/cli/launch/needs.ts";
import { runFlags, selectionFlags } from "../../lib/cli/run_options.ts";
import { sourceFiles } from "../support/source_files.ts";

const LIB = sourceFiles("lib");
const TASKS = sourceFiles("tasks");

/** Commands whose words may be more than flags. */
const TAKES_WORDS = /^(check|probe|query|archive|new)$/;

/** Stands for what an expression in a template prints. */
const VALUE = "VALUE";

type Kind = "switch" | "value" | "list";

/** The flags that a task declares, and those that it shares with `backfill`. */
function flagsOf(command: string): ReadonlyMap<string, Kind> {
  const { code } = TASKS.find(({ path }) => path === `tasks/${command}.ts`)!;
  const own = [...code.matchAll(/^ +"?([\w-]+)"?: \{\s*kind: "(\w+)"/gm)]
    .map(([, name, kind]) => [name!, kind as Kind] as const);
  const elsewhere = command === "init"
    ? INIT_FLAGS
    : command === "backfill"
    ? runFlags(undefined)
    : /^(status|cron)$/.test(command)
    ? selectionFlags(undefined)
    : {};
  const shared = Object.entries(elsewhere).map(([name, { kind }]) => [name, kind] as const);
  return new Map<string, Kind>([...shared, ...own, ["help", "switch"], ["verbose", "switch"]]);
}

/** The commands in the strings of a module: the words after `deno task`. */
function commandsIn(code: string): string[] {
  const text = code.replace(/\$\{[^{}]*(\{[^{}]*\}[^{}]*)*\}/g, ` ${VALUE} `);
  return [...text.matchAll(/\bdeno task ([a-z](?:[^`"',;:\n\\()]|:(?=\S))*)/g)].map(([, words]) =>
    words!.trim()
  );
}

/** Why a command cannot be pasted; undefined if it can. */
function problemOf(command: string): string | undefined {
  const [name, ...words] = command.split(/\s+/);
  if (!PROGRAM_NAMES.includes(name!)) return `there is no command "${name}"`;
  const flags = flagsOf(name!);
  let values = 0;
  for (const word of words) {
    const [, flag, value] = /^--([\w-]+)(=.*)?$/.exec(word) ?? [];
    const kind = flag === undefined ? undefined : flags.get(flag);
    if (flag !== undefined && kind === undefined) return `there is no flag --${flag}`;
    if (kind !== undefined) {
      values = value !== undefined || kind === "switch" ? 0 : kind === "value" ? 1 : Infinity;
    } else if (word !== VALUE && values-- <= 0 && !TAKES_WORDS.test(name!)) {
      return `"${word}" is not part of it`;
    }
  }
  return undefined;
}

Deno.test("every command in a message exists, has its flags, and ends where the sentence continues", () => {
  const generated = /^lib\/config\/schema\/(reference_page|json_schema)\.ts$/;
  const found = [...LIB, ...TASKS].filter(({ path }) => !generated.test(path))
    .flatMap(({ path, code }) => commandsIn(code).map((command) => ({ path, command })));
  assert(found.length > 70, `only ${found.length} commands were found`);
  assert(found.some(({ command }) => command === "backfill --resume"));
  const wrong = found.flatMap(({ path, command }) => {
    const problem = problemOf(command);
    return problem === undefined ? [] : [`${path}: deno task ${command}: ${problem}`];
  });
  assertEquals(wrong, []);
});

Deno.test("problemOf() notices unknown commands and flags, and words that are not part of a command", () => {
  assertEquals(problemOf("backfil --resume"), 'there is no command "backfil"');
  assertEquals(problemOf("backfill --resum"), "there is no flag --resum");
  assertEquals(problemOf("errors --clear accepts it"), '"accepts" is not part of it');
  assertEquals(problemOf("backfill --start-date 2025-01-01 --only a b --resume"), undefined);
  assertEquals(problemOf("check VALUE"), undefined);
});

Deno.test("every command has a help text that names it", () => {
  const silent = PROGRAM_NAMES.filter((name) => {
    const { code } = TASKS.find(({ path }) => path === `tasks/${name}.ts`)!;
    return !new RegExp(`helpText\\(\\s*["'\`]${name}\\b`).test(code);
  });
  assertEquals(silent, []);
});

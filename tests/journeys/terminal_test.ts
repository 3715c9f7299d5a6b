// What a user sees on a real terminal: a run at three sizes, through resizes and Ctrl+C, and `status`.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { delay } from "@std/async/delay";
import { openSql } from "../faults/sql.ts";
import { REPOSITORY } from "../support/repository.ts";
import { hasTmux, openTerminal } from "../support/terminal.ts";
import { spawnTask } from "../support/run_task.ts";
import { setupCommands } from "./commands.ts";

/** Lines of the progress of a run as a whole. */
const WHOLE = /^ *\d+ % .* of 40 windows/;

/** The same on several lines, each of which fits. */
const IN_LINES = /of 40 windows[^\n]*\n {6}\S[^\n]*(\n {6}[^\n]*)?until/;

Deno.test({
  name:
    "on a terminal a run survives Enter, resizes and Ctrl+C without leftovers, and status fits the width (tmux)",
  ignore: !hasTmux(),
  fn: async () => {
    await using commands = await setupCommands({ latencyMs: 600 });
    await using terminal = await openTerminal({
      ...{ columns: 80, rows: 24, cwd: REPOSITORY, env: commands.env },
    });
    const task = `${Deno.execPath()} task --quiet`;
    const range = "--only racecards --start-date 2025-08-01 --end-date 2025-09-09";
    await terminal.type(`clear; ${task} backfill ${range}`, "Enter");
    const begun = await terminal.shows(/[1-9]\d* of 40 windows/);
    await terminal.type("Enter", "ls", "Enter");
    const [, before] = /(\d+) of 40 windows/.exec(begun.join("\n"))!;
    await terminal.shows(new RegExp(`(?<!\\b${before}) of 40 windows`));
    for (const [columns, rows] of [[60, 20], [200, 30], [80, 24]] as const) {
      await terminal.resize(columns, rows);
      const shown = await terminal.shows(columns === 200 ? /of 40 windows.*until/ : IN_LINES);
      const progress = shown.slice(shown.findIndex((line) => WHOLE.test(line)));
      assert(progress.every((line) => line.length < columns), shown.join("\n"));
    }
    // tmux reports a second resize within a quarter of a second only after that time.
    for (const columns of [130, 60, 110, 70, 200, 80]) await terminal.resize(columns, 24);
    await terminal.shows(IN_LINES);
    await terminal.type("C-c");
    await terminal.shows("next   deno task backfill --resume");
    const history = await terminal.history();
    const text = history.join("\n");
    assertEquals(history.filter((line) => WHOLE.test(line)).length, 1, text);
    assertEquals(history.filter((line) => /^racecards +█/.test(line)).length, 1, text);
    assertEquals(history.filter((line) => line.startsWith("stopping")).length, 1, text);
    const [, done] = /^interrupted: (\d+) of 40 windows/m.exec(text) ?? [];
    assert(Number(done) > 0 && Number(done) < 40, text);
    assert(!text.includes("^C"), text);
    assertEquals(await terminal.flag("cursor_flag"), "1");

    await terminal.type(`clear; ${task} status --only racecards --watch`, "Enter");
    const status = await terminal.shows("missing  × failed");
    assertMatch(status[0]!, /^job racing in postgres:/);
    assertMatch(status.join("\n"), new RegExp(`racecards +\\d+ % {2}[█▓]{${done}}_+`));
    assertEquals(await terminal.flag("alternate_on"), "1");
    await terminal.resize(60, 24);
    await terminal.shows(/_ missing\n +× failed/);
    await terminal.type("C-c");
    await terminal.shows(/^[#$]$/m);
    assertEquals(await terminal.flag("alternate_on"), "0");
    assertEquals(await terminal.flag("cursor_flag"), "1");
  },
});

Deno.test({
  name: "on a terminal status --watch follows the run of another process (tmux)",
  ignore: !hasTmux(),
  fn: async () => {
    await using commands = await setupCommands({ latencyMs: 300 });
    await using terminal = await openTerminal({
      ...{ columns: 80, rows: 24, cwd: REPOSITORY, env: commands.env },
    });
    const range = "--only racecards --start-date 2025-08-01 --end-date 2025-09-09".split(" ");
    await using run = spawnTask("backfill", range, { env: commands.env });
    await run.printed("racecards    2025-08-0");
    await terminal.type(`${Deno.execPath()} task --quiet status --only racecards --watch`, "Enter");
    const first = await terminal.shows(/ \d+ of 40 windows {2}\d+ requests?, \d+ left {2}.*2\/s/);
    const [, before] = /(\d+) of 40 windows/.exec(first.join("\n"))!;
    await terminal.shows(new RegExp(`(?<!\\b${before}) of 40 windows {2}\\d+ requests`));
    run.kill("SIGINT");
    // The progress goes with the run.
    await terminal.shows(/^job racing in [^]*last run .*, interrupted/);

    // A second Ctrl+C ends it at once, also while the database does not respond.
    await using sql = openSql(commands.env.DATABASE_URL!);
    await sql.run("BEGIN");
    await sql.run("LOCK TABLE hindcast_windows IN ACCESS EXCLUSIVE MODE");
    await sql.waits();
    for (let tries = 0; tries < 40 && await terminal.flag("alternate_on") === "1"; tries++) {
      await terminal.type("C-c");
      await delay(250);
    }
    assertEquals(await terminal.flag("alternate_on"), "0");
    assertEquals(await terminal.flag("cursor_flag"), "1");
  },
});

if (!hasTmux()) console.log("tmux is absent: the test of a real terminal is ignored");

// Runs a few seeds of the simulation; `deno task test:long` runs more of them, for longer.
import { assertEquals } from "@std/assert";
import { figure, size } from "../faults/long.ts";
import { tempDir } from "../support/temp.ts";
import { SimulatedDatabase } from "./database.ts";
import { playSeeds } from "./seeds.ts";
import type { Arrival } from "./scripted_api.ts";
import { play } from "./story.ts";

Deno.test({
  name: "an unattended job completes, keeps its limits and waits no longer than it must",
  // Timers of a dead process stay open here; those of a real one would end with it.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    await using dir = tempDir();
    await using database = new SimulatedDatabase();
    const seeds = { first: 1, count: size(2, 200), days: size(3, 30), database, folder: dir.path };
    const { failures, figures } = await playSeeds({ ...seeds, onSeed: figure });
    figure(figures);
    assertEquals(failures, []);
  },
});

Deno.test({
  name: "a seed replays the same requests",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    await using dir = tempDir();
    await using database = new SimulatedDatabase();
    const logs: (readonly Arrival[])[] = [];
    for (const seed of [7, 7]) {
      await play(
        { seed, days: 2, database, folder: dir.path },
        (story) => Promise.resolve(void logs.push(story.log)),
      );
      await database.clear();
    }
    assertEquals(logs[0], logs[1]);
  },
});

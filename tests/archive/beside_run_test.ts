// Commands that read an archive while a run adds to it, and files that disappear under a run.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { delay } from "@std/async/delay";
import { FolderStore } from "../../lib/archive/store/folder_store.ts";
import type { ArchiveStore } from "../../lib/archive/store/store.ts";
import { verifyArchive } from "../../lib/archive/verify_archive.ts";
import { recordedPlaces } from "../../lib/upsert/archive_index.ts";
import { archivingWorld, pageOf, startThings, thingsJob } from "./things_api.ts";

Deno.test("archive verify reports no response as missing that a run adds meanwhile", async () => {
  await using api = startThings();
  await using world = await archivingWorld(thingsJob(api.url));
  await world.backfill("--start-date 2024-01-01 --end-date 2024-01-01");
  const { target } = world.stores;
  const list: ArchiveStore["list"] = async () => {
    const files = await new FolderStore(world.archive!).list();
    await world.backfill("--start-date 2024-01-02 --end-date 2024-01-02");
    return files;
  };
  const store = Object.assign(new FolderStore(world.archive!), { list });
  const { files, responses, problems } = await verifyArchive(
    store,
    "things",
    recordedPlaces(target, "things"),
  );
  assertEquals({ files, responses, problems }, { files: 1, responses: 3, problems: [] });
});

Deno.test({
  name: "a run stops before it commits responses to a file that was deleted",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    let archive = "";
    await using api = startThings(async (day, page) => {
      if (day !== "2024-01-02" || page !== 1) return pageOf(day, page);
      while (filesOf(archive).length === 0) await delay(1);
      for (const path of filesOf(archive)) Deno.removeSync(path);
      return pageOf(day, page);
    });
    await using world = await archivingWorld(thingsJob(api.url));
    archive = world.archive!;
    const { error } = await world.backfill("--start-date 2024-01-01 --end-date 2024-01-04");
    assert(error instanceof Error);
    assertStringIncludes(
      error.message,
      `Cannot archive responses in ${archive}: the file was deleted`,
    );
    const later = `SELECT "from" FROM hindcast_windows WHERE "from" > '2024-01-02'`;
    assertEquals(await world.query(later), []);
  },
});

function filesOf(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => `${folder}/${name}`);
  } catch {
    return [];
  }
}

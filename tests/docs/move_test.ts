// Runs the lines of docs/tool.md that move an embedded database to a server: rows and coverage arrive, and no
// request is sent.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { thingsApi, thingsJob } from "../cli/things.ts";
import { openSite, rowsOf } from "../faults/site.ts";
import { openTarget } from "../../lib/upsert/open_target.ts";
import { sharedPostgres } from "../support/postgres_server.ts";
import { REPOSITORY } from "../support/repository.ts";
import { readPage, section } from "./pages.ts";

const hasPsql = await new Deno.Command("psql", { args: ["--version"], stdout: "null" }).output()
  .then(({ success }) => success, () => false);

/** What a shell runs for `npx hindcast`: the repository's own commands. */
const NPX = `npx() { shift; deno task --quiet --cwd '${REPOSITORY}' "$@"; }`;

Deno.test({
  name: "the commands that move an embedded database to a server carry over its rows and coverage" +
    (hasPsql ? "" : " (skipped: psql is not installed)"),
  ignore: !hasPsql,
  fn: async () => {
    const requests: string[] = [];
    await using api = thingsApi(requests);
    const env = { TINY_TOKEN: "token-of-things" };
    await using site = await openSite(thingsJob(api.url), { database: "pglite", env });
    const days = ["--start-date", "2025-10-01", "--end-date", "2025-10-03"];
    assertEquals((await site.run("backfill", days)).code, 0);
    const rows = await site.rows();
    const sent = requests.length;

    const server = await (await sharedPostgres()).createDatabase();
    const [, lines] = /```sh\n(SERVER=[^]*?)```/.exec(
      section(readPage("docs/tool.md"), "## From the embedded database to a server"),
    )!;
    const script = lines!.replace(/^SERVER=.*/, `SERVER='${server}'`);
    const { code, stdout, stderr } = await new Deno.Command("bash", {
      args: ["-e", "-o", "pipefail", "-c", `${NPX}\n${script}`],
      env: {
        ...env,
        DATABASE_URL: site.databaseUrl,
        BACKFILL_CONFIG: site.file("job.yaml"),
        BACKFILL_KV: site.kvPath,
        BACKFILL_LOGS: site.logs,
        NO_COLOR: "1",
      },
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    assertEquals(code, 0, text(stdout) + text(stderr));
    assertStringIncludes(text(stdout), "PASS  things  2025-10-01 .. 2025-10-03");
    await using target = await openTarget(server);
    assertEquals(await rowsOf(target), rows);
    assertEquals(requests.length, sent);
    const resumed = await site.run("backfill", [...days, "--resume"], {
      env: { DATABASE_URL: server },
    });
    assertEquals([resumed.code, requests.length], [0, sent], resumed.stderr);
  },
});

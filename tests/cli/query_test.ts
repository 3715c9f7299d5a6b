import { assertEquals, assertStringIncludes } from "@std/assert";
import { openTarget } from "../../lib/upsert/open_target.ts";
import { openSite } from "../faults/site.ts";
import { REPOSITORY } from "../support/repository.ts";
import { runTask } from "../support/run_task.ts";
import { thingsApi, thingsJob } from "./things.ts";

Deno.test("deno task query prints the digits that the database holds, in every format", async () => {
  await using api = thingsApi();
  await using site = await openSite(thingsJob(api.url));
  await using target = await openTarget(site.databaseUrl);
  await target.query(`CREATE TABLE prices (id int, price numeric, note text, detail jsonb)`);
  await target.query(`INSERT INTO prices VALUES
    (1, 1.10, 'a,"b"', '{"n": 12345678901234567890.50}'), (2, 22.5, '', NULL), (3, NULL, NULL, '[]')`);
  const query = async (...args: string[]) => {
    const { code, stdout, stderr } = await site.run("query", args);
    assertEquals([code, stderr], [0, ""]);
    return stdout;
  };
  const all = "SELECT * FROM prices ORDER BY id; ";

  assertEquals(
    await query(all),
    'id,price,note,detail\n1,1.10,"a,""b""","{""n"": 12345678901234567890.50}"\n2,22.5,"",\n3,,,[]\n',
  );
  assertEquals(
    await query(all, "--ndjson"),
    '{"id":1,"price":1.10,"note":"a,\\"b\\"","detail":{"n": 12345678901234567890.50}}\n' +
      '{"id":2,"price":22.5,"note":"","detail":null}\n{"id":3,"price":null,"note":null,"detail":[]}\n',
  );
  assertEquals(
    await query("SELECT id FROM prices -- all", "--json"),
    '[\n{"id":1},\n{"id":2},\n{"id":3}\n]\n',
  );
  assertEquals(await query("SELECT id FROM prices WHERE id > 9", "--json"), "[]\n");
  assertEquals(await query("SELECT id FROM prices WHERE id > 9"), "id\n");
  assertEquals(await query("SELECT a.id, b.id FROM prices a, prices b LIMIT 1"), "id,id\n1,1\n");
  assertEquals(await query("--tables"), 'table,rows,columns\nprices,3,"id, price, note, detail"\n');
});

Deno.test("deno task query changes nothing and says what is wrong with a query", async () => {
  await using api = thingsApi();
  await using site = await openSite(thingsJob(api.url));
  await using target = await openTarget(site.databaseUrl);
  await target.query("CREATE TABLE t (id int)");
  await target.query(
    "CREATE FUNCTION add() RETURNS int LANGUAGE sql AS 'INSERT INTO t VALUES (1) RETURNING id'",
  );
  for (
    const [sql, message] of [
      [
        "DELETE FROM t",
        "it does not begin with SELECT, WITH, VALUES or TABLE",
      ],
      ["WITH gone AS (DELETE FROM t RETURNING id) SELECT * FROM gone", "Cannot run the query"],
      ["SELECT add()", "read-only"],
      ["SELECT missing FROM t", '"missing" does not exist'],
      ["SELEC", "it does not begin with SELECT, WITH, VALUES or TABLE"],
      ["SELECT (", "syntax error at end of input (42601)"],
      ["SELECT 1)", 'syntax error at or near ")" (42601)'],
      ["SELECT 'a", `unterminated quoted string at or near "'a" (42601)`],
      ["SELECT 1 / 0", "hint: Write one SELECT"],
      ["SELECT 1) AS x; DROP TABLE t; --", "Cannot run the query"],
      ["", "Cannot run a query: no query is given"],
    ] as const
  ) {
    const { code, stdout, stderr } = await site.run("query", [sql]);
    assertEquals([code === 0, stdout], [false, ""], sql);
    assertStringIncludes(stderr, message);
  }
  const { rows } = await target.query("SELECT count(*)::int FROM t");
  assertEquals(rows, [[0]]);
  const both = await site.run("query", ["SELECT 1", "--csv", "--json"]);
  assertEquals([both.code, JSON.parse(both.stdout).error.message], [
    2,
    "Cannot print rows as csv and json at once",
  ]);
});

Deno.test("deno task query needs no job", async () => {
  await using api = thingsApi();
  await using site = await openSite(thingsJob(api.url));
  const { code, stdout, stderr } = await runTask("query", ["SELECT 1 AS n"], {
    env: { DATABASE_URL: site.databaseUrl },
  });
  assertEquals([code, stdout, stderr], [0, "n\n1\n", ""]);
});

Deno.test("deno task query ends without an error when its output is no longer read", async () => {
  await using api = thingsApi();
  await using site = await openSite(thingsJob(api.url));
  const line = `deno task --quiet query "SELECT generate_series(1, 300000) AS n" | head -1`;
  const { code, stdout, stderr } = await new Deno.Command("bash", {
    args: ["-o", "pipefail", "-c", line],
    cwd: REPOSITORY,
    env: { DATABASE_URL: site.databaseUrl, NO_COLOR: "1" },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assertEquals([code, text(stdout), text(stderr)], [141, "n\n", ""]);
});

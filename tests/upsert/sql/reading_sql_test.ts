import { assertEquals, assertThrows } from "@std/assert";
import { Failure } from "../../../lib/failure.ts";
import { readingSql } from "../../../lib/upsert/sql/reading_sql.ts";

Deno.test("readingSql() accepts queries, whatever their strings and comments contain", () => {
  for (
    const sql of [
      "SELECT 1",
      "  -- COPY\n /* a /* nested */ comment */ select count(*) from t",
      "WITH a AS (SELECT 1) TABLE a",
      "values (1), (2)",
      "(SELECT 1) UNION (SELECT 2)",
      "SELECT 'pg_read_file(1)', $$ lo_export(1) $$, $x$ setval( $x$, E'\\' pg_ls_dir(' FROM t",
      'SELECT "lo_", pg_read_file FROM notes',
      "SELECT 1 -- pg_read_file('x')",
      "SELECT lower(name), nextvalue(3) FROM t",
    ]
  ) assertEquals(readingSql(sql), sql);
  assertEquals(readingSql("SELECT 1 ; \n"), "SELECT 1");
});

Deno.test("readingSql() refuses what is not a query, by its beginning", () => {
  for (
    const sql of [
      "COPY (SELECT 1) TO PROGRAM 'touch /tmp/x'",
      "/* SELECT */ INSERT INTO t VALUES (1)",
      "DO $$ BEGIN END $$",
      "CALL p()",
      "SET role = x",
      "EXPLAIN ANALYZE SELECT 1",
      "",
    ]
  ) {
    assertThrows(() => readingSql(sql), Failure, "Cannot run the query: it does not begin with");
  }
});

Deno.test("readingSql() refuses functions that do more than read tables, however they are written", () => {
  for (
    const [sql, name] of [
      ["SELECT pg_read_file('/etc/passwd')", "pg_read_file"],
      ["SELECT pg_catalog . pg_ls_dir ('/')", "pg_ls_dir"],
      [`SELECT "pg_read_binary_file"('x')`, "pg_read_binary_file"],
      ["SELECT PG_READ_FILE/* c */\n('x')", "pg_read_file"],
      ["SELECT lo_export(1, '/tmp/x')", "lo_export"],
      ["SELECT * FROM dblink('x', 'y') AS t(a int)", "dblink"],
      ["SELECT setval('s', 1)", "setval"],
      ["SELECT set_config('role', 'postgres', true)", "set_config"],
      ["SELECT query_to_xml('DROP TABLE x', true, true, '')", "query_to_xml"],
      ["SELECT pg_terminate_backend(1)", "pg_terminate_backend"],
      ["SELECT 'a''' , pg_advisory_lock(1)", "pg_advisory_lock"],
    ] as const
  ) assertThrows(() => readingSql(sql), Failure, `it calls ${name}()`);
  assertThrows(
    () => readingSql(`SELECT U&"\\0070g_read_file"('x')`),
    Failure,
    "an identifier with Unicode escapes",
  );
});

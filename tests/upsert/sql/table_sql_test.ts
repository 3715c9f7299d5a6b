import { assertEquals } from "@std/assert";
import { tableOrder } from "../../../lib/upsert/sql/table_order.ts";
import { schemaSql, tableSql } from "../../../lib/upsert/sql/table_sql.ts";
import { tableOf } from "../shapes.ts";

Deno.test("tableSql() creates columns, key, indexes and comments, and adds updated_at", () => {
  const table = tableOf({ id: "text", prize: "money", tags: "text[]" }, {
    about: "It's a table",
    indexes: [["prize"], ["prize", "id"]],
  });
  table.columns.prize!.about = "In pounds";
  assertEquals(tableSql("races", table), [
    `CREATE TABLE IF NOT EXISTS "races" (
  "id" text,
  "prize" numeric,
  "tags" text[],
  "updated_at" timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY ("id")
)`,
    `CREATE INDEX IF NOT EXISTS "races_prize_idx" ON "races" ("prize")`,
    `CREATE INDEX IF NOT EXISTS "races_prize_id_idx" ON "races" ("prize", "id")`,
    `COMMENT ON TABLE "races" IS 'It''s a table'`,
    `COMMENT ON COLUMN "races"."prize" IS 'In pounds'`,
  ]);
});

Deno.test("tableSql() does not add updated_at when the job declares it", () => {
  const [create] = tableSql("t", tableOf({ id: "text", updated_at: "date" }));
  assertEquals(create!.match(/updated_at/g)?.length, 1);
  assertEquals(create!.includes('"updated_at" date'), true);
});

Deno.test("schemaSql() adds foreign keys after all tables, so that cycles are possible", () => {
  const sql = schemaSql({
    a: tableOf({ id: "text", b_id: "text" }, { references: { b_id: "b.id" } }),
    b: tableOf({ id: "text", a_id: "text" }, { references: { a_id: "a.id" } }),
  });
  assertEquals(sql.map((statement) => statement.split("\n")[0]), [
    'CREATE TABLE IF NOT EXISTS "b" (',
    'CREATE TABLE IF NOT EXISTS "a" (',
    'ALTER TABLE "b" ADD CONSTRAINT "b_a_id_fkey" FOREIGN KEY ("a_id") REFERENCES "a" ("id")',
    'ALTER TABLE "a" ADD CONSTRAINT "a_b_id_fkey" FOREIGN KEY ("b_id") REFERENCES "b" ("id")',
  ]);
});

Deno.test("tableOrder() puts a table after those it references, and otherwise keeps the job's order", () => {
  const order = tableOrder({
    runners: tableOf({ id: "text" }, { references: { race: "races.id", horse: "horses.id" } }),
    other: tableOf({ id: "text" }),
    races: tableOf({ id: "text" }, { references: { course: "courses.id" } }),
    courses: tableOf({ id: "text" }),
    horses: tableOf({ id: "text" }),
  });
  assertEquals(order, ["courses", "races", "horses", "runners", "other"]);
});

import { assertEquals, assertThrows } from "@std/assert";
import { Failure } from "../../../lib/failure.ts";
import { parsePostgresUrl } from "../../../lib/upsert/postgres/url.ts";

Deno.test("parsePostgresUrl() decodes user, password and database", () => {
  const address = parsePostgresUrl(
    "postgres://me%40home:p%40ss%2F%23%3F:%25@db.example:6543/my%20db",
  );
  assertEquals(address, {
    host: "db.example",
    port: 6543,
    user: "me@home",
    password: "p@ss/#?:%",
    database: "my db",
    sslMode: "prefer",
    sslRootCert: undefined,
    settings: {},
    connectTimeoutMs: 15_000,
    label: "postgres://me%40home@db.example:6543/my db",
  });
});

Deno.test("parsePostgresUrl() fills in what is not said", () => {
  const { host, port, user, password, database, label } = parsePostgresUrl("postgresql://");
  assertEquals([host, port, user, password, database], [
    "localhost",
    5432,
    "postgres",
    "",
    "postgres",
  ]);
  assertEquals(label, "postgres://postgres@localhost:5432/postgres");
});

Deno.test("parsePostgresUrl() reads addresses, sockets and parameters", () => {
  assertEquals(parsePostgresUrl("postgres://u@[::1]:1/d").host, "::1");
  assertEquals(parsePostgresUrl("postgres://u@/d?host=/run/postgresql").host, "/run/postgresql");
  const url =
    "postgres://u@h/d?sslmode=verify-full&sslrootcert=ca.pem&options=-csearch_path%3Dracing";
  const { sslMode, sslRootCert, settings } = parsePostgresUrl(url);
  assertEquals([sslMode, sslRootCert, settings], ["verify-full", "ca.pem", {
    search_path: "racing",
  }]);
});

Deno.test("parsePostgresUrl() says what is wrong without repeating the password", () => {
  const secret = "hunter2";
  const wrong = [
    `mysql://me:${secret}@h/d`,
    `postgres://me:${secret}#x@h/d`,
    `postgres://me:${secret}/x@h/d`,
    `postgres://me:${secret}?x@h/d`,
    `postgres://me:${secret}%zz@h/d`,
    `postgres://me:${secret}@h:port/d`,
    `postgres://me:${secret}@h/d?sslmode=maybe`,
  ];
  for (const url of wrong) {
    const failure = assertThrows(
      () => parsePostgresUrl(url),
      Failure,
      "Cannot read the database URL",
    );
    assertEquals(failure.kind, "configuration");
    assertEquals(
      JSON.stringify([failure.message, failure.hint, failure.stack]).includes(secret),
      false,
    );
  }
});

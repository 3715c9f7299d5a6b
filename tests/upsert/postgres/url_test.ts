import { assertEquals, assertThrows } from "@std/assert";
import { Failure } from "../../../lib/failure.ts";
import { parsePostgresUrl } from "../../../lib/upsert/postgres/url.ts";

Deno.test("parsePostgresUrl() decodes user, password and database", () => {
  const address = parsePostgresUrl(
    "postgres://me%40home:p%40ss%2F%23%3F:%25@db.example:6543/my%20db",
  );
  assertEquals(address, {
    hosts: [{ host: "db.example", port: 6543 }],
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

Deno.test("parsePostgresUrl() fills in defaults", () => {
  const { hosts, user, password, database, label } = parsePostgresUrl("postgresql://");
  assertEquals([hosts, user, password, database], [
    [{ host: "localhost", port: 5432 }],
    "postgres",
    "",
    "postgres",
  ]);
  assertEquals(label, "postgres://postgres@localhost:5432/postgres");
});

Deno.test("parsePostgresUrl() reads addresses, sockets and parameters", () => {
  const host = (url: string) => parsePostgresUrl(url).hosts[0]!.host;
  assertEquals(host("postgres://u@[::1]:1/d"), "::1");
  assertEquals(host("postgres://u@/d?host=/run/postgresql"), "/run/postgresql");
  const url =
    "postgres://u@h/d?sslmode=verify-full&sslrootcert=ca.pem&options=-csearch_path%3Dracing";
  const { sslMode, sslRootCert, settings } = parsePostgresUrl(url);
  assertEquals([sslMode, sslRootCert, settings], ["verify-full", "ca.pem", {
    search_path: "racing",
  }]);
});

Deno.test("parsePostgresUrl() reads several hosts as libpq does", () => {
  const hosts = (url: string) =>
    parsePostgresUrl(url).hosts.map(({ host, port }) => `${host}:${port}`);
  const attributes = "target_session_attrs=read-write&load_balance_hosts=disable";
  assertEquals(hosts(`postgres://u:p@a:1,[::1]:2,c/d?${attributes}`), ["a:1", "::1:2", "c:5432"]);
  assertEquals(hosts("postgres://a,b/d"), ["a:5432", "b:5432"]);
  assertEquals(hosts("postgres://u@/d?host=a,b&port=7"), ["a:7", "b:7"]);
  assertEquals(hosts("postgres://u@/d?host=a,b&port=7,8"), ["a:7", "b:8"]);
  assertEquals(hosts("postgres://u:p,q@h/d"), ["h:5432"]);
  assertEquals(
    parsePostgresUrl("postgres://me:secret@a:1,b:2/d").label,
    "postgres://me@a:1,b:2/d",
  );
});

Deno.test("parsePostgresUrl() reports problems without repeating the password", () => {
  const secret = "hunter2";
  const wrong = [
    `mysql://me:${secret}@h/d`,
    `postgres://me:${secret}#x@h/d`,
    `postgres://me:${secret}/x@h/d`,
    `postgres://me:${secret}?x@h/d`,
    `postgres://me:${secret}%zz@h/d`,
    `postgres://me:${secret}/x,y@h/d`,
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

Deno.test("parsePostgresUrl() honours sslmode and sslrootcert as libpq does", () => {
  const ssl = (query: string) => {
    const { sslMode, sslRootCert } = parsePostgresUrl(`postgres://u@h/d?${query}`);
    return [sslMode, sslRootCert];
  };
  for (const mode of ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]) {
    assertEquals(ssl(`sslmode=${mode}`), [mode, undefined]);
  }
  assertEquals(ssl("sslmode=require&sslrootcert=ca.pem"), ["verify-ca", "ca.pem"]);
  assertEquals(ssl("sslrootcert=system"), ["verify-full", "system"]);
  assertEquals(ssl("sslmode=verify-full&sslrootcert=system"), ["verify-full", "system"]);
  assertEquals(ssl("sslmode=prefer&sslrootcert=ca.pem"), ["prefer", undefined]);
});

Deno.test("parsePostgresUrl() turns schema and options into settings of each transaction", () => {
  const settings = (query: string) => parsePostgresUrl(`postgres://u@h/d?${query}`).settings;
  assertEquals(settings("schema=My%20%22own%22"), { search_path: '"My ""own"""' });
  assertEquals(settings("options=-c%20work_mem%3D64MB%20--search_path%3Da,b"), {
    work_mem: "64MB",
    search_path: "a,b",
  });
  assertEquals(settings("options=-csearch_path%3Da&schema=b"), { search_path: '"b"' });
  assertEquals(settings("pgbouncer=true&connection_limit=1&channel_binding=prefer"), {});
});

Deno.test("parsePostgresUrl() refuses unsupported parameters by name", () => {
  for (
    const [url, message] of [
      ["postgres://u@a,,b/d", "one of its hosts is empty"],
      ["postgres://u@a,b:x/d", "its host or port is not valid"],
      ["postgres://u:p@h:99999/d", "its host or port is not valid"],
      ["postgres://u:p@[::1/d", "its host or port is not valid"],
      ["postgres://u:p#q@h/d", "it is not a valid URL"],
      ["postgres://u@h/d?port=x", "its port is not a number"],
      ["postgres://u@/d?host=a,b&port=1,2,3", "it has 3 ports for 2 hosts"],
      ["postgres://u@a,b/d?target_session_attrs=standby", '"target_session_attrs=standby"'],
      ["postgres://u@h/d?sslcert=x", 'the parameter "sslcert" is not supported'],
      ["postgres://u@h/d?channel_binding=require", '"channel_binding=require" is not supported'],
      ["postgres://u@h/d?target_session_attrs=standby", '"target_session_attrs=standby"'],
      ["postgres://u@h/d?sslmode=maybe", '"maybe" is not a value of sslmode'],
      [
        "postgres://u@h/d?sslmode=require&sslrootcert=system",
        "sslrootcert=system cannot be combined with",
      ],
      ["postgres://u@h/d?options=-x", 'its "options" are not of the form'],
      ["postgres://u@h/d?schema=", 'its "schema" is empty'],
    ] as const
  ) {
    const failure = assertThrows(() => parsePostgresUrl(url), Failure, message);
    assertEquals([failure.kind, failure.hint === undefined], ["configuration", false]);
  }
});

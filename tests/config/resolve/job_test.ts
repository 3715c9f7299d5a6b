import { assertEquals } from "@std/assert";
import { changed, messagesWith, read } from "../job_text.ts";

/** Each set of changes with the problems it causes. */
async function check(cases: [Record<string, unknown>, ...string[]][]): Promise<void> {
  for (const [changes, ...expected] of cases) {
    assertEquals(await messagesWith(changes), expected, JSON.stringify(changes));
  }
}

const STREAM = "streams.readings";

Deno.test("resolveJob() accepts a page number anywhere in the request of a stream with numbered pages", () =>
  check([
    [{
      [`${STREAM}.request`]: { path: "/r", query: { day: "{from}", q: "LIMIT 9 OFFSET {offset}" } },
      [`${STREAM}.paging`]: { by: "offset", size: 9 },
    }],
    [
      {
        [`${STREAM}.request`]: { path: "/r", query: { day: "{from}", p: "{page}" } },
        [`${STREAM}.paging`]: { by: "offset", size: 9 },
      },
      '"{page}" requires paging by page; write "paging: { by: page, ... }"',
    ],
    [
      {
        [`${STREAM}.request`]: { path: "/r", method: "POST", body: { d: "{from}", p: "{page}" } },
        [`${STREAM}.paging`]: { by: "page", size: 9, in: "body" },
      },
      'the request has "{page}" already; leave out "in: body"',
    ],
  ]));

Deno.test("resolveJob() accepts a cursor as a parameter or anywhere in the request, but not both", () => {
  const asking = (q: string, paging: Record<string, unknown>) => ({
    [`${STREAM}.request`]: { path: "/r", query: { day: "{from}", q } },
    [`${STREAM}.paging`]: { by: "cursor", cursor: "next", ...paging },
  });
  return check([
    [asking("x", { cursor_param: "c" })],
    [asking("{cursor}", {})],
    [asking("id > '{cursor}'", { first: "" })],
    [
      asking("x", {}),
      'the request does not send the cursor; add "cursor_param", or {cursor} to the request',
    ],
    [
      asking("edges{cursor}", { cursor_param: "c" }),
      'the request has "{cursor}" already; leave out "cursor_param", or write {{cursor}} for literal braces',
    ],
    [asking("edges{{cursor}}", { cursor_param: "c" })],
    [
      asking("id > '{cursor}'", {}),
      '"{cursor}" within a string requires "first", the cursor of the first page; it may be ""',
    ],
    [
      {
        [`${STREAM}.request`]: { path: "/r/{cursor}", query: { day: "{from}" } },
        [`${STREAM}.paging`]: { by: "cursor", cursor: "next" },
      },
      '"{cursor}" within a string requires "first", the cursor of the first page; it may be ""',
    ],
    [
      {
        [`${STREAM}.request`]: { path: "/r", query: { day: "{from}", c: "{cursor}" } },
        [`${STREAM}.paging`]: { by: "page", size: 9 },
      },
      '"{cursor}" requires paging by cursor; write "paging: { by: cursor, ... }"',
    ],
  ]);
});

Deno.test("resolveJob() checks keys, indexes, versions and references of tables", () =>
  check([
    [{}],
    [{ "tables.stations.key": ["id", "id"] }, '"id" is named twice'],
    [
      { "tables.stations.indexes": ["name", ["nme"]] },
      'there is no column "nme"; did you mean "name"?',
    ],
    [{ "tables.stations.version": "nam" }, 'there is no column "nam"; did you mean "name"?'],
    [
      { "tables.stations.merge": "latest" },
      '"latest" requires "version", the columns that determine which row is newer',
    ],
    [
      { "tables.stations.columns.name": { type: "jsonb", merge: "greatest" } },
      '"greatest" cannot compare values of type jsonb',
    ],
    [
      { "tables.stations.columns.id": { type: "text", merge: "fill" } },
      '"id" is part of the primary key and has no merge policy; remove "merge"',
    ],
    [{ "tables.readings.references": { station_id: "stations.id" } }],
    [
      { "tables.readings.references": { statio_id: "station.id" } },
      'there is no column "statio_id"; did you mean "station_id"?',
      'there is no table "station"; did you mean "stations"?',
    ],
    [
      { "tables.readings.references": { station_id: "stations" } },
      'expected "table.column", found "stations"',
    ],
    [
      { "tables.readings.references": { station_id: "stations.name" } },
      'a reference must name the primary key of a table; the key of "stations" is id',
    ],
    [
      { "tables.readings.references": { value: "stations.id" } },
      '"value" has type numeric, but "stations.id" has type text',
    ],
    [
      {
        "tables.readings.references": { station_id: "stations.id" },
        "tables.stations.references": { name: "readings.id" },
      },
      "references form a cycle: stations -> readings -> stations",
    ],
    [
      { "tables.hindcast_a": { key: "id", columns: { id: "text" } } },
      'table names that begin with "hindcast_" are reserved',
    ],
    [
      { "tables.pg_things": { key: "id", columns: { id: "text" } } },
      'PostgreSQL reserves table names that begin with "pg_"',
    ],
    [{ "tables.stations.columns.ctid": "text" }, '"ctid" is a system column of PostgreSQL'],
    [
      { "tables.empty": { key: "id", columns: {} } },
      'there is no column "id"; none is defined',
      "a table requires at least one column",
    ],
  ]));

Deno.test("resolveJob() checks that a request covers the complete window", () =>
  check([
    [
      { [`${STREAM}.request.query.day`]: "2025" },
      "the request does not use the window; add {from}, {to} or {last} to it",
    ],
    [
      { [`${STREAM}.window`]: "7d" },
      "the request sends the start of a window but not its end; add {last} or {to}, or use window: day",
    ],
    [{ [`${STREAM}.window`]: "7d", [`${STREAM}.request.query.days`]: 7 }],
    [{ [`${STREAM}.window`]: "7d", [`${STREAM}.request.query.end`]: "{last}" }],
    [{ [`${STREAM}.window`]: "month", [`${STREAM}.request.query.day`]: "{from|%Y-%m}" }],
    [
      { [`${STREAM}.window`]: "auto" },
      "the request sends the start of a window but not its end; add {last} or {to}, or use window: day",
    ],
    [
      { [`${STREAM}.window`]: "6h", [`${STREAM}.request.query.end`]: "{last}" },
      "the window is not a number of whole days, but the request sends only dates",
    ],
    [{ [`${STREAM}.window`]: "hour", [`${STREAM}.request.query.day`]: "{from|%Y-%m-%dT%H}" }],
    [
      { [`${STREAM}.window`]: undefined },
      '"{from}" requires a window; add "window: day" or another length',
    ],
    [
      { [`${STREAM}.window`]: { min: "30d", max: "7d" }, [`${STREAM}.request.query.end`]: "{to}" },
      "max is shorter than min",
    ],
    [
      {
        "time_zone": "Europe/London",
        [`${STREAM}.request.query.day`]: "{from|%Y-%m-%dT%H:%M:%SZ}",
      },
      '"Z" means UTC, but the pattern writes Europe/London; use |instant, or |utc before it',
    ],
    [
      {
        [`${STREAM}.window`]: undefined,
        [`${STREAM}.request`]: "/all",
        [`${STREAM}.start`]: "2015-01-01",
        [`${STREAM}.settle`]: "3d",
      },
      '"start" requires a window; add "window: day" or another length',
      '"settle" requires a window; add "window: day" or another length',
    ],
    [
      { [`${STREAM}.refresh`]: "1d" },
      '"refresh" applies to a stream without a window; "settle: 3d" fetches recent windows again',
    ],
  ]));

Deno.test("resolveJob() checks the names in placeholders", () =>
  check([
    [
      { [`${STREAM}.request.query.x`]: { "from|epoch": null } },
      'expected a string, a number, true, false or a list of them, found a mapping; a placeholder needs quotes: "{from|epoch}"',
    ],
    [
      {
        [`${STREAM}.request.method`]: "POST",
        [`${STREAM}.request.body`]: { since: { from: null }, filter: { to: null, x: 1 } },
      },
      'expected a string; a string that begins with a brace needs quotes: "{from}"',
    ],
    [
      { [`${STREAM}.request.query.x`]: "{each.station}" },
      'there is no value of for_each "station"; none is defined',
    ],
    [
      {
        [`${STREAM}.for_each`]: { place: [{ id: "a", lat: 1 }] },
        [`${STREAM}.request.query.x`]: ["{each.place}", "{each.place.lon}", "{each.place.id}"],
      },
      '"place" has fields; write {each.place.id}',
      'there is no field "lon"; expected one of id, lat',
    ],
    [
      { [`${STREAM}.for_each`]: { y: [1, 2] }, [`${STREAM}.request.query.x`]: "{each.y.id}" },
      '"y" has no fields; write {each.y}',
    ],
    [{
      [`${STREAM}.for_each`]: { region: { param: "regions" } },
      [`${STREAM}.request.query.x`]: "{each.region}",
    }],
    [
      {
        [`${STREAM}.for_each`]: { region: { param: "one" } },
        [`${STREAM}.request.query.x`]: "{each.region}",
        "params.one": {},
      },
      'the parameter "one" is not a list; add "list: true" to it',
    ],
    [
      { [`${STREAM}.for_each`]: { region: ["gb", "ire"] } },
      'the request does not use "region"; add {each.region} to it',
    ],
    [{ [`${STREAM}.paging`]: "page" }, 'expected "none", or a mapping with by, found "page"'],
    [
      { "source.auth": "Bearer 1", "source.url": "https://a.example" },
      "expected a mapping",
    ],
    [
      { [`${STREAM}.request.headers`]: { "X-A": "{form}" } },
      'unknown placeholder "{form}"; did you mean "{from}"?',
    ],
    [
      { [`${STREAM}.request.path`]: "https://a.example/x" },
      "expected a path relative to source.url, found a URL",
    ],
    [{ [`${STREAM}.request.path`]: "/a/../b" }, 'a path cannot have a segment "." or ".."'],
    [{ [`${STREAM}.request.body`]: { a: 1 } }, 'a body requires "method: POST"'],
    [
      {
        [`${STREAM}.request.body`]: {},
        [`${STREAM}.request.form`]: {},
        [`${STREAM}.request.method`]: "POST",
      },
      'a request has either "body" or "form"',
    ],
    [
      { [`${STREAM}.request.headers`]: { Authorization: "x", "a b": "c" } },
      '"Authorization" is a secret; put it under source.auth',
      '"a b" is not a valid header name',
    ],
  ]));

Deno.test("resolveJob() checks rows, columns, paths and constants", () =>
  check([
    [
      { [`${STREAM}.rows`]: { table: "readings", columns: { value: "v" } } },
      'the key column "id" of "readings" is not mapped',
    ],
    [
      { [`${STREAM}.rows`]: { table: "readings", columns: { id: "id", vale: "v" } } },
      'there is no column "vale"; did you mean "value"?',
    ],
    [
      { [`${STREAM}.rows`]: { table: "readings", columns: { id: { path: "id", value: 1 } } } },
      "expected one of path, value, template and hash, found path and value",
    ],
    [
      { [`${STREAM}.rows`]: { table: "readings", columns: { id: "a..b" } } },
      'cannot read path "a..b": it is invalid from "..b"',
    ],
    [
      {
        [`${STREAM}.rows`]: {
          table: "readings",
          each: "a[].b{}",
          when: "^.x",
          columns: { id: { template: "{^.x}-{y}" }, day: "$window.from", value: "$params.regions" },
        },
      },
    ],
    [
      { [`${STREAM}.rows`]: { table: "readings", columns: { id: "^.id" } } },
      'a record has no parent; "^" is for the elements that "each" selects',
    ],
    [
      { [`${STREAM}.rows`]: { table: "readings", each: "a[]", columns: { id: "^^$key" } } },
      'one level is above the elements of "each", one per array in its path',
    ],
    [
      {
        [`${STREAM}.rows`]: { table: "readings", columns: { id: "$each.x", day: "$window.form" } },
      },
      'there is no value of for_each "x"; none is defined',
      'there is no edge of the window "form"; did you mean "from"?',
    ],
    [
      {
        [`${STREAM}.rows`]: {
          table: "readings",
          columns: { id: { path: "id", capture: "(.+)\\1$" }, value: { path: "v", format: "%Y" } },
        },
      },
      "cannot use the regular expression: it has a backreference, and on some strings it takes too long",
      '"numeric" supports only the format "clock"',
    ],
    [
      {
        [`${STREAM}.rows`]: {
          table: "readings",
          columns: {
            id: "id",
            value: { path: "v", default: "none" },
            day: { value: "2025-02-30" },
          },
        },
      },
      "cannot be cast to numeric: it is not a number",
      "cannot be cast to date: it is not a valid date",
    ],
    [
      { [`${STREAM}.rows`]: { table: "readings", columns: { id: "id" }, merge: "latest" } },
      '"latest" compares the columns of "version", but these rows map none of them',
    ],
  ]));

Deno.test("resolveJob() checks paging, records and kinds of streams", () =>
  check([
    [
      { [`${STREAM}.paging`]: { by: "page" } },
      'paging by page requires "size", "pages", "more" or the stream\'s "total" to find the last page',
    ],
    [{ [`${STREAM}.paging`]: { by: "page" }, [`${STREAM}.total`]: "$header.X-Total" }],
    [{ [`${STREAM}.paging`]: { by: "page", more: { path: "last", is: [false] } } }],
    [
      { [`${STREAM}.paging`]: { by: "page", more: { path: "a[", is: [false] } } },
      'cannot read path "a[": it is invalid from "["',
    ],
    [
      { [`${STREAM}.paging`]: { by: "link_header", size_param: "n" } },
      '"size_param" requires "size", the number to send',
    ],
    [
      { [`${STREAM}.paging`]: { by: "offset", size: 1, size_param: "day" } },
      'paging sends "day" itself',
    ],
    [
      { [`${STREAM}.paging`]: { by: "offset", size: 1, in: "body" } },
      'parameters in the body require "method: POST" in the request',
    ],
    [
      { [`${STREAM}.records`]: { as: "arrays" } },
      '"as: arrays" requires either a list "names" or "names_path"',
    ],
    [
      { [`${STREAM}.records`]: { as: "list", names: ["a"] } },
      '"names" and "names_path" are for "as: arrays"',
    ],
    [
      { [`${STREAM}.skip`]: 2, [`${STREAM}.comment`]: "#" },
      '"skip" is for "format: csv"',
      '"comment" is for "format: csv"',
    ],
    [{ [`${STREAM}.total`]: "a[" }, 'cannot read path "a[": it is invalid from "["'],
    [
      { [`${STREAM}.request`]: undefined, [`${STREAM}.window`]: undefined },
      'a stream requires either "request" or "values"',
    ],
    [
      { "streams.s": { values: [{ id: "a" }], rows: "stations", window: "day", total: "n" } },
      'a stream with "values" cannot have "window"',
      'a stream with "values" cannot have "total"',
    ],
    [{ "streams": {} }, "a job requires at least one stream"],
  ]));

Deno.test("resolveJob() checks the source and its authentication", () =>
  check([
    [
      { "source.url": "https://api.test/{params.region}/v1" },
      'a base URL cannot contain placeholders; put "{params.region}" into the path of a request',
    ],
    [{ "source": "api.example.com" }, "expected a URL such as https://api.example.com"],
    [{ "source": "ftp://a.example" }, "expected an http or https URL"],
    [
      { "source": "https://bob:hunter2@a.example" },
      "a URL must not contain a user name or password; use source.auth",
    ],
    [
      {
        "source": {
          url: "https://a.example",
          auth: { bearer: "${A}", basic: { username: "u", password: "${P}" } },
        },
      },
      '"basic" and "bearer" cannot be combined',
    ],
    [
      withAuth({ hmac: { secret: "${S}", message: "{boddy}", headers: { S: "{signature}" } } }),
      'unknown placeholder "{boddy}"',
    ],
    [
      withAuth({ hmac: { secret: "${S}", message: "{body}", headers: { T: "{timestamp}" } } }),
      'the signature is not sent; write {signature} in "headers" or "query"',
    ],
    [
      withAuth({ login: { url: "/login", body: { u: "${U}" }, token: "token" } }),
      "expected a URL such as https://api.example.com",
    ],
    [
      withAuth({
        login: { url: "https://a.example", body: { u: "${U}" }, token: "t", send: { T: "x" } },
      }),
      "expected {token} in the value",
    ],
    [
      withAuth({
        login: { url: "https://a.example", body: { user: "me", password: "pw" }, token: "t" },
      }),
      "a secret must not be written in a job file; expected a variable such as ${API_PASSWORD}",
    ],
    [
      {
        "source": {
          url: "https://a.example",
          auth: { bearer: "${A}", header: { authorization: "${B}" } },
        },
      },
      '"bearer" already sends the header Authorization',
    ],
    [
      { "source": { url: "https://a.example", headers: { "x-api-key": "abc" } } },
      '"x-api-key" is a secret; put it under source.auth',
    ],
  ]));

Deno.test("resolveJob() checks parameters", () =>
  check([
    [{ "params.resume": {} }, "the flag --resume is already in use; choose another name"],
    [{ "params.no_x": {} }, "the flag --no-x is already in use; choose another name"],
    [
      { "params.a": { pattern: "(" } },
      "cannot read the regular expression: unterminated group",
    ],
    [
      { "params.a": { choices: ["north", "south"], default: "nort" } },
      '"nort" is not one of its choices; did you mean "north"?',
    ],
    [
      { "params.a": { pattern: "[a-z]+", default: "a1" } },
      '"a1" does not match the pattern [a-z]+',
    ],
    [{ "params.a": { default: ["b"] } }, 'a list as the default requires "list: true"'],
  ]));

Deno.test("resolveJob() treats names that every JavaScript object has as unknown", async () => {
  const found = await messagesWith({ [`${STREAM}.rows`]: "constructor" });
  assertEquals(found, ['there is no table "constructor"; expected one of stations, readings']);
  const job = await read(changed({
    "tables.constructor": { key: "toString", columns: { toString: "text", valueOf: "text" } },
    "streams.hasOwnProperty": { request: "/x", rows: "constructor" },
  }));
  assertEquals(Object.keys(job.tables), ["stations", "readings", "constructor"]);
});

function withAuth(auth: Record<string, unknown>) {
  return { source: { url: "https://a.example", auth } };
}

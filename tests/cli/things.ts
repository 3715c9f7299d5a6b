// The job that the tests of commands use: two kinds and two things a day from a small HTTP API, with
// checks that pass, that fail and that cannot be run.
import { type HttpServer, serve } from "../support/http_server.ts";

/** The API of kinds and things; `asked` are the paths, in order; a day that `isBroken` is refused. */
export function thingsApi(
  asked: string[] = [],
  isBroken: (day: string) => boolean = () => false,
): HttpServer {
  return serve((request) => {
    const { pathname, searchParams } = new URL(request.url);
    asked.push(pathname);
    if (pathname === "/kinds") return Response.json([{ id: "a" }, { id: "b" }]);
    const day = searchParams.get("day");
    if (isBroken(day!)) return new Response("no", { status: 400 });
    return Response.json(["a", "b"].map((kind) => ({ id: `${day} ${kind}`, day, kind })));
  });
}

/** The job. */
export function thingsJob(url: string): string {
  return `job: tiny
start: 2025-10-01
source: { url: "${url}", auth: { bearer: "\${TINY_TOKEN}" } }
tables:
  kinds: { key: id, columns: { id: text } }
  things: { key: id, columns: { id: text, day: date, kind: text } }
streams:
  kinds: { group: masters, request: /kinds, rows: kinds }
  things: { request: { path: /things, query: { day: "{from}" } }, window: day, rows: things }
checks:
  counts:
    about: Things and kinds are there
    sql: SELECT (SELECT count(*) FROM things) AS things, (SELECT count(*) FROM kinds) AS kinds
    expect: { things: "> 0", kinds: "= 2" }
  years:
    sql: SELECT date_part('year', day) AS year, count(*) AS things FROM things GROUP BY year
  orphans:
    about: Things of no kind
    sql: SELECT id FROM things t WHERE NOT EXISTS (SELECT FROM kinds k WHERE k.id = t.kind)
    expect: no_rows
`;
}

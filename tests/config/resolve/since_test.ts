// What `check` refuses of a feed: keys that need dates, positions that are not sent, two ways to say one thing.
import { assertEquals } from "@std/assert";
import { problems } from "../job_text.ts";

function jobOf(stream: string, tables = ""): string {
  return `job: feed
source: https://api.example.com
tables: { changes: { key: id, columns: { id: text } ${tables} } }
streams:
  changes:
    ${stream}
    rows: changes
`;
}

const REQUEST = 'request: { path: /changes, query: { since: "{since}" } }';

async function messagesOf(stream: string, tables?: string): Promise<string[]> {
  return (await problems(jobOf(stream, tables))).map(({ message }) => message);
}

Deno.test("resolveSince() accepts the positions of all kinds of feeds", async () => {
  const streams = [
    `${REQUEST}\n    since: { start: 0, cursor: last_seq }`,
    `request: { path: /changes, query: { time: "{since.start|epoch}", cursor: "{since.cursor}" } }
    since: { start: 2020-01-01, cursor: next, more: more }`,
    `request: /changes
    paging: { by: next_link, link: next }
    since: { link: delta }`,
    `request: { path: /changes, method: POST, body: { since: "{since|number}" } }
    since: { start: "7", cursor: $header.X-Next }`,
  ];
  for (const stream of streams) assertEquals(await messagesOf(stream), [], stream);
});

Deno.test("resolveSince() refuses what contradicts a feed, in a sentence that says why", async () => {
  const since = "since: { cursor: next }";
  const cases: [string, ...string[]][] = [
    [
      `${REQUEST}\n    ${since}\n    window: day`,
      'a stream with "since" cannot have "window": a feed has no dates',
    ],
    [
      `${REQUEST}\n    ${since}\n    start: 2020-01-01\n    settle: 3d\n    record_date: at`,
      'a stream with "since" cannot have "start": a feed begins at "start" of "since"',
      'a stream with "since" cannot have "settle": a feed returns a record again when it changes',
      'a stream with "since" cannot have "record_date": a feed has no dates',
    ],
    [
      `${REQUEST}\n    ${since}\n    refresh: 1d\n    order: newest_first\n    total: total`,
      'a stream with "since" cannot have "total": a feed has no total',
      'a stream with "since" cannot have "refresh": each run reads it',
      'a stream with "since" cannot have "order": its cursors give the order',
    ],
    [`${REQUEST}\n    since: { start: 0 }`, '"since" requires either "cursor" or "link"'],
    [`${REQUEST}\n    since: { cursor: a, link: b }`, '"since" requires either "cursor" or "link"'],
    [
      `request: /changes\n    ${since}`,
      "the request does not send the cursor; add {since} or {since.cursor} to it",
    ],
    [
      `request: { path: /changes, query: { c: "{since.cursor}" } }\n    since: { start: 0, cursor: next }`,
      "the request does not send the start; add {since} or {since.start} to it",
    ],
    [
      `request: { path: /changes, query: { c: "{since.start}", d: "{since}" } }\n    ${since}`,
      '"{since.start}" requires "start" of "since"',
    ],
    [
      `request: { path: /changes, query: { c: "{since|epoch}" } }\n    since: { start: 0, cursor: next }`,
      '"{since|epoch}" formats a date, but "start" of "since" is not a date',
    ],
    [
      `${REQUEST}\n    paging: { by: link_header }\n    since: { cursor: next, more: more }`,
      '"more" goes under "paging", which finds the pages of this stream',
    ],
    [
      `${REQUEST}\n    since: { cursor: next, page: first }`,
      '"page: first" requires "paging"; without it each page has its own cursor',
    ],
    [REQUEST, '"{since}" requires "since"; for the start of a window write {from}'],
  ];
  for (const [stream, ...expected] of cases) {
    assertEquals((await messagesOf(stream)).toSorted(), expected.toSorted(), stream);
  }
});

Deno.test("resolveSince() refuses a feed whose rows can vanish", async () => {
  assertEquals(await messagesOf(`${REQUEST}\n    since: { cursor: next }`, ", vanished: mark"), [
    'rows of "changes" can vanish, which a feed cannot show: a response holds only what changed',
  ]);
});

import { assertEquals, assertRejects } from "@std/assert";
import { readOpenApi } from "../../lib/init/openapi/document.ts";
import { Failure } from "../../lib/failure.ts";
import { askQuestions } from "../../lib/cli/init/questions.ts";
import { OPENAPI } from "../init/documents.ts";

/** A user who gives these answers in order; `heard` is what was asked and printed. */
function person(...lines: string[]) {
  const heard: string[] = [];
  const dialogue = {
    ask: (question: string) => {
      heard.push(question);
      return lines.shift() ?? null;
    },
    say: (line: string) => void heard.push(line),
  };
  return { heard, dialogue };
}

const ALONE = { document: undefined, hasSample: false };

Deno.test("askQuestions() accepts answers, and an empty line for the default or for nothing", async () => {
  const { dialogue } = person(
    ...["https://api.example.com", "/v1/readings", "", "", "from", "to", "epoch", "bearer"],
    ...["data", "", "value:numeric at:timestamptz", "", "2/s"],
  );
  const answers = await askQuestions({}, ALONE, dialogue);
  assertEquals(JSON.parse(JSON.stringify(answers)), {
    url: "https://api.example.com",
    path: "/v1/readings",
    fromParam: "from",
    toParam: "to",
    dateFormat: "epoch",
    records: "data",
    key: ["id"],
    columns: ["value:numeric", "at:timestamptz"],
    paging: "none",
    auth: "bearer",
    limit: "2/s",
  });
});

Deno.test("askQuestions() says what is wrong with an answer, and repeats the question", async () => {
  const { dialogue, heard } = person(
    ...["api.example.com", "https://api.example.com", "", "v1/readings"],
    ...["", "", "", "cookie", "none", "", "", "at:timestamp_tz", "at:date"],
    ...["scroll", "link_header", "fast", "2/s"],
  );
  const answers = await askQuestions({}, ALONE, dialogue);
  const { path, paging, auth, limit } = answers;
  assertEquals([path, paging, auth, limit], ["/v1/readings", "link_header", "none", "2/s"]);
  assertEquals(heard.filter((line) => line.startsWith("  ")), [
    "  write it with its scheme: https://api.example.com",
    "  an answer is required",
    "  Write none, basic, bearer, header:X-Api-Key or query:api_key",
    '  Did you mean "at:timestamptz"?',
    "  Write offset:skip:limit:100, page:page:per_page:100, cursor:meta.next:cursor, next_link:links.next, link_header or none",
    '  Cannot read the rate "fast": expected requests per interval, such as "2/s", "100/min" or "1/2s"',
  ]);
});

Deno.test("askQuestions() does not ask what a flag, a sample or a document answers", async () => {
  const { dialogue, heard } = person("", "none", "2/s");
  const given = { url: "https://api.example.com", name: "a", dateParam: "day", dateFormat: "date" };
  await askQuestions({ ...given, path: "/v1" }, { ...ALONE, hasSample: true }, dialogue);
  assertEquals(heard.map((question) => question.split(/[:( ]/)[0]), [
    "Paging",
    "Credentials",
    "Allowed",
  ]);

  const document = readOpenApi(JSON.stringify(OPENAPI));
  const other = person("/v2/reding", "meter days", "/v2/readings", "");
  const answers = await askQuestions({}, { document, hasSample: false }, other.dialogue);
  assertEquals(answers.path, "/v2/readings");
  assertEquals(other.heard.slice(0, 8), [
    "The document has 2 operations that return data; those marked * take dates:",
    "* GET /v2/readings  Readings of all meters",
    "* GET /v2/meters/{meterId}/days",
    "Path, or words to search for:",
    '  Did you mean "/v2/readings"?',
    "Path, or words to search for:",
    'The document has 1 operations with "meter days"; those marked * take dates:',
    "* GET /v2/meters/{meterId}/days",
  ]);
});

Deno.test("askQuestions() ends when the terminal is closed, and after many refused answers", async () => {
  const failure = await assertRejects(() => askQuestions({}, ALONE, person().dialogue), Failure);
  assertEquals(failure.kind, "interrupted");
  const stubborn = person(...Array(50).fill("no url"));
  await assertRejects(() => askQuestions({}, ALONE, stubborn.dialogue), Failure);
  assertEquals(stubborn.heard.filter((line) => line.startsWith("Base")).length, 10);
});

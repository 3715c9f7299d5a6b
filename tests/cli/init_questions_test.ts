import { assertEquals, assertThrows } from "@std/assert";
import { readOpenApi } from "../../lib/init/openapi_document.ts";
import { Failure } from "../../lib/failure.ts";
import { askQuestions } from "../../lib/cli/init_questions.ts";
import { OPENAPI } from "../init/documents.ts";

/** A person who gives these answers one after the other; `heard` is what was asked and said. */
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

Deno.test("askQuestions() takes answers, and an empty line for what stands in brackets or for nothing", () => {
  const { dialogue } = person(
    ...["https://api.example.com", "/v1/readings", "", "", "from", "to", "epoch"],
    ...["data", "", "value:numeric at:timestamptz", "", "bearer", "2/s"],
  );
  const answers = askQuestions({}, ALONE, dialogue);
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

Deno.test("askQuestions() says what is wrong with an answer, and asks again", () => {
  const { dialogue, heard } = person(
    ...["api.example.com", "https://api.example.com", "", "v1/readings", "/v1/readings"],
    ...["", "", "", "", "", "", "scroll", "link_header", "cookie", "none", "fast", "2/s"],
  );
  const answers = askQuestions({}, ALONE, dialogue);
  assertEquals([answers.paging, answers.auth, answers.limit], ["link_header", "none", "2/s"]);
  assertEquals(heard.filter((line) => line.startsWith("  ")), [
    "  write it with its scheme: https://api.example.com",
    "  it needs an answer",
    "  write it with its slash: /v1/readings",
    "  Say offset:skip:limit:100, page:page:per_page:100, cursor:meta.next:cursor, next_link:links.next, link_header or none",
    "  Say none, basic, bearer, header:X-Api-Key or query:api_key",
    '  Cannot read the rate "fast": expected requests per interval, such as "2/s", "100/min" or "1/2s"',
  ]);
});

Deno.test("askQuestions() asks nothing that a flag, a sample or a document says", () => {
  const { dialogue, heard } = person("", "none", "2/s");
  const given = { url: "https://api.example.com", name: "a", dateParam: "day", dateFormat: "date" };
  askQuestions({ ...given, path: "/v1" }, { ...ALONE, hasSample: true }, dialogue);
  assertEquals(heard.map((question) => question.split(/[:( ]/)[0]), ["Paging", "How", "Allowed"]);

  const document = readOpenApi(JSON.stringify(OPENAPI));
  const other = person("/v2/reading", "/v2/readings", "");
  const answers = askQuestions({}, { document, hasSample: false }, other.dialogue);
  assertEquals(answers.path, "/v2/readings");
  assertEquals(other.heard.slice(0, 5), [
    "The document has 2 operations that answer with data:",
    "  GET /v2/readings",
    "  GET /v2/meters/{meterId}/days",
    "Path, such as /v1/readings:",
    '  Did you mean "/v2/readings"?',
  ]);
});

Deno.test("askQuestions() ends where the terminal is closed, and after many answers that are none", () => {
  const failure = assertThrows(() => askQuestions({}, ALONE, person().dialogue), Failure);
  assertEquals(failure.kind, "interrupted");
  const stubborn = person(...Array(50).fill("no url"));
  assertThrows(() => askQuestions({}, ALONE, stubborn.dialogue), Failure);
  assertEquals(stubborn.heard.filter((line) => line.startsWith("Base")).length, 10);
});

import { assertEquals, assertRejects } from "@std/assert";
import { parseEnvFile } from "../../../lib/cli/launch/env_files.ts";
import { Failure } from "../../../lib/failure.ts";

Deno.test("parseEnvFile() reads values, quotes, comments, a BOM and Windows line ends", async () => {
  const text = '\ufeffDATABASE_URL=postgres://u@h/db\r\n# note\r\n\r\nexport A = "b # c" # d\r\n' +
    "B='x\ny=z'\nC=\nD=a=b\n";
  assertEquals(await parseEnvFile(".env.local", text), {
    DATABASE_URL: "postgres://u@h/db",
    A: "b # c",
    B: "x\ny=z",
    C: "",
    D: "a=b",
  });
});

const REFUSED: readonly (readonly [text: string, message: string, hint: string])[] = [
  ["DATABASE_URL: postgres://u:pw@h/db", "line 1: expected NAME=value", "Write DATABASE_URL=value"],
  ["A=1\nDATABASE_URL postgres://u:pw@h/db", "line 2: expected NAME=value", "Write NAME=value"],
  ["A=1\n{", "line 2: expected NAME=value", "Write NAME=value"],
  ["1A=2", "line 1: expected NAME=value", "Write NAME=value"],
  ['A="pw\nB=2\n', 'line 1: the value of A has no closing "', "Write NAME=value"],
  ["A=1\rDATABASE_URL=pw", "line 1: expected NAME=value", "Write NAME=value"],
  ["\ufffd\ufffdD\0A\0", "line 1: it is not UTF-8", "Save the file as UTF-8"],
];

for (const [text, message, hint] of REFUSED) {
  Deno.test(`parseEnvFile() refuses ${JSON.stringify(text)} and does not show its value`, async () => {
    const failure = await assertRejects(() => parseEnvFile(".env.local", text), Failure);
    assertEquals(failure.message, `Cannot read .env.local, ${message}`);
    assertEquals(failure.hint!.startsWith(hint), true, failure.hint);
    assertEquals(failure.kind, "configuration");
  });
}

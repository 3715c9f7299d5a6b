import { assertEquals, assertRejects } from "@std/assert";
import { parseEnvFile, readJobEnvFiles } from "../../../lib/cli/launch/env_files.ts";
import { Failure } from "../../../lib/failure.ts";
import { openSite } from "../../faults/site.ts";
import { serve } from "../../support/http_server.ts";
import { tempDir } from "../../support/temp.ts";

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

Deno.test("a job receives the variables of .env.local and .env in its folder; the environment takes precedence", async () => {
  const seen: (string | null)[] = [];
  await using api = serve((request) => {
    seen.push(request.headers.get("x-key"));
    return Response.json([{ id: "1" }]);
  });
  const job = `job: tiny
source: { url: "${api.url}", limits: 50/s, auth: { header: { X-Key: "\${OTHER_KEY}" } } }
tables: { t: { key: id, columns: { id: text } } }
streams: { s: { request: "/{from}", window: day, rows: t } }
`;
  const files = { ".env": "OTHER_KEY=from-env\n", ".env.local": "OTHER_KEY=from-local\n" };
  await using site = await openSite(job, { files });
  const probe = (env: Record<string, string>) =>
    site.run("probe", ["--date", "2024-01-02"], { env });
  assertEquals((await probe({})).code, 0);
  assertEquals(new Set(seen.splice(0)), new Set(["from-local"]));
  assertEquals((await probe({ OTHER_KEY: "from-environment" })).code, 0);
  assertEquals(new Set(seen), new Set(["from-environment"]));
});

Deno.test("the folder of a job sets neither a proxy nor certificates", async () => {
  for (const name of ["HTTPS_PROXY", "no_proxy", "DENO_CERT", "SSL_CERT_FILE", "NODE_OPTIONS"]) {
    await using dir = tempDir();
    Deno.writeTextFileSync(dir.file(".env"), `${name}=elsewhere\n`);
    const failure = await assertRejects(() => readJobEnvFiles(dir.file("job.yaml")), Failure);
    assertEquals(
      failure.message,
      `Cannot read the settings of ${dir.path}: it sets ${name}`,
    );
  }
});

Deno.test("the folder of a job may set the database", async () => {
  await using dir = tempDir();
  Deno.writeTextFileSync(dir.file(".env"), "DATABASE_URL=pglite:./x\nBACKFILL_LOGS=l\n");
  const variables = { DATABASE_URL: "pglite:./x", BACKFILL_LOGS: "l" };
  assertEquals(await readJobEnvFiles(dir.file("job.yaml")), variables);
});

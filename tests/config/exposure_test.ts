import { assertEquals } from "@std/assert";
import { plainHttpProblem, weakSecrets } from "../../lib/config/exposure.ts";
import { readJob } from "../../lib/config/read_job.ts";

const REST = "tables: { t: { key: id, columns: { id: text } } }\n" +
  "streams: { s: { request: /t, rows: t } }\n";

async function jobOf(source: string, env: Record<string, string> = {}) {
  const text = `job: tiny\nsource: ${source}\n${REST}`;
  return await readJob("job.yaml", { readText: () => text, env: (name) => env[name] });
}

Deno.test("plainHttpProblem() warns of credentials over http to another machine only", async () => {
  const auth = 'auth: { bearer: "${API_TOKEN}" }';
  const problem = "credentials are sent unencrypted to api.example.com; use https";
  const cases: [string, string | undefined][] = [
    [`{ url: "http://api.example.com", ${auth} }`, problem],
    [`{ url: "https://api.example.com", ${auth} }`, undefined],
    [`{ url: "http://127.0.0.1:8080", ${auth} }`, undefined],
    [`{ url: "http://localhost", ${auth} }`, undefined],
    [`{ url: "http://[::1]:8080", ${auth} }`, undefined],
    [
      '{ url: "http://localhost.example.com", headers: { X: "${TINY_KEY:-k}" } }',
      problem.replace("api", "localhost"),
    ],
    ['{ url: "http://api.example.com" }', undefined],
    [
      '{ url: "https://api.example.com", auth: { oauth2: { token_url: "http://id.example.com/t", client_id: a, client_secret: "${S}" } } }',
      problem.replace("api", "id"),
    ],
  ];
  for (const [source, expected] of cases) {
    assertEquals(plainHttpProblem(await jobOf(source)), expected, source);
  }
});

Deno.test("weakSecrets() names secrets that are short or plain words, not user names", async () => {
  const env = {
    USER_NAME: "admin",
    PASSWORD: "swordfish",
    TINY_TOKEN: "x8$kQ0p!",
    TINY_KEY: "1234",
  };
  const job = await jobOf(
    '{ url: "https://a.example", auth: { basic: { username: "${USER_NAME}", password: "${PASSWORD}" }, header: { A: "${TINY_TOKEN}", B: "${TINY_KEY}" } } }',
    env,
  );
  assertEquals(weakSecrets(job, (name) => env[name as keyof typeof env]), ["PASSWORD", "TINY_KEY"]);
});

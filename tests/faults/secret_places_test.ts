// Secrets that a job sends in the path, a header, the query and the body appear nowhere, in whatever form
// the API echoes them.
import { assert, assertEquals } from "@std/assert";
import { encodeBase64 } from "../../lib/report/text/base64.ts";
import { serve } from "../support/http_server.ts";
import { openSite } from "./site.ts";

const KEY = "k3y+/= with~odd&signs";

/** The forms in which the API echoes the secret, and in which it must not be found. */
const FORMS = [
  KEY,
  encodeURIComponent(KEY),
  encodeURIComponent(encodeURIComponent(KEY)),
  JSON.stringify(KEY).slice(1, -1).replaceAll("/", "\\/"),
  [...KEY].map((one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`).join(""),
  KEY.replaceAll("&", "&amp;"),
  encodeBase64(KEY).replace(/=+$/, "").replaceAll("+", "-").replaceAll("/", "_"),
];

const PLACES: Readonly<Record<string, string>> = {
  path: 'request: "/x/${METER_KEY}/{from}/{last}"',
  header: 'request: { path: "/{from}/{last}", headers: { X-Pass: "${METER_KEY}" } }',
  query: 'request: { path: "/{from}/{last}", query: { pass: "${METER_KEY}" } }',
  body:
    'request: { path: "/{from}/{last}", method: POST, body: { pass: "${METER_KEY}", q: "a ${METER_KEY} b" } }',
  form: 'request: { path: "/{from}/{last}", method: POST, form: { pass: "${METER_KEY}" } }',
  "a path that does not exist": 'request: "/x/${METER_KEY}/{params.gone}/{from}/{last}"',
};

for (const [place, request] of Object.entries(PLACES)) {
  Deno.test(`no command writes a secret that a job sends in ${place}`, async () => {
    let times = 0;
    await using api = serve(async (request) => {
      const echo = `${FORMS.join(" ")} ${request.url} ${await request.text()}`;
      return times++ % 2 === 0
        ? Response.json({ error: echo }, { status: 422 })
        : Response.json([{ id: "1", n: echo }]);
    });
    const job = `job: meter
params: { gone: { pattern: "[a-z]+" } }
source: { url: "${api.url}", limits: 50/s }
tables: { t: { key: id, columns: { id: text, n: integer } } }
streams: { s: { ${request}, window: day, rows: t } }
`;
    await using site = await openSite(job, { env: { METER_KEY: KEY } });
    const days = ["--start-date", "2024-01-01", "--end-date", "2024-01-04"];
    const outputs: [string, string][] = [];
    const runs: [string, string[]][] = [
      ["backfill", [...days, "--dry-run"]],
      ["backfill", days],
      ["backfill", [...days, "--resume", "--json", "--verbose"]],
      ["errors", ["--json"]],
      ["status", ["--json"]],
      ["probe", ["--date", "2024-01-02"]],
      ["probe", ["--date", "2024-01-02", "--json"]],
      ["doctor", []],
    ];
    const run = async ([command, args]: [string, string[]]) => {
      const { stdout, stderr } = await site.run(command, args);
      outputs.push([`${command} ${args.join(" ")}`, stdout + stderr]);
    };
    for (const command of runs.slice(0, 3)) await run(command);
    await Promise.all(runs.slice(3).map(run));
    for (const { name } of Deno.readDirSync(site.logs)) {
      outputs.push([name, Deno.readTextFileSync(`${site.logs}/${name}`)]);
    }
    const bytes = Deno.readFileSync(site.kvPath);
    for (const encoding of ["latin1", "utf-8", "utf-16le"]) {
      outputs.push(["the checkpoint", new TextDecoder(encoding).decode(bytes)]);
    }
    for (const [where, text] of outputs) {
      for (const form of FORMS) {
        const at = text.indexOf(form);
        assert(at < 0, `${where} holds ${form}: ...${text.slice(Math.max(0, at - 90), at + 60)}`);
      }
    }
    assertEquals(times > 0, place !== "a path that does not exist");
    if (Deno.build.os === "windows") return;
    for (
      const path of [
        site.kvPath,
        ...Array.from(Deno.readDirSync(site.logs), ({ name }) => `${site.logs}/${name}`),
      ]
    ) {
      assertEquals(Deno.statSync(path).mode! & 0o777, 0o600, path);
    }
    assertEquals(Deno.statSync(site.logs).mode! & 0o777, 0o700);
  });
}

Deno.test("no command writes a token that the API issued, or the secret that it was issued for", async () => {
  const TOKEN = "t0k+en/= of~this&run";
  const forms = FORMS.concat([TOKEN, encodeURIComponent(TOKEN), encodeBase64(TOKEN)]);
  let sent = 0;
  await using api = serve((request) => {
    if (new URL(request.url).pathname === "/token") {
      return Response.json({ access_token: TOKEN, expires_in: 3600 });
    }
    const echo = `${forms.join(" ")} ${request.headers.get("authorization")}`;
    if (request.headers.get("authorization") === `Bearer ${TOKEN}`) sent++;
    return sent % 2 === 1
      ? Response.json({ error: echo }, { status: 422 })
      : Response.json([{ id: "1", n: echo }]);
  });
  const job = `job: meter
source:
  url: "${api.url}"
  limits: 50/s
  auth: { oauth2: { token_url: "${api.url}/token", client_id: me, client_secret: "\${METER_KEY}" } }
tables: { t: { key: id, columns: { id: text, n: integer } } }
streams: { s: { request: "/{from}/{last}", window: day, rows: t } }
`;
  await using site = await openSite(job, { env: { METER_KEY: KEY } });
  const days = ["--start-date", "2024-01-01", "--end-date", "2024-01-03"];
  const runs: [string, string[]][] = [
    ["backfill", days],
    ["backfill", [...days, "--resume", "--json", "--verbose"]],
    ["errors", ["--json"]],
    ["probe", ["--date", "2024-01-02", "--json"]],
    ["probe", ["--date", "2024-01-02"]],
    ["doctor", []],
  ];
  const texts: string[] = [];
  for (const [command, args] of runs) {
    const { stdout, stderr } = await site.run(command, args);
    texts.push(stdout + stderr);
  }
  for (const { name } of Deno.readDirSync(site.logs)) {
    texts.push(Deno.readTextFileSync(`${site.logs}/${name}`));
  }
  texts.push(new TextDecoder("latin1").decode(Deno.readFileSync(site.kvPath)));
  for (const text of texts) {
    for (const form of forms) {
      const at = text.indexOf(form);
      assert(at < 0, `${form} in ...${text.slice(Math.max(0, at - 90), at + 60)}`);
    }
  }
  assert(sent > 3, "the token was sent");
});

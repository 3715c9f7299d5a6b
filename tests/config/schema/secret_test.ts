import { assert, assertEquals, assertThrows } from "@std/assert";
import { Failure } from "../../../lib/failure.ts";
import type { z } from "zod";
import { SECRET_PATHS, type SecretPath } from "../../../lib/config/job/secret_paths.ts";
import { jobSchema } from "../../../lib/config/schema/job_schema.ts";
import { readSecret, secretAt, secretValues } from "../../../lib/config/schema/secret.ts";
import {
  alternatives,
  fixedKeys,
  memberSchema,
  schemaShape,
} from "../../../lib/config/schema/shape.ts";
import { changed, messages, read } from "../job_text.ts";

const env = (name: string) => ({ USER: "bob", PASS: "p&ss word", TOKEN: "abc" })[name];

function withAuth(auth: unknown, url = "https://a.example"): string {
  return changed({ source: { url, auth } });
}

/** The keys that the schema marks as secrets. */
function marked(schema: z.core.$ZodType, keys: string[] = []): SecretPath[] {
  const { core, meta } = schemaShape(schema);
  if (meta.secret === true) return [{ keys, literal: meta.literal === true }];
  if (keys.length > 8) return [];
  const member = memberSchema(core);
  return [
    ...Object.entries(fixedKeys(core) ?? {}).flatMap(([key, below]) =>
      marked(below, [...keys, key])
    ),
    ...(alternatives(core) ?? []).flatMap((one) => marked(one, keys)),
    ...(member === undefined ? [] : marked(member, [...keys, "*"])),
  ];
}

Deno.test("SECRET_PATHS are the keys that the schema marks", () => {
  const lines = (paths: readonly SecretPath[]) =>
    paths.map(({ keys, literal }) => `${keys.join(".")} ${literal}`).sort();
  assertEquals(lines(SECRET_PATHS), [...new Set(lines(marked(jobSchema)))]);
  assert(secretAt(["source", "auth", "header", "X-Key"]) !== undefined);
  assertEquals(secretAt(["source", "headers", "X-Key"]), undefined);
});

Deno.test("readSecret() returns the value, and names the variable that is not set", () => {
  assertEquals(readSecret("Token ${TOKEN}", env), "Token abc");
  assertEquals(readSecret("${NONE:-}", env), "");
  const failure = assertThrows(() => readSecret("${NONE}", env), Failure);
  assertEquals(failure.kind, "configuration");
  assertEquals(failure.message, 'Cannot read a secret: the variable "NONE" is not set');
  assertEquals(failure.hint, "Set NONE in the environment or in .env.local");
});

Deno.test("readJob() accepts secrets by variable only", async () => {
  const literal =
    "a secret must not be written in a job file; expected a variable such as ${API_TOKEN}";
  const fallback = "a secret must not be written in a job file, not even as a default";
  const cases: [unknown, string[]][] = [
    [{ bearer: "${T}" }, []],
    [{ bearer: "${T:-}" }, []],
    [{ bearer: "Key ${T}" }, []],
    [{ bearer: "abc" }, [literal]],
    [{ bearer: "$${T}" }, [literal]],
    [{ bearer: "${T:-abc}" }, [fallback]],
    [{ basic: { username: "bob", password: "${P}" } }, []],
    [{ basic: { username: "${K}", password: "" } }, []],
    [{ basic: { username: "${K}", password: "x" } }, []],
    [{ basic: { username: "${K}", password: "secret" } }, [literal]],
    [{ query: { key: "${K}", app: "abc" } }, [literal]],
    [{ bearer: "${a b}" }, ["expected a variable such as ${API_TOKEN}"]],
  ];
  for (const [auth, expected] of cases) {
    const found = (await messages(withAuth(auth))).map((text) => text.replace(/^\S+ /, ""));
    assertEquals(found, expected, JSON.stringify(auth));
  }
});

Deno.test("secretValues() lists the values to mask", async () => {
  const basic = await read(withAuth({ basic: { username: "${USER}", password: "${PASS}" } }));
  assertEquals(secretValues(basic, env), ["bob", "p&ss word", "bob:p&ss word"]);
  const header = await read(withAuth({ header: { "X-Key": "Key ${TOKEN}", "X-B": "${NONE:-}" } }));
  assertEquals(secretValues(header, env), ["abc", "Key abc"]);
  const literal = await read(withAuth({ basic: { username: "apikey", password: "${NONE}" } }));
  assertEquals(secretValues(literal, env), []);
  assertEquals(secretValues(await read(changed({})), env), []);
});

Deno.test("secretValues() includes variables whose names look secret wherever they are used", async () => {
  const job = await read(
    withAuth(undefined, "https://a.example/bot${API_TOKEN}/${PLACE}"),
    { API_TOKEN: "t0k", PLACE: "here" },
  );
  assertEquals(secretValues(job, (name) => name === "API_TOKEN" ? "t0k" : "here"), ["t0k"]);
});

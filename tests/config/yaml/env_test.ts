import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { envReferences, substituteEnv } from "../../../lib/config/yaml/env.ts";

const env = (name: string) => ({ A: "1", EMPTY: "" })[name];

Deno.test("substituteEnv() puts values and defaults in", () => {
  assertEquals(substituteEnv("x${A}y${B:-2}${EMPTY:-3}${EMPTY}", env), {
    text: "x1y23",
    missing: [],
  });
  assertEquals(substituteEnv("${B:-}|${B:-a:b c}", env).text, "|a:b c");
  assertEquals(substituteEnv("$A $ {A} $$A", env).text, "$A $ {A} $$A");
});

Deno.test("substituteEnv() leaves a doubled dollar sign as the two characters", () => {
  assertEquals(substituteEnv("$${A} $$${A}", env), { text: "${A} $${A}", missing: [] });
  assertEquals(substituteEnv("$${A} ${A}", env), { text: "${A} 1", missing: [] });
});

Deno.test("substituteEnv() tells what has no value", () => {
  const { text, missing } = substituteEnv("${B}-${a b}-${", env);
  assertEquals(text, "--");
  assertEquals(missing.map(({ name, text }) => [name, text]), [
    ["B", "${B}"],
    [undefined, "${a b}"],
    [undefined, "${"],
  ]);
});

Deno.test("substituteEnv() does not read variables that stand in values", () => {
  assertEquals(substituteEnv("${X}", () => "${A}").text, "${A}");
});

Deno.test("envReferences() and substituteEnv() answer any text", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("$", "{", "}", ":", "-", "A") }), (text) => {
      const found = envReferences(text).length;
      assertEquals(found >= substituteEnv(text, () => undefined).missing.length, true);
    }),
  );
});

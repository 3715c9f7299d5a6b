import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { envReferences, substituteEnv } from "../../../lib/config/yaml/env.ts";

const env = (name: string) => ({ A: "1", EMPTY: "" })[name];

Deno.test("substituteEnv() inserts values and defaults", () => {
  assertEquals(substituteEnv("x${A}y${B:-2}${EMPTY:-3}${EMPTY}", env), {
    text: "x1y23",
    missing: [],
  });
  assertEquals(substituteEnv("${B:-}|${B:-a:b c}", env).text, "|a:b c");
  assertEquals(substituteEnv("$A $ {A} $$A", env).text, "$A $ {A} $$A");
});

Deno.test("substituteEnv() keeps an escaped dollar sign", () => {
  assertEquals(substituteEnv("$${A} $$${A}", env), { text: "${A} $${A}", missing: [] });
  assertEquals(substituteEnv("$${A} ${A}", env), { text: "${A} 1", missing: [] });
});

Deno.test("substituteEnv() reports variables without a value", () => {
  const { text, missing } = substituteEnv("${B}-${a b}-${", env);
  assertEquals(text, "--");
  assertEquals(missing.map(({ name, text }) => [name, text]), [
    ["B", "${B}"],
    [undefined, "${a b}"],
    [undefined, "${"],
  ]);
});

Deno.test("substituteEnv() does not expand variables within values", () => {
  assertEquals(substituteEnv("${X}", () => "${A}").text, "${A}");
});

Deno.test("envReferences() and substituteEnv() handle any string", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("$", "{", "}", ":", "-", "A") }), (text) => {
      const found = envReferences(text).length;
      assertEquals(found >= substituteEnv(text, () => undefined).missing.length, true);
    }),
  );
});

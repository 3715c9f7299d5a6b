// What the assertions accept, refuse and print. These tests pass on the real @std/assert too.
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  AssertionError,
  assertLess,
  assertLessOrEqual,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";

class Money {
  constructor(readonly pence: number) {}
}

const cyclic = () => {
  const value: Record<string, unknown> = { a: 1 };
  value.self = value;
  return value;
};

const EQUAL: Record<string, [unknown, unknown]> = {
  "zeros of both signs": [0, -0],
  "NaN": [NaN, NaN],
  "nested values": [{ a: [1, { b: null }] }, { a: [1, { b: null }] }],
  "objects without prototype": [Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
  "dates": [new Date(5), new Date(5)],
  "patterns": [/a/g, /a/g],
  "URLs": [new URL("http://h/a"), new URL("http://h/a")],
  "bytes": [new Uint8Array([1, 2]), new Uint8Array([1, 2])],
  "maps with object keys": [new Map([[{ k: 1 }, [2]]]), new Map([[{ k: 1 }, [2]]])],
  "sets in another order": [new Set([1, "a"]), new Set(["a", 1])],
  "instances": [new Money(5), new Money(5)],
  "symbol keys": [{ [Symbol.for("s")]: 1 }, { [Symbol.for("s")]: 1 }],
  "cycles": [cyclic(), cyclic()],
};

const UNEQUAL: Record<string, [unknown, unknown]> = {
  "numbers and strings": [1, "1"],
  "absent and undefined": [{ a: undefined }, {}],
  "other absent keys": [{ a: undefined }, { b: undefined }],
  "arrays and objects": [[1], { 0: 1 }],
  "lengths": [[1], [1, undefined]],
  "null and an object": [null, {}],
  "dates": [new Date(5), new Date(6)],
  "patterns": [/a/g, /a/i],
  "bytes": [new Uint8Array([1]), new Uint8Array([2])],
  "classes": [new Money(5), { pence: 5 }],
  "instances": [new Money(5), new Money(6)],
  "errors": [new Error("a"), new Error("b")],
  "maps": [new Map([["a", 1]]), new Map([["a", 2]])],
  "sets": [new Set([1]), new Set([2])],
  "symbol keys": [{ [Symbol.for("s")]: 1 }, { [Symbol.for("s")]: 2 }],
  "big integers": [1n, 1],
};

for (const [what, [left, right]] of Object.entries(EQUAL)) {
  Deno.test(`assertEquals() passes when ${what} are the same`, () => {
    assertEquals(left, right);
    assertThrows(() => assertNotEquals(left, right), AssertionError);
  });
}

for (const [what, [left, right]] of Object.entries(UNEQUAL)) {
  Deno.test(`assertEquals() fails when ${what} differ`, () => {
    assertThrows(() => assertEquals(left, right), AssertionError, "Values are not equal.");
    assertNotEquals(left, right);
  });
}

/** The real package colors its messages. */
// deno-lint-ignore no-control-regex
const COLORS = /\x1b\[\d+m/g;

Deno.test("assertEquals() marks actual lines with - and expected lines with +, after the caller's message", () => {
  const error = assertThrows(
    () => assertEquals({ a: 1, b: [1, 2] }, { a: 1, b: [1, 3] }, "rows"),
    AssertionError,
  );
  assertEquals(
    error.message.replace(COLORS, "").split("\n").map((line) => line.trimEnd()),
    [
      ...["Values are not equal: rows", "", "", "    [Diff] Actual / Expected", "", ""],
      ...["    {", "      a: 1,", "      b: [", "        1,", "-       2,", "+       3,"],
      ...["      ],", "    }", ""],
    ],
  );
});

Deno.test("assertThrows() returns the error when class and message agree", () => {
  const error: RangeError = assertThrows(
    () => {
      throw new RangeError("out of range");
    },
    RangeError,
    "of range",
  );
  assertEquals(error.message, "out of range");
  assertEquals(
    assertThrows(() => {
      throw "text";
    }),
    "text",
  );
});

Deno.test("assertThrows() fails when nothing, another class or another message is thrown", () => {
  const broken = () => {
    throw new TypeError("a");
  };
  assertThrows(
    () => assertThrows(() => 1, "why"),
    AssertionError,
    "Expected function to throw: why",
  );
  assertThrows(() => assertThrows(broken, RangeError), AssertionError, `but was "TypeError"`);
  assertThrows(() => assertThrows(broken, TypeError, "b"), AssertionError, `but got "a"`);
});

Deno.test("assertRejects() returns the reason when class and message agree", async () => {
  const error: TypeError = await assertRejects(
    () => Promise.reject(new TypeError("no")),
    TypeError,
    "no",
  );
  assertEquals(error.message, "no");
  assertEquals(await assertRejects(() => Promise.reject(5)), 5);
});

Deno.test("assertRejects() fails when the promise is fulfilled or the function itself throws", async () => {
  await assertRejects(
    () => assertRejects(() => Promise.resolve(1)),
    AssertionError,
    "Expected function to reject.",
  );
  const throwing = () => {
    throw new Error("early");
  };
  await assertRejects(() => assertRejects(throwing), AssertionError, "Function throws");
  await assertRejects(
    () => assertRejects(() => Promise.reject(5), Error),
    AssertionError,
    "A non-Error object was rejected",
  );
});

Deno.test("assertEquals() shows lines of long values that differ, and only these", () => {
  const lines = Array.from({ length: 400 }, (_, index) => index);
  const { message } = assertThrows(
    () => assertEquals(lines, lines.map((index) => index === 250 ? -1 : index)),
    AssertionError,
  );
  const marked = message.replace(COLORS, "").split("\n").filter((line) => /^[-+]/.test(line));
  assertEquals(marked.map((line) => line.trim()), ["-     250,", "+     -1,"]);
});

Deno.test("assertStrictEquals() reports values that only look the same", () => {
  const error = assertThrows(() => assertStrictEquals({ a: 1 }, { a: 1 }), AssertionError);
  assertStringIncludes(error.message, "the same structure but are not reference-equal");
  assertThrows(() => assertStrictEquals(1, 2), AssertionError, "Values are not strictly equal.");
});

/** Assertions that hold, and the same ones that do not. */
const HOLDING: Record<string, [holds: () => void, fails: () => void]> = {
  "assert()": [() => assert([]), () => assert(0, "why")],
  "assertStrictEquals()": [() => assertStrictEquals(cyclic, cyclic), () => {
    assertStrictEquals({}, {});
  }],
  "assertStringIncludes()": [() => assertStringIncludes("hindcast", "cast"), () => {
    assertStringIncludes("a", "b");
  }],
  "assertMatch()": [() => assertMatch("2024-01-02", /^\d{4}-/), () => assertMatch("a", /b/)],
  "assertAlmostEquals()": [() => assertAlmostEquals(0.1 + 0.2, 0.3), () => {
    assertAlmostEquals(1, 1.1);
  }],
  "assertAlmostEquals() of NaN": [() => assertAlmostEquals(NaN, NaN), () => {
    assertAlmostEquals(1, NaN, 5);
  }],
  "assertLess()": [() => assertLess(1n, 2n), () => assertLess(1, 1)],
  "assertLessOrEqual()": [() => assertLessOrEqual(new Date(1), new Date(1)), () => {
    assertLessOrEqual(2, 1);
  }],
};

for (const [what, [holds, fails]] of Object.entries(HOLDING)) {
  Deno.test(`${what} passes when it holds, and throws an AssertionError when it does not`, () => {
    holds();
    assertThrows(fails, AssertionError);
  });
}

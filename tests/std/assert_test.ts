import {
  assert,
  assertAlmostEquals,
  assertArrayIncludes,
  assertEquals,
  assertExists,
  assertFalse,
  assertGreater,
  assertGreaterOrEqual,
  assertInstanceOf,
  AssertionError,
  assertIsError,
  assertLess,
  assertLessOrEqual,
  assertMatch,
  assertNotEquals,
  assertNotMatch,
  assertNotStrictEquals,
  assertObjectMatch,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
  equal,
  fail,
  unreachable,
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
  "numbers and texts": [1, "1"],
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
    assertFalse(equal(left, right));
    assertThrows(() => assertEquals(left, right), AssertionError, "Values are not equal.");
    assertNotEquals(left, right);
  });
}

Deno.test("assertEquals() shows the difference line by line, after the caller's words", () => {
  const error = assertThrows(
    () => assertEquals({ a: 1, b: [1, 2] }, { a: 1, b: [1, 3] }, "rows"),
    AssertionError,
  );
  assertStringIncludes(error.message, "Values are not equal: rows\n");
  assertMatch(error.message, /\n\+ +2\n- +3\n/);
});

Deno.test("assertObjectMatch() passes when the object holds more than is named", () => {
  assertObjectMatch(
    { a: { b: 1, c: new Date(1) }, list: [{ x: 1, y: 2 }, 3, 4], d: 0 },
    { a: { c: new Date(1) }, list: [{ x: 1 }, 3] },
  );
  assertObjectMatch(new Money(5) as unknown as Record<string, unknown>, { pence: 5 });
  assertObjectMatch(cyclic(), cyclic());
});

Deno.test("assertObjectMatch() fails when a named value is absent or other", () => {
  assertThrows(() => assertObjectMatch({ a: 1 }, { a: 2 }), AssertionError);
  assertThrows(() => assertObjectMatch({ a: 1 }, { b: undefined }), AssertionError);
  assertThrows(() => assertObjectMatch({ a: { b: [1] } }, { a: { b: [1, 2] } }), AssertionError);
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

Deno.test("assertions pass when they hold", () => {
  assert([]);
  assertFalse("");
  assertExists(0);
  assertStrictEquals(cyclic, cyclic);
  assertNotStrictEquals({}, {});
  assertStringIncludes("hindcast", "cast");
  assertMatch("2024-01-02", /^\d{4}-/);
  assertNotMatch("x", /y/);
  assertArrayIncludes([{ a: 1 }, { b: 2 }], [{ b: 2 }]);
  assertAlmostEquals(0.1 + 0.2, 0.3);
  assertGreater(2, 1);
  assertGreaterOrEqual("b", "b");
  assertLess(1n, 2n);
  assertLessOrEqual(new Date(1), new Date(1));
  assertInstanceOf(new Money(1), Money);
  assertIsError(new RangeError("far"), RangeError, /^far$/);
});

Deno.test("assertions fail with AssertionError when they do not hold", () => {
  const failing: Array<() => void> = [
    () => assert(0, "why"),
    () => assertFalse(1),
    () => assertExists(null),
    () => assertStrictEquals({}, {}),
    () => assertNotStrictEquals(1, 1),
    () => assertStringIncludes("a", "b"),
    () => assertMatch("a", /b/),
    () => assertNotMatch("a", /a/),
    () => assertArrayIncludes([1], [2]),
    () => assertAlmostEquals(1, 1.1),
    () => assertAlmostEquals(1, NaN, 5),
    () => assertGreater(1, 1),
    () => assertGreaterOrEqual(0, NaN),
    () => assertLess(1, 1),
    () => assertLessOrEqual(2, 1),
    () => assertInstanceOf({}, Money),
    () => assertIsError("text"),
    () => fail("why"),
    () => unreachable(),
  ];
  for (const attempt of failing) assertThrows(attempt, AssertionError);
});

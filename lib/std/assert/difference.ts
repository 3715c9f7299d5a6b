// Owns how values look in messages: one value by node:util's inspect, two values side by side by
// node:assert's own diff. Never decides whether they differ.
import { AssertionError as NodeAssertionError } from "node:assert";
import { inspect } from "node:util";

/** One value, complete and on several lines where it is long, keys in order. */
export function show(value: unknown): string {
  return inspect(value, {
    depth: Infinity,
    sorted: true,
    maxArrayLength: 200,
    breakLength: 100,
  });
}

/** Two values line by line: `+` stands before what came, `-` before what was expected. */
export function difference(actual: unknown, expected: unknown): string {
  const { message } = new NodeAssertionError({
    actual,
    expected,
    operator: "deepStrictEqual",
  });
  return message.slice(message.indexOf("\n") + 1);
}

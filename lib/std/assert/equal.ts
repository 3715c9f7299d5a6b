// Owns the meaning of "deeply equal". Unlike isDeepStrictEqual of node:util, 0 equals -0, an object without
// a prototype equals a plain one, and URLs are compared as strings. Invariant: cyclic values terminate, because a
// pair that is being compared counts as equal when it is met again.

type Pairs = Map<object, object>;

/** Returns whether two values are deeply equal: same prototypes, same keys, equal values. */
export function equal(a: unknown, b: unknown): boolean {
  return same(a, b, new Map());
}

function same(a: unknown, b: unknown, open: Pairs): boolean {
  if (a === b || Object.is(a, b)) return true;
  if (!isObject(a) || !isObject(b) || !alike(a, b)) return false;
  if (a instanceof Date) return Object.is(a.getTime(), (b as Date).getTime());
  if (isPrintable(a)) return String(a) === String(b);
  if (ArrayBuffer.isView(a)) {
    return sameBytes(bytesOf(a), bytesOf(b as ArrayBufferView));
  }
  if (a instanceof ArrayBuffer) {
    return sameBytes(new Uint8Array(a), new Uint8Array(b as ArrayBuffer));
  }
  if (a instanceof WeakMap || a instanceof WeakSet) {
    throw new TypeError(`Cannot compare ${a.constructor.name} instances`);
  }
  if (open.get(a) === b) return true;
  open.set(a, b);
  if (a instanceof Map) return sameEntries(a, b as Map<unknown, unknown>, open);
  if (a instanceof Set) return sameMembers(a, b as Set<unknown>, open);
  return sameProperties(a, b, open);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function alike(a: object, b: object): boolean {
  const [left, right] = [Object.getPrototypeOf(a), Object.getPrototypeOf(b)];
  return left === right ||
    (left ?? Object.prototype) === (right ?? Object.prototype);
}

function isPrintable(value: object): boolean {
  return value instanceof RegExp || value instanceof URL ||
    value instanceof URLSearchParams;
}

function bytesOf(view: ArrayBufferView): ArrayLike<unknown> {
  if (!(view instanceof DataView)) return view as unknown as ArrayLike<unknown>;
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function sameBytes(a: ArrayLike<unknown>, b: ArrayLike<unknown>): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) {
    if (a[index] !== b[index] && !Object.is(a[index], b[index])) return false;
  }
  return true;
}

function sameEntries(
  a: Map<unknown, unknown>,
  b: Map<unknown, unknown>,
  open: Pairs,
): boolean {
  if (a.size !== b.size) return false;
  return a.entries().every(([key, value]) =>
    b.has(key) ? same(value, b.get(key), open) : isObject(key) &&
      b.entries().some(([k, v]) => same(key, k, open) && same(value, v, open))
  );
}

function sameMembers(a: Set<unknown>, b: Set<unknown>, open: Pairs): boolean {
  if (a.size !== b.size) return false;
  return a.values().every((member) =>
    b.has(member) ||
    isObject(member) && b.values().some((other) => same(member, other, open))
  );
}

function sameProperties(a: object, b: object, open: Pairs): boolean {
  if (Object.keys(a).length !== Object.keys(b).length) return false;
  return keysOf(a).union(keysOf(b)).values().every((key) =>
    key in a && key in b && same(Reflect.get(a, key), Reflect.get(b, key), open)
  );
}

/** The keys to compare: enumerable ones of plain objects and arrays, all keys of instances. */
function keysOf(value: object): Set<PropertyKey> {
  if (isPlain(Object.getPrototypeOf(value))) {
    return new Set(Reflect.ownKeys({ ...value }));
  }
  const keys = new Set<PropertyKey>();
  for (let at = value; !isPlain(at); at = Object.getPrototypeOf(at)) {
    for (const key of Reflect.ownKeys(at)) keys.add(key);
  }
  return keys;
}

function isPlain(prototype: unknown): boolean {
  return prototype === null || prototype === Object.prototype ||
    prototype === Array.prototype;
}

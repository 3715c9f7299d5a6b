/**
 * A bounded cache for a pure function.
 *
 * @module
 */

/** The same function, which caches its `most` latest results. */
export function memoize<K, V>(most: number, make: (key: K) => V): (key: K) => V {
  const kept = new Map<K, V>();
  return (key) => {
    const known = kept.get(key);
    if (known !== undefined) {
      kept.delete(key); // and put it back as the latest
      kept.set(key, known);
      return known;
    }
    const made = make(key);
    kept.set(key, made);
    if (kept.size > most) kept.delete(kept.keys().next().value!);
    return made;
  };
}

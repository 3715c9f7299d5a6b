// Random numbers for tests, from a seed that is printed, so that `HINDCAST_SEED=... deno test ...`
// draws the same numbers again. Invariant: one seed, one sequence, on every machine.

/** A generator of numbers from 0 up to 1, by mulberry32; prints the seed that replays it. */
export function chance(what: string): () => number {
  const given = Number(Deno.env.get("HINDCAST_SEED") ?? NaN);
  const seed = Number.isInteger(given) ? given : Math.floor(Math.random() * 2 ** 31);
  console.log(`  ${what}: HINDCAST_SEED=${seed} replays it`);
  return sequence(seed);
}

/** The numbers of a seed. */
export function sequence(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ state >>> 15, 1 | state);
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed;
    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32;
  };
}

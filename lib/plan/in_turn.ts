// Lets the calls of several fetchers that share a plan take turns: each begins when the one before has ended.
// Invariant: a call that fails does not block the next one.

/** Wraps an action so that its calls run one after the other, in the order in which they were made. */
export function inTurn<T>(action: () => Promise<T>): () => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return () => {
    const turn = last.then(action);
    last = turn.catch(() => {});
    return turn;
  };
}

// Sends the fragments of the page that have changed to the browsers that watch it. It renders once for all of
// them. Invariant: it reads the state only while a page is open.
import type { SSEStreamingApi } from "hono/streaming";
import { Failure } from "../failure.ts";
import type { Fragment } from "./page/page.tsx";

/** Time between two readings of the state. */
const LOOK_MS = 1000;

/** Checks without a change after which a comment keeps the connection open. */
const QUIET_LOOKS = 15;

/** What an update is made from. */
export interface Look {
  /** The current fragments. */
  readonly fragments: readonly Fragment[];
  /** When they were read, for display; empty if they could not be. */
  readonly asOf: string;
  /** Why they could not be read. */
  readonly problem?: string;
}

/** Sends changes to one browser until it leaves, or until `signal` aborts; then it sends the last ones. */
export async function sendUpdates(
  stream: SSEStreamingApi,
  look: (isLast: boolean) => Promise<Look>,
  signal: AbortSignal,
): Promise<void> {
  const sent = new Map<string, string>();
  const stopped = new Promise<void>((resolve) =>
    signal.addEventListener("abort", () => resolve(), { once: true })
  );
  for (let quiet = 0; !stream.aborted; quiet++) {
    const isLast = signal.aborted;
    const { fragments, asOf, problem } = await attempt(() => look(isLast));
    const changed = fragments.filter(({ id, html }) => sent.get(id) !== html);
    for (const { id, html } of changed) sent.set(id, html);
    if (changed.length > 0 || quiet >= QUIET_LOOKS || problem !== undefined) {
      await stream.writeSSE({ data: JSON.stringify({ asOf, changed, problem }) });
      quiet = 0;
    }
    if (isLast) return;
    await Promise.race([stream.sleep(LOOK_MS), stopped]);
  }
}

/** What is there, or why it cannot be read. */
async function attempt(look: () => Promise<Look>): Promise<Look> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { fragments: [], asOf: "", problem: error.message };
  }
}

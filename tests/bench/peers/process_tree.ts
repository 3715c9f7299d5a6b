// Runs a program and its child processes: how long they took, the most memory that they held at one
// time, and an end by SIGKILL. Memory is looked up in /proc, so this needs Linux.
//
// A page that several processes share, such as Deno's program text, counts in each of them: the sum is
// an upper bound.

/** How a program ended. */
export interface Ended {
  readonly seconds: number;
  /** The largest sum of resident sets over its processes, in MB. */
  readonly peakMb: number;
  /** The largest resident set of one of them, in MB. */
  readonly largestMb: number;
  /** How many processes there were when the sum was largest. */
  readonly processes: number;
  readonly code: number;
  /** The longest time in which this process itself did nothing, as where the whole machine stood still. */
  readonly stillMs: number;
}

type Peak = Pick<Ended, "peakMb" | "largestMb" | "processes">;

const LOOK_MS = 25;
const PAGE_BYTES = 4096;

/** Runs a program to its end, or kills it and its processes after a time. */
export async function runTree(
  [program, ...args]: readonly string[],
  env: Record<string, string>,
  killAfterMs?: number,
): Promise<Ended> {
  const startedAt = performance.now();
  const child = new Deno.Command(program!, {
    args,
    env,
    stdin: "null",
    stdout: "null",
    stderr: Deno.env.has("PEERS_VERBOSE") ? "inherit" : "null",
  }).spawn();
  const peak = { peakMb: 0, largestMb: 0, processes: 0 };
  let [stillMs, lookedAt] = [0, performance.now()];
  const looking = setInterval(() => {
    stillMs = Math.max(stillMs, performance.now() - lookedAt);
    Object.assign(peak, higher(peak, look(child.pid)));
    lookedAt = performance.now();
  }, LOOK_MS);
  const killing = killAfterMs === undefined
    ? undefined
    : setTimeout(() => killTree(child.pid), killAfterMs);
  const { code } = await child.status;
  const seconds = (performance.now() - startedAt) / 1000;
  clearInterval(looking);
  clearTimeout(killing);
  return { seconds, code, stillMs, ...peak };
}

function look(root: number): Peak {
  const sizes = treeOf(root).map(residentMb);
  return {
    peakMb: sizes.reduce((total, mb) => total + mb, 0),
    largestMb: Math.max(...sizes),
    processes: sizes.length,
  };
}

/** The greater of two looks, and the largest process of both; also for a run and its second start. */
export function higher(one: Peak, other: Peak): Peak {
  const { peakMb, processes } = one.peakMb > other.peakMb ? one : other;
  return { peakMb, processes, largestMb: Math.max(one.largestMb, other.largestMb) };
}

/** One by one: a signal to the group is more than was started here when the number is mistaken. */
function killTree(root: number): void {
  for (const pid of treeOf(root)) {
    try {
      Deno.kill(pid, "SIGKILL");
    } catch { /* it has ended already */ }
  }
}

/** A process and its descendants, parents first. */
function treeOf(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const parent = Number(/\) \S (\d+)/.exec(textOf(`/proc/${name}/stat`))?.[1]);
    children.set(parent, [...children.get(parent) ?? [], Number(name)]);
  }
  const tree = [root];
  for (const pid of tree) tree.push(...children.get(pid) ?? []);
  return tree;
}

function residentMb(pid: number): number {
  const pages = Number(textOf(`/proc/${pid}/statm`).split(" ")[1] ?? 0);
  return pages * PAGE_BYTES / 1024 / 1024;
}

function textOf(file: string): string {
  try {
    return Deno.readTextFileSync(file);
  } catch {
    return ""; // the process has ended
  }
}

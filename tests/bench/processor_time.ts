// Reads the processor time that programs take: of a command with everything that it starts, and of a PostgreSQL
// server with all of its backends, ended ones included. Unlike seconds on the clock, it hardly changes with what
// else the machine does. Linux only.

/** `USER_HZ` of Linux. */
const TICKS_PER_SECOND = 100;

/** How a command ended. */
export interface Timed {
  readonly stdout: string;
  /** Seconds of the command and of all processes that it started and waited for, in user and in system mode. */
  readonly cpuSeconds: number;
  /** Seconds on the clock. */
  readonly seconds: number;
}

/**
 * Runs a command to its end.
 *
 * @throws {Error} with its output if it fails.
 */
export async function timed(
  command: readonly string[],
  options: Pick<Deno.CommandOptions, "cwd" | "env">,
): Promise<Timed> {
  const startedAt = performance.now();
  const { code, stdout, stderr } = await new Deno.Command("sh", {
    ...options,
    args: ["-c", '"$@"; code=$?; times; exit $code', "sh", ...command],
    stdout: "piped",
    stderr: "piped",
  }).output();
  if (code !== 0) throw new Error(`Cannot measure: ${new TextDecoder().decode(stderr)}`);
  const lines = new TextDecoder().decode(stdout).trimEnd().split("\n");
  const children = lines.at(-1)!.split(" ").map(secondsOf);
  return {
    stdout: lines.slice(0, -2).join("\n"),
    cpuSeconds: children[0]! + children[1]!,
    seconds: (performance.now() - startedAt) / 1000,
  };
}

/** The seconds that a server has taken since it started, from its data folder. */
export async function serverSeconds(dataDir: string): Promise<number> {
  const [pid] = (await Deno.readTextFile(`${dataDir}/postmaster.pid`)).split("\n");
  const children = (await Deno.readTextFile(`/proc/${pid}/task/${pid}/children`)).trim();
  const living = children === "" ? [] : children.split(" ");
  // The children that have ended count for their parent.
  const [own, ...others] = await Promise.all([
    ticksOf(pid!, 4),
    ...living.map((child) => ticksOf(child, 2)),
  ]);
  return others.reduce((sum, ticks) => sum + ticks, own!) / TICKS_PER_SECOND;
}

/** The ticks of a process in user and in system mode, and with `count` 4 those of its ended children. */
async function ticksOf(pid: string, count: number): Promise<number> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => "");
  // After the name in brackets: state, and ten fields later the ticks.
  const ticks = stat.replace(/^.*\) /, "").split(" ").slice(11, 11 + count);
  return ticks.reduce((sum, each) => sum + Number(each), 0);
}

/** The seconds of `1m2.345s`. */
function secondsOf(text: string): number {
  const [, minutes, seconds] = /^(\d+)m([\d.]+)s$/.exec(text) ?? [];
  return Number(minutes) * 60 + Number(seconds);
}

// Owns a process that holds a lock, to be killed as processes are.

/** A process that has the lock of job "job" on a target. */
export interface Holder extends AsyncDisposable {
  readonly pid: number;
  /** Kills it as `kill -9` does; resolves when it is gone. */
  kill(): Promise<void>;
}

/** Starts a process that takes the lock; resolves when it has it. */
export async function startHolder(url: string): Promise<Holder> {
  const script = new URL("./hold.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "--allow-all", script, url],
    stdout: "piped",
  }).spawn();
  const kill = async () => {
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await child.status;
  };
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value } = await reader.read();
  await reader.cancel();
  if (value?.trim() === "held") return { pid: child.pid, kill, [Symbol.asyncDispose]: kill };
  await kill();
  throw new Error("the holder ended without the lock");
}

// Lists the processes of this machine, as any of its users can.

/** What a process is and holds. */
export interface ProcessInfo {
  readonly pid: number;
  readonly parent: number;
  /** Memory it holds, in MB. */
  readonly megabytes: number;
  /** Its command line. */
  readonly command: string;
}

/** All processes, as `ps` lists them. */
export async function processes(): Promise<ProcessInfo[]> {
  const args = ["-A", "-ww", "-o", "pid=,ppid=,rss=,args="];
  const { stdout } = await new Deno.Command("ps", { args }).output();
  return new TextDecoder().decode(stdout).trim().split("\n").map((line) => {
    const [, pid, parent, kilobytes, command] = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(.*)$/.exec(line)!;
    return {
      pid: Number(pid),
      parent: Number(parent),
      megabytes: Number(kilobytes) / 1024,
      command: command!,
    };
  });
}

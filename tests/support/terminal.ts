// A real terminal for tests: a tmux server of its own, whose screen can be read, resized and typed into.
// Invariant: the server ends with the scope, and never touches another one.

/** Whether tmux is installed; without it, tests of terminals are skipped by name. */
export function hasTmux(): boolean {
  try {
    return new Deno.Command("tmux", { args: ["-V"], stdout: "null", stderr: "null" })
      .outputSync().success;
  } catch {
    return false;
  }
}

/** A terminal. */
export interface TestTerminal extends AsyncDisposable {
  /** The lines of the screen, without spaces at their ends. */
  screen(): Promise<string[]>;
  /** The same with what has scrolled away. */
  history(): Promise<string[]>;
  /** Changes its size. */
  resize(columns: number, rows: number): Promise<void>;
  /** Types keys, such as `C-c` or `Enter`. */
  type(...keys: string[]): Promise<void>;
  /** Resolves to the screen once it contains a text; fails with the screen after a minute. */
  shows(text: string | RegExp): Promise<string[]>;
  /** A variable of tmux, such as `cursor_flag`. */
  flag(name: string): Promise<string>;
}

/** Opens a terminal with a shell. */
export async function openTerminal(
  { columns, rows, cwd, env }: {
    columns: number;
    rows: number;
    cwd: string;
    env: Record<string, string>;
  },
): Promise<TestTerminal> {
  const socket = `hindcast-test-${crypto.randomUUID().slice(0, 8)}`;
  const tmux = async (...args: string[]) => {
    const { stdout, stderr, success } = await new Deno.Command("tmux", {
      args: ["-L", socket, "-f", "/dev/null", ...args],
      env: { TMUX: "" },
    }).output();
    if (!success) throw new Error(`tmux ${args[0]}: ${new TextDecoder().decode(stderr)}`);
    return new TextDecoder().decode(stdout);
  };
  const variables = Object.entries({ LC_ALL: "C.UTF-8", PS1: "$ ", ...env })
    .flatMap(([name, value]) => ["-e", `${name}=${value}`]);
  const size = ["-x", String(columns), "-y", String(rows)];
  await tmux("new-session", "-d", ...size, "-c", cwd, ...variables, "sh");
  const lines = (text: string) => text.trimEnd().split("\n").map((line) => line.trimEnd());
  const screen = async () => lines(await tmux("capture-pane", "-p"));
  return {
    screen,
    history: async () => lines(await tmux("capture-pane", "-p", "-S", "-")),
    resize: async (columns, rows) => {
      await tmux("resize-window", "-x", String(columns), "-y", String(rows));
    },
    type: async (...keys) => {
      await tmux("send-keys", ...keys);
    },
    shows: async (text) => {
      for (let tries = 0; tries < 600; tries++) {
        const shown = await screen();
        const all = shown.join("\n");
        if (typeof text === "string" ? all.includes(text) : text.test(all)) return shown;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      throw new Error(`The terminal does not show ${text}:\n${(await screen()).join("\n")}`);
    },
    flag: async (name) => (await tmux("display-message", "-p", `#{${name}}`)).trim(),
    [Symbol.asyncDispose]: async () => {
      await tmux("kill-server").catch(() => {});
    },
  };
}

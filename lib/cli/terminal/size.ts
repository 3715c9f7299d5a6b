// Reads the size of the terminal, and notices when it changes or a shell has written to it. Invariant:
// without a terminal, or if it reports zero, the result is a usual size.

/** Columns and rows of the terminal now. */
export function sizeOf(): { columns: number; rows: number } {
  try {
    const { columns, rows } = Deno.consoleSize();
    return { columns: columns || 100, rows: rows || 24 };
  } catch {
    return { columns: 100, rows: 24 };
  }
}

/** What happens to a terminal while a command runs. */
export interface TerminalChanges {
  /** The terminal is being resized. */
  readonly resized: () => void;
  /** The process was suspended with Ctrl+Z and continues: the shell has printed something in between. */
  readonly continued: () => void;
}

/** Acts on changes of the terminal until it is disposed; Windows sends no signal. */
export function onTerminalChange({ resized, continued }: TerminalChanges): Disposable {
  if (Deno.build.os === "windows") return { [Symbol.dispose]: () => {} };
  Deno.addSignalListener("SIGWINCH", resized);
  Deno.addSignalListener("SIGCONT", continued);
  return {
    [Symbol.dispose]: () => {
      Deno.removeSignalListener("SIGWINCH", resized);
      Deno.removeSignalListener("SIGCONT", continued);
    },
  };
}

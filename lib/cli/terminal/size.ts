// Reads the size of the terminal, and notices when it changes. Invariant: where there is none, or it reports zero, the size is a usual one.

/** Columns and rows of the terminal now. */
export function sizeOf(): { columns: number; rows: number } {
  try {
    const { columns, rows } = Deno.consoleSize();
    return { columns: columns || 100, rows: rows || 24 };
  } catch {
    return { columns: 100, rows: 24 };
  }
}

/** Acts whenever the terminal is resized, until it is disposed; Windows sends no signal. */
export function onResize(act: () => void): Disposable {
  if (Deno.build.os === "windows") return { [Symbol.dispose]: () => {} };
  Deno.addSignalListener("SIGWINCH", act);
  return { [Symbol.dispose]: () => Deno.removeSignalListener("SIGWINCH", act) };
}

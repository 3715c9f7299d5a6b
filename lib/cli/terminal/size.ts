// Reads the size of the terminal. Invariant: where there is none, or it reports zero, the size is a usual one.

/** Columns and rows of the terminal now. */
export function sizeOf(): { columns: number; rows: number } {
  try {
    const { columns, rows } = Deno.consoleSize();
    return { columns: columns || 100, rows: rows || 24 };
  } catch {
    return { columns: 100, rows: 24 };
  }
}

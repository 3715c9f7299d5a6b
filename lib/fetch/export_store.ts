// Owns the interface of the place in which the IDs of ordered exports are kept, so that a process that was
// killed does not order an export twice.

/** Keeps the IDs of exports by a key that follows from the order. */
export interface ExportStore {
  /** The ID of the export that was ordered; undefined if there is none. */
  read(key: string): Promise<string | undefined>;
  /** Keeps the ID of an export. */
  keep(key: string, id: string): Promise<void>;
  /** Forgets an export that was fetched, or that failed. */
  forget(key: string): Promise<void>;
}

/** A store for one client. */
export function memoryExportStore(): ExportStore {
  const ids = new Map<string, string>();
  return {
    read: (key) => Promise.resolve(ids.get(key)),
    keep: (key, id) => Promise.resolve(void ids.set(key, id)),
    forget: (key) => Promise.resolve(void ids.delete(key)),
  };
}

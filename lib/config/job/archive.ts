// Owns the type of the keys under `archive` after parsing. Kept in step with the schema by
// tests/config/schema/job_types_test.ts.

/** Where responses are kept. */
export interface ArchiveSpec {
  /** Folder or bucket that keeps every response, as WARC files. */
  path: string;
  /** How long files are kept after their last response, in milliseconds; forever unless given. */
  keep?: number | undefined;
}

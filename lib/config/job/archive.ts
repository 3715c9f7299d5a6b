// Owns the type of the keys under `archive` after parsing, and where an archive may be. Kept in step with the
// schema by tests/config/schema/job_types_test.ts.

/** Where responses are kept. */
export interface ArchiveSpec {
  /** Folder or bucket that keeps every response, as WARC files. */
  path: string;
  /** How long files are kept after their last response, in milliseconds; forever unless given. */
  keep?: number | undefined;
}

/** Whether a job may name this place for its archive. */
export function isArchivePath(text: string): boolean {
  if (/^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/[\w!.*'()/-]*)?$/.test(text)) return true;
  const isRelative = /^[^/\\~:]+([/\\][^/\\:]*)*$/.test(text);
  return isRelative && !text.split(/[/\\]/).includes("..");
}

// Owns the interface of the place where an archive's files are: a folder, or a bucket. Types only. A file is
// written once, by one process, from its beginning to its end.

/** A file that is being written. */
export interface OpenFile {
  /** Bytes appended so far. */
  readonly size: number;
  /** Whether nothing more can be appended. */
  readonly isClosed: boolean;
  /** Appends bytes, which cannot be used afterwards; they may be lost until `sync`. */
  append(bytes: Uint8Array): Promise<void>;
  /** Resolves once everything that was appended survives a crash. */
  sync(): Promise<void>;
  /** Makes it durable and closes it. */
  close(): Promise<void>;
}

/** A file of an archive. */
export interface StoredFile {
  /** Its name. */
  readonly name: string;
  /** Its size in bytes. */
  readonly size: number;
  /** When it was last written, epoch milliseconds. */
  readonly modifiedAt: number;
}

/** A file that is being read; close it with `using`. */
export interface FileReader extends Disposable {
  /** Its size in bytes. */
  readonly size: number;
  /** Reads part of it; fewer bytes at its end. */
  read(offset: number, length: number): Uint8Array<ArrayBuffer>;
}

/** Where the files of an archive are. */
export interface ArchiveStore extends Disposable {
  /** Its address, for display. */
  readonly label: string;
  /** Creates a file; undefined if there is one of that name. */
  create(name: string): Promise<OpenFile | undefined>;
  /** The files of an archive that it holds, in the order of their names. */
  list(): Promise<StoredFile[]>;
  /** Opens a file for reading. */
  open(name: string): Promise<FileReader>;
  /** Deletes a file; does nothing if it no longer exists. */
  remove(name: string): Promise<void>;
}

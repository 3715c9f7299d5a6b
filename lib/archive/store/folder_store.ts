// Keeps the files of an archive in a folder, which it creates. Invariant: what `sync` has confirmed is on the
// disk, the file's entry in the folder included.
import { createFolder } from "../../owner_only.ts";
import { parseFileName } from "./file_name.ts";
import { release } from "../warc/bytes.ts";
import type { ArchiveStore, FileReader, OpenFile, StoredFile } from "./store.ts";

/** The store of a folder. */
export class FolderStore implements ArchiveStore {
  readonly label: string;

  /** The folder is created with the first file. */
  constructor(folder: string) {
    this.label = folder;
  }

  async create(name: string): Promise<OpenFile | undefined> {
    createFolder(this.label);
    try {
      const options = { write: true, createNew: true, mode: 0o600 };
      const file = await Deno.open(`${this.label}/${name}`, options);
      return new FolderFile(file, this.label, await isLinked(file));
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) return undefined;
      throw error;
    }
  }

  async list(): Promise<StoredFile[]> {
    const files: StoredFile[] = [];
    try {
      for await (const { name, isFile } of Deno.readDir(this.label)) {
        if (!isFile || parseFileName(name) === undefined) continue;
        const { size, mtime } = await Deno.stat(`${this.label}/${name}`);
        files.push({ name, size, modifiedAt: mtime?.getTime() ?? 0 });
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    return files.sort((a, b) => a.name < b.name ? -1 : 1);
  }

  async open(name: string): Promise<FileReader> {
    const file = await Deno.open(`${this.label}/${name}`);
    const { size } = await file.stat();
    return {
      size,
      // A page's head is read in microseconds; a call that yields takes ten times as long.
      read: (offset, length) => {
        file.seekSync(offset, Deno.SeekMode.Start);
        const bytes = new Uint8Array(length);
        let filled = 0;
        while (filled < length) {
          const count = file.readSync(bytes.subarray(filled));
          if (count === null) break;
          filled += count;
        }
        return bytes.subarray(0, filled);
      },
      [Symbol.dispose]: () => file.close(),
    };
  }

  async remove(name: string): Promise<void> {
    await Deno.remove(`${this.label}/${name}`).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }

  /** Nothing is open between calls. */
  [Symbol.dispose](): void {}
}

class FolderFile implements OpenFile {
  size = 0;
  isClosed = false;
  readonly #file: Deno.FsFile;
  readonly #folder: string;
  #isListed = false;
  #isDirty = false;
  /** Some file systems count no links. */
  readonly #countsLinks: boolean;

  constructor(file: Deno.FsFile, folder: string, countsLinks: boolean) {
    this.#file = file;
    this.#folder = folder;
    this.#countsLinks = countsLinks;
  }

  async append(bytes: Uint8Array): Promise<void> {
    this.#isDirty = true;
    for (let at = 0; at < bytes.length;) at += await this.#file.write(bytes.subarray(at));
    this.size += bytes.length;
    release(bytes);
  }

  async sync(): Promise<void> {
    if (!this.#isDirty) return;
    this.#isDirty = false;
    await this.#file.syncData();
    // What is written to a file that someone has deleted is lost.
    if (this.#countsLinks && !await isLinked(this.#file)) {
      throw new Error("the file was deleted while it was written");
    }
    if (!this.#isListed) await syncFolder(this.#folder);
    this.#isListed = true;
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    try {
      await this.sync();
    } finally {
      this.#file.close();
    }
  }
}

/** Whether a file is in a folder. */
async function isLinked(file: Deno.FsFile): Promise<boolean> {
  const { nlink } = await file.stat();
  return nlink !== null && nlink > 0;
}

/** Makes a new entry of a folder durable; where folders cannot be synchronized, the system does it itself. */
async function syncFolder(folder: string): Promise<void> {
  try {
    using opened = await Deno.open(folder);
    await opened.sync();
  } catch { /* as on Windows */ }
}

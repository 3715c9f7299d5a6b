// Chooses where an archive's files are by its location. It opens nothing before it is used.
import { FolderStore } from "./folder_store.ts";
import type { S3Dependencies } from "./s3_client.ts";
import { parseS3 } from "./s3_address.ts";
import { S3Store } from "./s3_store.ts";
import type { ArchiveStore } from "./store.ts";
import { readable } from "./unreadable.ts";

/**
 * The store of a folder, or of `s3://bucket/prefix`; close it with `using`. What cannot be read or deleted is a
 * {@linkcode Failure} of kind `archive`.
 *
 * @throws {Failure} of kind `configuration` if the credentials of a bucket are not set.
 */
export function openStore(location: string, dependencies: S3Dependencies): ArchiveStore {
  const store = parseS3(location) === undefined
    ? new FolderStore(location)
    : new S3Store(location, dependencies);
  return {
    label: store.label,
    create: (name) => store.create(name),
    list: () => readable(store.label, () => store.list()),
    open: (name) => readable(store.label, () => store.open(name)),
    remove: (name) => readable(store.label, () => store.remove(name)),
    [Symbol.dispose]: () => store[Symbol.dispose](),
  };
}

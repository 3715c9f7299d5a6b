// Chooses where an archive's files are by its location. It opens nothing before it is used.
import { FolderStore } from "./folder_store.ts";
import type { S3Dependencies } from "./s3_client.ts";
import { parseS3 } from "./s3_address.ts";
import { S3Store } from "./s3_store.ts";
import type { ArchiveStore } from "./store.ts";

/**
 * The store of a folder, or of `s3://bucket/prefix`; close it with `using`.
 *
 * @throws {Failure} of kind `configuration` if the credentials of a bucket are not set.
 */
export function openStore(location: string, dependencies: S3Dependencies): ArchiveStore {
  return parseS3(location) === undefined
    ? new FolderStore(location)
    : new S3Store(location, dependencies);
}

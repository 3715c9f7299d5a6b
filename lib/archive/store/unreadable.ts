// Turns what prevents reading or deleting the files of an archive into an error that names the archive.
import { Failure } from "../../failure.ts";

/**
 * The result of reading an archive; `label` is its address.
 *
 * @throws {Failure} of kind `archive` that says why it cannot be read.
 */
export async function readable<T>(label: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Failure) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new Failure("archive", `Cannot read the archive ${label}: ${reason}`, {
      hint: label.startsWith("s3://")
        ? "Check the name of the bucket, AWS_REGION, and the rights of the credentials"
        : "Check the path and its permissions",
      cause: error,
    });
  }
}

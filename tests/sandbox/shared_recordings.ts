// Owns where the published description of the API and the recorded responses are: next to the repository, where not
// every machine has them. Reports once, in the output of the tests, that they are absent.
import { join } from "node:path";
import { REPOSITORY } from "../support/repository.ts";

const folder = join(REPOSITORY, "..", "shared", "racing-api");

/** The folder of recorded responses. */
export const recordingsFolder: string = join(folder, "recordings");

/** The published description of the endpoints. */
export const openapiFile: string = join(folder, "openapi.json");

/** True where there are none; tests that need them are ignored then. */
export const isAbsent: boolean = !exists(openapiFile);

if (isAbsent) {
  console.log(
    "../shared/racing-api is absent: tests against the published schema and recordings are ignored",
  );
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

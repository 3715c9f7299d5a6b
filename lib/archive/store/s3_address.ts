// Owns the address of a bucket and the variables that give access to it. Pure; the launcher imports it, so it imports
// little.
import type { Env } from "../../config/yaml/env.ts";
import { Failure } from "../../failure.ts";

/** Names of the variables that access to a bucket is read from. */
export const S3_VARIABLES = [
  ...["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"],
  ...["AWS_REGION", "AWS_ENDPOINT_URL"],
] as const;

/** Parses `s3://bucket/prefix`; the prefix ends with a slash unless it is empty. */
export function parseS3(location: string): { bucket: string; prefix: string } | undefined {
  const [, bucket, path = ""] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(location) ?? [];
  if (bucket === undefined) return undefined;
  const prefix = path.replace(/\/+$/, "");
  return { bucket, prefix: prefix === "" ? "" : `${prefix}/` };
}

/**
 * The URL of a bucket and its region: below AWS_ENDPOINT_URL, or at Amazon.
 *
 * @throws {Failure} of kind `configuration` if the endpoint is not a URL.
 */
export function s3Address(bucket: string, env: Env): { url: string; region: string } {
  const region = env("AWS_REGION") || "us-east-1";
  const endpoint = env("AWS_ENDPOINT_URL");
  if (!endpoint) {
    const host = `s3.${region}.amazonaws.com`;
    // A name with a dot matches no certificate.
    const url = bucket.includes(".") ? `https://${host}/${bucket}` : `https://${bucket}.${host}`;
    return { url, region };
  }
  if (!URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol)) {
    throw new Failure(
      "configuration",
      "Cannot open the archive: AWS_ENDPOINT_URL is not an http or https URL",
      { hint: "Set it to the address of the object store, such as https://s3.example.com" },
    );
  }
  return { url: `${endpoint.replace(/\/+$/, "")}/${bucket}`, region };
}

// Owns AWS signatures (version 4), with npm:aws4fetch (no dependencies, Web Crypto only),
// which is loaded for the first one.
import type { Aws } from "../../config/job/auth.ts";
import type { Sign, SignerDependencies } from "./sign.ts";

/** Signs requests for a service of AWS. */
export function awsSigner(
  spec: Aws,
  { secret, wallNow }: SignerDependencies,
): Sign {
  return async (request) => {
    const token = spec.session_token === undefined ? "" : secret(spec.session_token);
    const { AwsV4Signer } = await import("aws4fetch");
    const signer = new AwsV4Signer({
      method: request.method,
      url: request.url,
      headers: { ...request.headers },
      ...request.body === undefined ? {} : { body: request.body },
      accessKeyId: secret(spec.access_key_id),
      secretAccessKey: secret(spec.secret_access_key),
      ...token === "" ? {} : { sessionToken: token },
      service: spec.service,
      region: spec.region,
      datetime: new Date(wallNow()).toISOString().replace(/[:-]|\.\d{3}/g, ""),
    });
    const { url, headers } = await signer.sign();
    // The runtime sends Host itself, with the value that was signed.
    headers.delete("host");
    return { ...request, url: url.href, headers: Object.fromEntries(headers) };
  };
}

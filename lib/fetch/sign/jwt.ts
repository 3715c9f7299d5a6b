// Owns tokens that are signed with the account's key (RFC 7519), with npm:jose, which is loaded for
// the first one. A token is used until shortly before it expires.
import type { importPKCS8 } from "jose";
import type { Jwt } from "../../config/job/auth.ts";
import { Failure } from "../../failure.ts";
import type { Sign, SignerDependencies } from "./sign.ts";

/** Share of a token's lifetime that is not used, for clock differences and requests in flight. */
const UNUSED_SHARE = 0.1;

/** Returns a signed token, as a string of three parts. */
export type IssueJwt = () => Promise<string>;

/**
 * Issues the tokens of an account.
 *
 * The result rejects with a {Failure} of kind `configuration` where the key cannot be used.
 */
export function jwtIssuer(
  spec: Jwt,
  { secret, wallNow, onSecret }: SignerDependencies,
): IssueJwt {
  let token: { readonly text: string; readonly staleAtMs: number } | undefined;
  return async () => {
    const nowMs = wallNow();
    if (token !== undefined && nowMs < token.staleAtMs) return token.text;
    const claims = Object.fromEntries(
      Object.entries(spec.claims).map(([name, text]) => [name, secret(text)]),
    );
    const { SignJWT } = await import("jose");
    const issuedAt = Math.floor(nowMs / 1000);
    const text = await new SignJWT(claims)
      .setProtectedHeader({
        alg: spec.algorithm,
        typ: "JWT",
        ...spec.key_id === undefined ? {} : { kid: secret(spec.key_id) },
      })
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + Math.floor(spec.lifetime / 1000))
      .sign(await keyOf(spec, secret(spec.key)));
    onSecret(text);
    token = { text, staleAtMs: nowMs + spec.lifetime * (1 - UNUSED_SHARE) };
    return text;
  };
}

/** Sends the account's own token with each request. */
export function jwtSigner(spec: Jwt, dependencies: SignerDependencies): Sign {
  const issue = jwtIssuer(spec, dependencies);
  return async (request) => ({
    ...request,
    headers: { ...request.headers, authorization: `Bearer ${await issue()}` },
  });
}

async function keyOf(
  { algorithm }: Jwt,
  key: string,
): Promise<Awaited<ReturnType<typeof importPKCS8>> | Uint8Array> {
  if (algorithm.startsWith("HS")) return new TextEncoder().encode(key);
  const jose = await import("jose");
  try {
    return await jose.importPKCS8(key.replaceAll("\\n", "\n"), algorithm);
  } catch {
    throw new Failure(
      "configuration",
      `Cannot sign a token: "source.auth.jwt.key" is not a private key for ${algorithm} in PEM (PKCS#8)`,
      { hint: "Convert the key with: openssl pkcs8 -topk8 -nocrypt -in key.pem" },
    );
  }
}

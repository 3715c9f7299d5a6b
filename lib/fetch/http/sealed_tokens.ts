// Encrypts the tokens of an OAuth2 account for the place in which they are kept. The key is derived from the
// refresh token of the configuration, so a reader of that place without the environment learns nothing, and a new
// refresh token in the environment begins a new account. Pure but for the random nonce.
import { Buffer } from "node:buffer";
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

/** The newest tokens of an account. */
export interface Tokens {
  /** The refresh token that the server accepts next. */
  readonly refreshToken: string;
  /** The access token that was issued with it. */
  readonly accessToken: string;
  /** When the access token must be replaced, in epoch milliseconds of the store; null where it has no lifetime. */
  readonly staleAtMs: number | null;
}

/** Encrypts and decrypts the tokens of one account. */
export interface Seal {
  /** Name of the account in the store; a hash. */
  readonly account: string;
  /** Encrypts tokens with AES-256-GCM. */
  seal(tokens: Tokens): string;
  /** Decrypts tokens; undefined for a string that was not encrypted here. */
  open(sealed: string): Tokens | undefined;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** The seal of an account of a client at a token server. */
export function sealOf(tokenUrl: string, clientId: string, refreshToken: string): Seal {
  const salt = JSON.stringify([tokenUrl, clientId]);
  const derive = (use: string) =>
    Buffer.from(hkdfSync("sha256", refreshToken, salt, `hindcast ${use}`, 32));
  const account = derive("account").toString("hex");
  const key = derive("tokens");
  return {
    account,
    seal(tokens) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv("aes-256-gcm", key, nonce);
      const text = Buffer.concat([cipher.update(JSON.stringify(tokens), "utf8"), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString("base64");
    },
    open(sealed) {
      try {
        const bytes = Buffer.from(sealed, "base64");
        const cipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, NONCE_BYTES));
        cipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
        const text = cipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES));
        return JSON.parse(Buffer.concat([text, cipher.final()]).toString("utf8"));
      } catch {
        return undefined;
      }
    },
  };
}

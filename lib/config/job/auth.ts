// Owns the types of the credentials of a job that was parsed. Secrets are variables such as `${API_TOKEN}`, never values;
// durations are milliseconds. Kept in step with the schema by tests/config/schema/job_types_test.ts.

/** A user name and a password. */
export interface BasicAuth {
  /** User name. Unlike a password, it may be written in the file. */
  username: string;
  /** Password; `""` if the API requires none. */
  password: string;
}

/** OAuth2 credentials, as variables. */
export interface OAuth2 {
  /** URL that issues tokens; it receives a POST with a form body. */
  token_url: string;
  /** Client ID. It may be written in the file. */
  client_id: string;
  /** Client secret. */
  client_secret: string;
  /**
   * Refresh token, for an API that a user has authorized. If the server replaces it, the newest one
   * is kept, encrypted, in the database.
   */
  refresh_token?: string | undefined;
  /** Requested scopes, separated by spaces. */
  scope?: string | undefined;
  /** Whether the client ID and secret are sent in an HTTP Basic header or in the form. */
  send: "header" | "body";
  /**
   * Additional form fields, or replacements for the standard ones such as `grant_type`. They may be
   * written in the file.
   */
  form: Record<string, string>;
}

/** A signature of each request with a shared secret. */
export interface Hmac {
  /** Key of the signature. */
  secret: string;
  /** How the key is written. */
  secret_encoding: "text" | "base64" | "hex";
  /** Hash function. */
  algorithm: "sha256" | "sha512" | "sha384" | "sha1";
  /** Template of what is signed. */
  message: string;
  /** Format of `{timestamp}`. */
  timestamp: "epoch" | "epoch_ms" | "instant" | "instant_ms" | "http";
  /** How the signature is written. */
  encoding: "hex" | "base64" | "base64url";
  /** Headers to add, as templates. */
  headers: Record<string, string>;
  /** Query parameters to add, as templates. */
  query: Record<string, string>;
}

/** A token that is signed with the account's key. */
export interface Jwt {
  /** Private key in PEM (PKCS#8), or the shared secret of an `HS` algorithm. */
  key: string;
  /** Signature algorithm. */
  algorithm:
    | "RS256"
    | "RS384"
    | "RS512"
    | "PS256"
    | "ES256"
    | "ES384"
    | "EdDSA"
    | "HS256"
    | "HS512";
  /** Key ID, the header `kid` of the token. */
  key_id?: string | undefined;
  /** Claims of the token; `iat` and `exp` are added. */
  claims: Record<string, string>;
  /** Time from `iat` to `exp`. */
  lifetime: number;
  /** URL that exchanges the token for an access token (RFC 7523). */
  token_url?: string | undefined;
}

/** A login: a POST that responds with a token. */
export interface Login {
  /** URL that receives the POST. */
  url: string;
  /** JSON body; a name with dots is a key inside an object. */
  body?: Record<string, string> | undefined;
  /** Form body, instead of JSON. */
  form?: Record<string, string> | undefined;
  /** Headers of the POST. */
  headers: Record<string, string>;
  /** Path of the token in the response, or `$header.NAME`. */
  token: string;
  /** How long a token is valid: a duration, or the path of a number of seconds. */
  expires_in?: string | undefined;
  /** Headers in which requests send the token, as templates. */
  send: Record<string, string>;
}

/** Credentials of AWS, for signatures of version 4. */
export interface Aws {
  /** Access key ID. */
  access_key_id: string;
  /** Secret access key. */
  secret_access_key: string;
  /** Session token of temporary credentials. */
  session_token?: string | undefined;
  /** Region. */
  region: string;
  /** Service that the signature is for. */
  service: string;
}

/** The credentials of a job. */
export interface Auth {
  /** HTTP Basic credentials. */
  basic?: BasicAuth | undefined;
  /** Token sent as `Authorization: Bearer ...`. If the variable is empty, no header is sent. */
  bearer?: string | undefined;
  /**
   * OAuth2 client credentials or a refresh token: the access token is fetched, kept, and fetched
   * again before it expires and after a 401.
   */
  oauth2?: OAuth2 | undefined;
  /** API keys sent as headers: header name to secret. An empty one is not sent. */
  header?: Record<string, string> | undefined;
  /** API keys sent as query parameters: parameter name to secret. An empty one is not sent. */
  query?: Record<string, string> | undefined;
  /** HTTP Digest credentials (RFC 7616). */
  digest?: BasicAuth | undefined;
  /** A token that is signed with the account's key. */
  jwt?: Jwt | undefined;
  /** A login: a token is fetched with a POST. */
  login?: Login | undefined;
  /** Signature of AWS (version 4). */
  aws?: Aws | undefined;
  /** A signature of each request with a shared secret. */
  hmac?: Hmac | undefined;
}

// Owns the keys under `source.auth`: how requests prove who sends them. Schema only; lib/fetch/http sends
// credentials and tokens, lib/fetch/sign signs requests.
import { z } from "zod";
import { duration, path, secret } from "./scalar_schema.ts";

const literalSecret = secret.meta({ literal: true });

const hmac = z.strictObject({
  secret: secret.describe("Key of the signature.").meta({ example: "${API_SECRET}" }),
  secret_encoding: z.enum(["text", "base64", "hex"]).default("text").describe(
    "How the key is written.",
  ),
  algorithm: z.enum(["sha256", "sha512", "sha384", "sha1"]).default("sha256").describe(
    "Hash function.",
  ),
  message: literalSecret.describe(
    "What is signed. `{method}`, `{host}`, `{path}`, `{query}`, `{target}` (path and query), `{url}` and `{body}` are those of the request; `{timestamp}` and `{nonce}` are new for each; `{header.NAME}` is a header. " +
      "Filters: `{query|sorted}`, `{body|sha256}`, `{body|sha512}`, `{path|lower}`, `{method|upper}`. Variables are read when a request is sent.",
  ).meta({ kind: "template", example: "{timestamp}{method}{target}{body}" }),
  timestamp: z.enum(["epoch", "epoch_ms", "instant", "instant_ms", "http"]).default("epoch_ms")
    .describe("Format of `{timestamp}`; `http` is the format of the header Date."),
  encoding: z.enum(["hex", "base64", "base64url"]).default("hex").describe(
    "How the signature is written.",
  ),
  headers: z.record(z.string(), literalSecret).default({}).describe(
    "Headers to add; `{signature}`, `{timestamp}` and `{nonce}` are replaced. One without `{signature}` is added before the message is signed.",
  ).meta({
    kind: "mapping of templates",
    example: { "X-Timestamp": "{timestamp}", "X-Signature": "{signature}" },
  }),
  query: z.record(z.string(), literalSecret).default({}).describe(
    "Query parameters to add, in the same way.",
  ).meta({
    kind: "mapping of templates",
    example: { timestamp: "{timestamp}", signature: "{signature}" },
  }),
});

const jwt = z.strictObject({
  key: secret.describe(
    "Private key in PEM (PKCS#8), or the shared secret of an `HS` algorithm. `\\n` in a variable stands for a line break.",
  ).meta({ example: "${API_PRIVATE_KEY}" }),
  algorithm: z.enum([
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "ES256",
    "ES384",
    "EdDSA",
    "HS256",
    "HS512",
  ])
    .default("RS256").describe("Signature algorithm."),
  key_id: literalSecret.optional().describe("Key ID, the header `kid` of the token.").meta({
    example: "${API_KEY_ID}",
  }),
  claims: z.record(z.string(), literalSecret).default({}).describe(
    "Claims of the token, such as `iss`, `sub`, `aud` and `scope`; `iat` and `exp` are set.",
  ).meta({
    kind: "mapping of secrets",
    example: { iss: "${ACCOUNT_EMAIL}", aud: "https://auth.example.com/token" },
  }),
  lifetime: duration.prefault("10m").describe("Time from `iat` to `exp`."),
  token_url: z.string().optional().describe(
    "URL that exchanges the token for an access token (RFC 7523), as for service accounts. If omitted, requests carry the token itself.",
  ).meta({ kind: "URL", example: "https://oauth2.googleapis.com/token" }),
});

const login = z.strictObject({
  url: z.string().describe("URL that receives a POST and responds with a token.").meta({
    kind: "URL",
    example: "https://api.example.com/login",
  }),
  body: z.record(z.string(), literalSecret).optional().describe(
    "JSON body; a name with dots, `user.name`, is a key inside an object.",
  ).meta({
    kind: "mapping of secrets",
    example: { username: "${API_USERNAME}", password: "${API_PASSWORD}" },
  }),
  form: z.record(z.string(), literalSecret).optional().describe("Form body, instead of JSON.").meta(
    {
      kind: "mapping of secrets",
      example: { user: "${API_USERNAME}", pass: "${API_PASSWORD}" },
    },
  ),
  headers: z.record(z.string(), literalSecret).default({}).describe("Headers of the POST.").meta({
    kind: "mapping of secrets",
    example: { "X-App-Id": "${APP_ID}" },
  }),
  token: path.describe("Path of the token in the response, or `$header.NAME`.").meta({
    example: "data.token",
  }),
  expires_in: z.string().optional().describe(
    "How long a token is valid: a duration, or the path of a number of seconds. If omitted, until the API responds with 401.",
  ).meta({ kind: "duration or path", example: "50m" }),
  send: z.record(z.string(), z.string()).default({ Authorization: "Bearer {token}" }).describe(
    "Headers in which requests send the token.",
  ).meta({ kind: "mapping of templates", example: { "X-Session": "{token}" } }),
});

/** The schema of `auth`. */
export const auth = z.strictObject({
  basic: z.strictObject({
    username: secret.meta({ literal: true }).describe(
      "User name. Unlike a password, it may be written in the file.",
    ).meta({
      example: "${API_USERNAME}",
    }),
    password: secret.describe('Password; `""` if the API requires none.').meta({
      example: "${API_PASSWORD}",
    }),
  }).optional().describe("HTTP Basic credentials.").meta({
    example: { username: "${API_USERNAME}", password: "${API_PASSWORD}" },
  }),
  bearer: secret.optional().describe(
    "Token sent as `Authorization: Bearer ...`. If the variable is empty, no header is sent.",
  ).meta({ example: "${API_TOKEN:-}" }),
  oauth2: z.strictObject({
    token_url: z.string().describe("URL that issues tokens; it receives a POST with a form body.")
      .meta({
        kind: "URL",
        example: "https://auth.example.com/oauth/token",
      }),
    client_id: secret.meta({ literal: true }).describe("Client ID. It may be written in the file.")
      .meta({
        example: "${API_CLIENT_ID}",
      }),
    client_secret: secret.describe("Client secret.").meta({ example: "${API_CLIENT_SECRET}" }),
    refresh_token: secret.optional().describe(
      "Refresh token, for an API that a user has authorized. If the server replaces it, the newest one is kept, encrypted, in the database.",
    ).meta({ example: "${API_REFRESH_TOKEN}" }),
    scope: z.string().optional().describe("Requested scopes, separated by spaces.").meta({
      example: "read:events read:places",
    }),
    send: z.enum(["header", "body"]).default("header").describe(
      "Whether the client ID and secret are sent in an HTTP Basic header or in the form.",
    ),
    form: z.record(z.string(), secret.meta({ literal: true })).default({}).describe(
      "Additional form fields, or replacements for the standard ones such as `grant_type`. They may be written in the file.",
    ).meta({ kind: "mapping of secrets", example: { audience: "https://api.example.com" } }),
  }).optional().describe(
    "OAuth2 client credentials or a refresh token: the access token is fetched, kept, and fetched again before it expires and after a 401.",
  ).meta({
    example: {
      token_url: "https://auth.example.com/oauth/token",
      client_id: "${API_CLIENT_ID}",
      client_secret: "${API_CLIENT_SECRET}",
    },
  }),
  header: z.record(z.string(), secret).optional().describe(
    "API keys sent as headers: header name to secret. An empty one is not sent.",
  ).meta({ kind: "mapping of secrets", example: { "X-Api-Key": "${API_KEY}" } }),
  query: z.record(z.string(), secret).optional().describe(
    "API keys sent as query parameters: parameter name to secret. An empty one is not sent.",
  ).meta({ kind: "mapping of secrets", example: { api_key: "${API_KEY}" } }),
  digest: z.strictObject({
    username: literalSecret.describe("User name. It may be written in the file.").meta({
      example: "${API_USERNAME}",
    }),
    password: secret.describe("Password of the user.").meta({ example: "${API_PASSWORD}" }),
  }).optional().describe("HTTP Digest credentials (RFC 7616).").meta({
    example: { username: "${API_USERNAME}", password: "${API_PASSWORD}" },
  }),
  jwt: jwt.optional().describe(
    "A token that is signed with the account's key for each period, as for service accounts and apps.",
  ).meta({
    example: { key: "${API_PRIVATE_KEY}", claims: { iss: "${ACCOUNT_EMAIL}" } },
  }),
  login: login.optional().describe(
    "A login: a token is fetched with a POST, kept, and fetched again before it expires and after a 401.",
  ).meta({
    example: {
      url: "https://api.example.com/login",
      body: { username: "${API_USERNAME}", password: "${API_PASSWORD}" },
      token: "token",
    },
  }),
  aws: z.strictObject({
    access_key_id: literalSecret.describe("Access key ID.").meta({
      example: "${AWS_ACCESS_KEY_ID}",
    }),
    secret_access_key: secret.describe("Secret access key.").meta({
      example: "${AWS_SECRET_ACCESS_KEY}",
    }),
    session_token: secret.optional().describe("Session token of temporary credentials.").meta({
      example: "${AWS_SESSION_TOKEN:-}",
    }),
    region: z.string().min(1).describe("Region of the service.").meta({ example: "eu-west-1" }),
    service: z.string().min(1).describe("Service that the signature is for.").meta({
      example: "execute-api",
    }),
  }).optional().describe("AWS Signature Version 4.").meta({
    example: {
      access_key_id: "${AWS_ACCESS_KEY_ID}",
      secret_access_key: "${AWS_SECRET_ACCESS_KEY}",
      region: "eu-west-1",
      service: "execute-api",
    },
  }),
  hmac: hmac.optional().describe(
    "A signature of each request with a shared secret; the key itself goes under `header` or `query`.",
  ).meta({
    example: {
      secret: "${API_SECRET}",
      message: "{timestamp}{method}{target}{body}",
      headers: { "X-Timestamp": "{timestamp}", "X-Signature": "{signature}" },
    },
  }),
});

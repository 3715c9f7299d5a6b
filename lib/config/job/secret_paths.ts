// Lists the keys of a job that hold secrets, as the schema marks them; a test compares the two. The launcher
// reads the list before every command, and the schema takes too long to load for that. Data only.

/** The location of a secret: the keys from the top of the file, `*` for any key. */
export interface SecretPath {
  /** Keys from the top of the job. */
  readonly keys: readonly string[];
  /** Whether the value may be written in the file. */
  readonly literal: boolean;
}

/** Keys whose value must be a variable. */
const VARIABLES = [
  "source.auth.basic.password",
  "source.auth.bearer",
  "source.auth.oauth2.client_secret",
  "source.auth.oauth2.refresh_token",
  "source.auth.header.*",
  "source.auth.query.*",
  "source.auth.digest.password",
  "source.auth.jwt.key",
  "source.auth.aws.secret_access_key",
  "source.auth.aws.session_token",
  "source.auth.hmac.secret",
];

/** Keys whose value may also be written in the file. */
const LITERALS = [
  "source.auth.basic.username",
  "source.auth.oauth2.client_id",
  "source.auth.oauth2.form.*",
  "source.auth.digest.username",
  "source.auth.jwt.key_id",
  "source.auth.jwt.claims.*",
  "source.auth.login.body.*",
  "source.auth.login.form.*",
  "source.auth.login.headers.*",
  "source.auth.aws.access_key_id",
  "source.auth.hmac.message",
  "source.auth.hmac.headers.*",
  "source.auth.hmac.query.*",
  "notify.url",
];

/** The keys of a job that hold secrets. */
export const SECRET_PATHS: readonly SecretPath[] = [
  ...VARIABLES.map((path) => ({ keys: path.split("."), literal: false })),
  ...LITERALS.map((path) => ({ keys: path.split("."), literal: true })),
];

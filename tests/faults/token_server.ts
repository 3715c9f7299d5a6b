// Owns a server that issues OAuth2 tokens and rotates refresh tokens, as strict as RFC 9700 requires: a refresh token
// works once, and one that is used again revokes all that followed it. It also reports which access tokens are valid.
import { type HttpServer, serve } from "../support/http_server.ts";

/** A running token server. */
export interface TokenServer extends HttpServer {
  /** The refresh token that a user got by authorizing the application. */
  readonly first: string;
  /** Every token it has issued, the first refresh token included. */
  readonly issued: readonly string[];
  /** The requests it got, in order. */
  readonly requests: readonly { form: Record<string, string>; authorization: string | null }[];
  /** How often a refresh token was used that it had replaced. */
  readonly reuses: number;
  /** Whether an access token is valid; older ones are not. */
  accepts(authorization: string | null): boolean;
  /** Called before a response; it may wait, or respond instead. */
  before: (number: number) => Promise<Response | void> | Response | void;
}

/** Starts a token server whose access tokens live for some seconds. */
export function startTokenServer(expiresInS = 3600): TokenServer {
  const first = `refresh-0-${crypto.randomUUID()}`;
  const state = { current: first, access: "", reuses: 0, isRevoked: false };
  const issued = [first];
  const requests: TokenServer["requests"][number][] = [];
  const server = serve(async (request) => {
    const form = Object.fromEntries(new URLSearchParams(await request.text()));
    requests.push({ form, authorization: request.headers.get("authorization") });
    const number = requests.length;
    if (form.refresh_token !== state.current || state.isRevoked) {
      state.reuses++;
      state.isRevoked = true;
      const error_description = `the token ${form.refresh_token} was used before`;
      return Response.json({ error: "invalid_grant", error_description }, { status: 400 });
    }
    const instead = await tokens.before(number);
    if (instead instanceof Response) return instead;
    state.current = `refresh-${number}-${crypto.randomUUID()}`;
    state.access = `access-${number}-${crypto.randomUUID()}`;
    issued.push(state.current, state.access);
    const [refresh_token, access_token] = [state.current, state.access];
    return Response.json({
      token_type: "bearer",
      access_token,
      refresh_token,
      expires_in: expiresInS,
    });
  });
  const tokens: TokenServer = {
    ...server,
    first,
    issued,
    requests,
    get reuses() {
      return state.reuses;
    },
    accepts: (authorization) => state.access !== "" && authorization === `Bearer ${state.access}`,
    before: () => {},
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
  return tokens;
}

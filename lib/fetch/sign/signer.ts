// Chooses how the requests of a job are signed: by HMAC, AWS, a token of the account, or Digest. Signatures
// are added last, after every other credential, and only to requests to the API's own origin.
import type { Auth } from "../../config/schema/job_schema.ts";
import { withinOrigin } from "../http/origin.ts";
import type { WireRequest } from "../http/request.ts";
import { awsSigner } from "./aws.ts";
import { DigestSigner } from "./digest.ts";
import { hmacSigner } from "./hmac.ts";
import { jwtSigner } from "./jwt.ts";
import type { Sign, SignerDependencies } from "./sign.ts";

/** Signs the requests of one job. */
export class Signer {
  readonly #steps: readonly Sign[];
  readonly #digest: DigestSigner | undefined;
  readonly #baseUrl: string;

  /** Creates the signer of a job; without signatures to add, it returns requests unchanged. */
  constructor(auth: Auth | undefined, baseUrl: string, dependencies: SignerDependencies) {
    this.#baseUrl = baseUrl;
    this.#digest = auth?.digest && new DigestSigner(auth.digest, dependencies);
    const { jwt, hmac, aws } = auth ?? {};
    this.#steps = [
      ...jwt === undefined || jwt.token_url !== undefined ? [] : [jwtSigner(jwt, dependencies)],
      ...this.#digest === undefined ? [] : [this.#digest.sign],
      ...hmac === undefined ? [] : [hmacSigner(hmac, dependencies)],
      ...aws === undefined ? [] : [awsSigner(aws, dependencies)],
    ];
  }

  /**
   * Signs a request to the API; returns any other request unchanged.
   *
   * @throws {Failure} of kind `configuration` for a key that cannot be used.
   */
  async sign(request: WireRequest): Promise<WireRequest> {
    if (this.#steps.length === 0) return request;
    const url = new URL(request.url);
    if (withinOrigin(url, this.#baseUrl)?.origin !== url.origin) return request;
    let signed = request;
    for (const step of this.#steps) signed = await step(signed);
    return signed;
  }

  /** Whether a response with status 401 holds a challenge that the next request can meet. */
  isChallenge(headers: Headers): boolean {
    return this.#digest?.isChallenge(headers) ?? false;
  }
}

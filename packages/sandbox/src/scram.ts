import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from "node:crypto";

/** The values that a server stores to verify a password, in base64. @see https://www.rfc-editor.org/rfc/rfc5802 */
export interface ScramVerifier {
  readonly salt: string;
  readonly iterations: number;
  readonly storedKey: string;
  readonly serverKey: string;
}

export function scramVerifier(password: string, iterations = 4096): ScramVerifier {
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password.normalize("NFKC"), salt, iterations, 32, "sha256");
  const storedKey = createHash("sha256").update(hmac(salted, "Client Key")).digest("base64");
  return {
    salt: salt.toString("base64"),
    iterations,
    storedKey,
    serverKey: hmac(salted, "Server Key").toString("base64"),
  };
}

/** The server's side of one SCRAM-SHA-256 exchange, without channel binding. */
export class ScramServer {
  readonly #verifier: ScramVerifier;
  readonly #clientFirstBare: string;
  readonly #nonce: string;

  /** @param clientFirst the client's first message: `n,,n=*,r=…` */
  constructor(verifier: ScramVerifier, clientFirst: string) {
    this.#verifier = verifier;
    this.#clientFirstBare = clientFirst.replace(/^[^,]*,[^,]*,/, "");
    const clientNonce = /(?:^|,)r=([^,]*)/.exec(this.#clientFirstBare)?.[1] ?? "";
    this.#nonce = clientNonce + randomBytes(18).toString("base64");
  }

  first(): string {
    return `r=${this.#nonce},s=${this.#verifier.salt},i=${this.#verifier.iterations}`;
  }

  /** Returns the server's final message, or undefined if the password is wrong. */
  final(clientFinal: string): string | undefined {
    const proof = /,p=(.*)$/.exec(clientFinal)?.[1];
    const withoutProof = clientFinal.replace(/,p=.*$/, "");
    if (proof === undefined || !withoutProof.includes(`r=${this.#nonce}`)) return undefined;
    const message = `${this.#clientFirstBare},${this.first()},${withoutProof}`;
    const storedKey = Buffer.from(this.#verifier.storedKey, "base64");
    const clientKey = xor(Buffer.from(proof, "base64"), hmac(storedKey, message));
    const offered = createHash("sha256").update(clientKey).digest();
    if (!timingSafeEqual(offered, storedKey)) return undefined;
    return `v=${hmac(Buffer.from(this.#verifier.serverKey, "base64"), message).toString("base64")}`;
  }
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function xor(left: Buffer, right: Buffer): Buffer {
  return Buffer.from(right.map((byte, index) => byte ^ (left[index] ?? 0)));
}

import { createHmac } from "node:crypto";
import { UserError } from "@tenantry/core/errors";
import { Secret } from "@tenantry/core/secret";

/** The variable of the root secret, from which passwords and keys are derived (./derive.ts). */
const ROOT_SECRET = "TENANTRY_ROOT_SECRET";

/** The variable of earlier root secrets, one per line, which are accepted while everything is derived again. */
const PREVIOUS_ROOT_SECRETS = "TENANTRY_ROOT_SECRET_PREVIOUS";

/** Its name until it had a prefix that customers' secrets have too. */
const FORMER_ROOT_SECRET = "TENANTRY_SECRET_ROOT";

const SHORTEST = 32;

/** A line of {@link PREVIOUS_ROOT_SECRETS} that stands for a secret that nobody has any more: `lost:` and its fingerprint. */
const LOST = /^lost:([0-9a-f]{8})$/;

type Variables = Readonly<Record<string, string | undefined>>;

/** A root secret, and what may be shown of it. */
export interface RootSecret {
  readonly secret: Secret;
  /** Tells root secrets apart, in states and archives: eight hexadecimal digits of an HMAC. */
  readonly fingerprint: string;
}

/** The root secret of a run, and the earlier ones that it accepts. */
export class RootSecrets {
  readonly current: RootSecret;
  readonly previous: readonly RootSecret[];
  readonly #lost: readonly string[];

  constructor(current: Secret, previous: readonly Secret[] = [], lost: readonly string[] = []) {
    this.current = withFingerprint(current);
    this.previous = previous
      .map(withFingerprint)
      .filter(({ fingerprint }) => fingerprint !== this.current.fingerprint);
    this.#lost = lost;
  }

  /** The current one first: the order in which they are tried. */
  get all(): readonly RootSecret[] {
    return [this.current, ...this.previous];
  }

  /** Whether a root secret was given as one that is lost. */
  isLost(fingerprint: string | undefined): boolean {
    return fingerprint !== undefined && this.#lost.includes(fingerprint);
  }

  /**
   * Whether what was derived has to be derived again. A state of before fingerprints were recorded says nothing; its secret
   * counts as the current one unless earlier ones are given.
   *
   * @param fingerprint as it was recorded; undefined where none was
   * @throws UserError for a root secret that this run doesn't know: this may be the older of two processes
   */
  isOutdated(fingerprint: string | undefined): boolean {
    if (fingerprint === undefined) return this.previous.length > 0;
    if (fingerprint === this.current.fingerprint) return false;
    if (this.isLost(fingerprint) || this.previous.some((each) => each.fingerprint === fingerprint))
      return true;
    throw new UserError(
      `This was derived from the root secret ${fingerprint}. ${ROOT_SECRET} is ${this.current.fingerprint}, and ${PREVIOUS_ROOT_SECRETS} doesn't hold ${fingerprint} either.`,
      {
        remedy: `If ${fingerprint} is newer, set ${ROOT_SECRET} to it. If it is older, add it to ${PREVIOUS_ROOT_SECRETS}; if it is lost, add the line lost:${fingerprint}.`,
      },
    );
  }
}

/**
 * Reads the root secrets.
 *
 * @throws UserError when there is none, or one is too short
 */
export function rootSecretsFrom(env: Variables): RootSecrets {
  const remedy =
    "Set it to 32 random characters or more (openssl rand -hex 32), and keep it: every database password and API key is derived from it.";
  const current = env[ROOT_SECRET];
  if (current === undefined || current === "") throw new UserError(`${ROOT_SECRET} is not set.`, { remedy });
  if (current.length < SHORTEST)
    throw new UserError(`${ROOT_SECRET} has fewer than ${SHORTEST} characters.`, { remedy });
  const lines = previousLines(env);
  const lost = lines.flatMap((line) => LOST.exec(line)?.[1] ?? []);
  const previous = lines.filter((line) => !LOST.test(line));
  const short = previous.findIndex((line) => line.length < SHORTEST);
  if (short >= 0)
    throw new UserError(
      `A line of ${PREVIOUS_ROOT_SECRETS} has fewer than ${SHORTEST} characters, and isn't lost:<fingerprint>.`,
      { remedy: `Write each earlier ${ROOT_SECRET} on a line of its own, whole.` },
    );
  return new RootSecrets(
    new Secret(current),
    previous.map((line) => new Secret(line)),
    lost,
  );
}

/** What must never be printed, whether or not it can be used. */
export function rootTexts(env: Variables): readonly Secret[] {
  const texts = [env[ROOT_SECRET], env[FORMER_ROOT_SECRET], ...previousLines(env)];
  return texts.flatMap((text) => (text === undefined || text === "" ? [] : [new Secret(text)]));
}

/**
 * Refuses the variable's former name, whose prefix is that of customers' secrets: a manifest could have named it.
 *
 * @throws UserError when the former name is set, whether or not the present one is
 */
export function refuseFormerName(env: Variables): void {
  if (!env[FORMER_ROOT_SECRET]) return;
  throw new UserError(`${FORMER_ROOT_SECRET} is set; tenantry's root secret is in ${ROOT_SECRET} now.`, {
    remedy: `Rename the variable to ${ROOT_SECRET}, with the same value, and unset ${FORMER_ROOT_SECRET}.`,
  });
}

function previousLines(env: Variables): string[] {
  return (env[PREVIOUS_ROOT_SECRETS] ?? "").split(/\r?\n/).filter((line) => line !== "");
}

function withFingerprint(secret: Secret): RootSecret {
  const hmac = createHmac("sha256", secret.reveal()).update(JSON.stringify(["tenantry", "fingerprint"]));
  return { secret, fingerprint: hmac.digest("hex").slice(0, 8) };
}

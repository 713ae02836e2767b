import { createHmac } from "node:crypto";
import { UserError } from "@tenantry/core/errors";
import { Secret } from "@tenantry/core/secret";

/** The variable of the root secret that passwords and keys derive from (./derive.ts). */
const ROOT_SECRET = "TENANTRY_ROOT_SECRET";

/** The variable of earlier root secrets, one per line. They are accepted during a rotation. */
const PREVIOUS_ROOT_SECRETS = "TENANTRY_ROOT_SECRET_PREVIOUS";

/** The former name of the variable. Customers' secrets have the same prefix. */
const FORMER_ROOT_SECRET = "TENANTRY_SECRET_ROOT";

const SHORTEST = 32;

/** A line of {@link PREVIOUS_ROOT_SECRETS} for a lost secret: `lost:` and its fingerprint. */
const LOST = /^lost:([0-9a-f]{8})$/;

type Variables = Readonly<Record<string, string | undefined>>;

/** A root secret with its fingerprint, which may be shown. */
export interface RootSecret {
  readonly secret: Secret;
  /** Identifies the root secret in states and archives: eight hexadecimal digits of an HMAC. */
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

  /** In the order in which they are tried: the current one first. */
  get all(): readonly RootSecret[] {
    return [this.current, ...this.previous];
  }

  /** Whether a root secret was declared as lost. */
  isLost(fingerprint: string | undefined): boolean {
    return fingerprint !== undefined && this.#lost.includes(fingerprint);
  }

  /**
   * Whether a value must be derived again. Old states have no fingerprint: their secret counts as the current one unless earlier
   * ones are given.
   *
   * @param fingerprint the recorded one; undefined in old states
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
 * @throws UserError if there is none, or one is too short
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

/** All given texts, valid or not. None may be printed. */
export function rootTexts(env: Variables): readonly Secret[] {
  const texts = [env[ROOT_SECRET], env[FORMER_ROOT_SECRET], ...previousLines(env)];
  return texts.flatMap((text) => (text === undefined || text === "" ? [] : [new Secret(text)]));
}

/**
 * Refuses the variable's former name: a manifest could refer to it, because customers' secrets have the same prefix.
 *
 * @throws UserError if the former name is set
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

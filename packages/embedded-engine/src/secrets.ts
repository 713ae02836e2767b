import { createCipheriv, createDecipheriv, createHash, pbkdf2, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { UserError } from "@tenantry/core/errors";
import type { Secret } from "@tenantry/core/secret";

/** Encrypts and decrypts with the key of one salt, in the form of Pulumi's passphrase provider. */
export interface Crypter {
  /** `v1:<8 bytes salt>:<an encrypted known text>`, as in stack settings and states. */
  readonly salt: string;
  encrypt(plaintext: string): string;
  decrypt(ciphertext: string): string;
}

const ITERATIONS = 1_000_000;
const KNOWN_TEXT = "pulumi";
const CIPHER = "aes-256-gcm";
const TAG_BYTES = 16;

/** Derived keys, cached because a derivation takes about a second of CPU and a fleet's stacks share one salt. */
const keys = new Map<string, Promise<Buffer>>();

/** @throws UserError when the passphrase isn't the one that the salt was created with */
export async function openSalt(salt: string, passphrase: Secret): Promise<Crypter> {
  const parts = salt.split(":");
  if (parts.length < 3 || parts[0] !== "v1")
    throw new UserError(`The encryption salt ${JSON.stringify(salt)} has an unknown format.`, {
      remedy: "Restore `encryptionsalt` in the stack's settings from version control.",
    });
  const key = await deriveKey(parts[1] ?? "", passphrase);
  if (tryDecrypt(key, parts.slice(2).join(":")) !== KNOWN_TEXT)
    throw new UserError("The stack's secrets can't be decrypted: incorrect passphrase.", {
      remedy:
        "Set PULUMI_CONFIG_PASSPHRASE (or PULUMI_CONFIG_PASSPHRASE_FILE) to the passphrase that the stack was created with.",
    });
  return crypterOf(key, salt);
}

export async function newSalt(passphrase: Secret): Promise<Crypter> {
  const salt = randomBytes(8).toString("base64");
  const key = await deriveKey(salt, passphrase);
  return crypterOf(key, `v1:${salt}:${encrypt(key, KNOWN_TEXT)}`);
}

function crypterOf(key: Buffer, salt: string): Crypter {
  return {
    salt,
    encrypt: (plaintext) => encrypt(key, plaintext),
    decrypt: (ciphertext) => {
      const plaintext = tryDecrypt(key, ciphertext);
      if (plaintext === undefined)
        throw new UserError("A secret can't be decrypted with this stack's salt.", {
          remedy:
            "Restore the `encryptionsalt` in the stack's settings with which its secrets were encrypted.",
        });
      return plaintext;
    },
  };
}

function deriveKey(salt: string, passphrase: Secret): Promise<Buffer> {
  const digest = createHash("sha256").update(passphrase.reveal()).digest("hex");
  const name = `${salt} ${digest}`;
  let key = keys.get(name);
  if (key === undefined) {
    key = promisify(pbkdf2)(passphrase.reveal(), Buffer.from(salt, "base64"), ITERATIONS, 32, "sha256");
    keys.set(name, key);
  }
  return key;
}

function encrypt(key: Buffer, plaintext: string): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv(CIPHER, key, nonce);
  const text = Buffer.concat([cipher.update(plaintext, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return `v1:${nonce.toString("base64")}:${text.toString("base64")}`;
}

function tryDecrypt(key: Buffer, ciphertext: string): string | undefined {
  const [version, nonce, data] = ciphertext.split(":");
  if (version !== "v1" || nonce === undefined || data === undefined) return undefined;
  const bytes = Buffer.from(data, "base64");
  if (bytes.length < TAG_BYTES) return undefined;
  const decipher = createDecipheriv(CIPHER, key, Buffer.from(nonce, "base64"));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    return decipher.update(bytes.subarray(0, -TAG_BYTES), undefined, "utf8") + decipher.final("utf8");
  } catch {
    // Authentication failed, because of a different key or a changed text. The callers report it.
    return undefined;
  }
}

import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "@tenantry/core/errors";
import type { Secret } from "@tenantry/core/secret";
import { type Document, parseDocument } from "yaml";
import { entriesOf } from "./backend.ts";
import { textOf } from "./project.ts";
import { type Crypter, newSalt, openSalt } from "./secrets.ts";
import { settingsFileName } from "./settings-file.ts";

/** One value of a stack's configuration. */
interface ConfigValue {
  readonly value: string;
  readonly secret: boolean;
}

/** Configuration values by full key, such as `tenants:acme-bigquery`. */
export type StackConfig = ReadonlyMap<string, ConfigValue>;

/** A stack's settings, `Pulumi.<stack>.yaml`. */
export class StackSettings {
  readonly #folder: string;
  readonly #file: string;
  readonly #document: Document;

  private constructor(folder: string, file: string, document: Document) {
    this.#folder = folder;
    this.#file = file;
    this.#document = document;
  }

  /**
   * Reads the settings of a stack; empty settings if there is no file.
   *
   * @throws UserError if the file isn't valid YAML
   */
  static async read(folder: string, stack: string): Promise<StackSettings> {
    const file = join(folder, settingsFileName(stack));
    const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
      return "";
    });
    const document = parseDocument(text);
    const problem = document.errors[0];
    if (problem !== undefined)
      throw new UserError(`${file} isn't valid YAML: ${problem.message}`, { remedy: "Correct the file." });
    return new StackSettings(folder, file, document);
  }

  /** The salt of the passphrase, in Pulumi's format; undefined if the file has none. */
  get salt(): string | undefined {
    const salt = this.#document.get("encryptionsalt");
    return typeof salt === "string" && salt !== "" ? salt : undefined;
  }

  /** Whether the settings name a secrets provider: a passphrase with a salt, or another one. */
  get namesKeeper(): boolean {
    return ["encryptionsalt", "secretsprovider", "encryptedkey"].some((key) => this.#document.has(key));
  }

  /** Whether the configuration contains secrets, so that reading it needs the key. */
  get hasSecrets(): boolean {
    return holdsSecure(this.#plain().config);
  }

  /**
   * The stack's configuration, with secrets decrypted.
   *
   * @param crypter decrypts with this file's salt; required if there are secrets
   */
  config(crypter: Crypter | undefined): StackConfig {
    const config = (this.#plain().config ?? {}) as Record<string, unknown>;
    const open = (ciphertext: string): string => {
      if (crypter === undefined)
        throw new UserError(`${this.#file} has secrets, but no \`encryptionsalt\`.`, {
          remedy: "Restore the line from version control.",
        });
      return crypter.decrypt(ciphertext);
    };
    return new Map(
      Object.entries(config).map(([key, value]) => [
        key,
        { value: textOf(opened(value, open)), secret: holdsSecure(value) },
      ]),
    );
  }

  /** Adds the salt, and keeps the rest of the file. */
  async addSalt(salt: string): Promise<void> {
    this.#document.set("encryptionsalt", salt);
    await mkdir(this.#folder, { recursive: true });
    await writeFile(`${this.#file}.new`, this.#document.toString());
    await rename(`${this.#file}.new`, this.#file);
  }

  #plain(): Readonly<Record<string, unknown>> {
    return (this.#document.toJS() ?? {}) as Record<string, unknown>;
  }
}

/** Salts that this process is creating, by folder and passphrase, so that parallel stacks share one. */
const beingMade = new Map<string, Promise<Crypter>>();

/** The salt that a folder's stacks share for this passphrase. Creates one if there is none. */
export function sharedSalt(folder: string, passphrase: Secret): Promise<Crypter> {
  const key = JSON.stringify([folder, passphrase.reveal()]);
  let made = beingMade.get(key);
  if (made === undefined) {
    made = findSalt(folder, passphrase).then((found) => found ?? newSalt(passphrase));
    beingMade.set(key, made);
    made.catch(() => beingMade.delete(key));
  }
  return made;
}

async function findSalt(folder: string, passphrase: Secret): Promise<Crypter | undefined> {
  const salts = new Set<string>();
  for (const name of await entriesOf(folder)) {
    const stack = /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1];
    if (stack === undefined) continue;
    const salt = (await StackSettings.read(folder, stack)).salt;
    if (salt !== undefined) salts.add(salt);
  }
  for (const salt of salts) {
    try {
      return await openSalt(salt, passphrase);
    } catch (error) {
      // The salt belongs to another passphrase.
      if (!(error instanceof UserError)) throw error;
    }
  }
  return undefined;
}

function isSecure(value: unknown): value is { readonly secure: string } {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.keys(value).length === 1 &&
    "secure" in value &&
    typeof value.secure === "string"
  );
}

function holdsSecure(value: unknown): boolean {
  if (isSecure(value)) return true;
  return typeof value === "object" && value !== null && Object.values(value).some(holdsSecure);
}

function opened(value: unknown, open: (ciphertext: string) => string): unknown {
  if (isSecure(value)) return open(value.secure);
  if (Array.isArray(value)) return value.map((item) => opened(item, open));
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, opened(inner, open)]));
  return value;
}

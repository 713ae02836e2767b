import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "@tenantry/core/errors";
import type { Secret } from "@tenantry/core/secret";
import * as z from "zod";
import { entriesOf, writeAtomically } from "./backend.ts";
import { fullKey } from "./config-key.ts";
import { type Crypter, newSalt, openSalt } from "./secrets.ts";
import { settingsFileName } from "./settings-file.ts";
import { YamlFile } from "./yaml-file.ts";

/** One value of a stack's configuration, decrypted. */
export interface SettingValue {
  readonly value: unknown;
  /** Whether the value, or a part of it, is encrypted. */
  readonly secret: boolean;
  /** An error that names the value's place. */
  mistake(message: string, remedy: string): UserError;
}

/**
 * `Pulumi.<stack>.yaml`, as far as the engine supports it.
 *
 * @see https://github.com/pulumi/pulumi/blob/master/sdk/go/common/workspace/project.go (ProjectStack)
 */
const shape = z.strictObject({
  encryptionsalt: z.string().nullish(),
  secretsprovider: z.literal(["", "default", "passphrase"]).nullish(),
  config: z.record(z.string(), z.unknown()).nullish(),
});

const REMEDY = "Remove it, or use the Pulumi CLI: --engine cli.";

/** A stack's settings, `Pulumi.<stack>.yaml`. */
export class StackSettings {
  readonly #folder: string;
  readonly #path: string;
  readonly #file: YamlFile;
  #checkedConfig: Readonly<Record<string, unknown>> | undefined;

  private constructor(folder: string, path: string, file: YamlFile) {
    this.#folder = folder;
    this.#path = path;
    this.#file = file;
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
    return new StackSettings(folder, file, new YamlFile(file, text));
  }

  /** The salt of the passphrase, in Pulumi's format; undefined if the file has none. */
  get salt(): string | undefined {
    const salt = this.#file.document.get("encryptionsalt");
    return typeof salt === "string" && salt !== "" ? salt : undefined;
  }

  /** Whether the settings name a secrets provider: a passphrase with a salt, or another one. */
  get namesKeeper(): boolean {
    return ["encryptionsalt", "secretsprovider", "encryptedkey"].some((key) => this.#file.document.has(key));
  }

  /**
   * Whether the configuration contains secrets, so that reading it needs the key.
   *
   * @throws UserError for a setting that the embedded engine doesn't support
   */
  get hasSecrets(): boolean {
    return holdsSecure(this.#config());
  }

  /**
   * The values of the stack's configuration by full key, with secrets decrypted.
   *
   * @param crypter decrypts with this file's salt; required if there are secrets
   * @throws UserError for a setting that the embedded engine doesn't support
   */
  values(project: string, crypter: Crypter | undefined): ReadonlyMap<string, SettingValue> {
    const open = (ciphertext: string): string => {
      if (crypter === undefined)
        throw new UserError(`${this.#path} has secrets, but no \`encryptionsalt\`.`, {
          remedy: "Restore the line from version control.",
        });
      return crypter.decrypt(ciphertext);
    };
    return new Map(
      Object.entries(this.#config()).map(([key, value]) => {
        const mistake = (message: string, remedy: string) =>
          this.#file.mistake(["config", key], message, remedy);
        const full = fullKey(key, project);
        if (full === undefined) throw mistake("a configuration key has the form <namespace>:<name>", REMEDY);
        return [full, { value: opened(value, open), secret: holdsSecure(value), mistake }];
      }),
    );
  }

  /** Adds the salt, and keeps the rest of the file. */
  async addSalt(salt: string): Promise<void> {
    const { document } = this.#file;
    document.set("encryptionsalt", salt);
    await mkdir(this.#folder, { recursive: true });
    await writeAtomically(this.#path, document.toString());
  }

  #config(): Readonly<Record<string, unknown>> {
    if (this.#checkedConfig === undefined) {
      const { config } = this.#file.read(shape, REMEDY);
      this.#file.refuseAmbiguousScalars();
      this.#checkedConfig = config ?? {};
    }
    return this.#checkedConfig;
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
    // A file that can't be read stops only its own stack, whose run reports it.
    const salt = (await StackSettings.read(folder, stack).catch(undefinedIfBroken))?.salt;
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

function undefinedIfBroken(error: unknown): undefined {
  if (!(error instanceof UserError)) throw error;
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

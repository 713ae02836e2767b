import { UserError } from "@tenantry/core/errors";
import { FileBackend } from "./backend.ts";
import {
  BLIND,
  type CheckpointFile,
  type CiphertextCache,
  type Deployment,
  holdsSecrets,
  readCheckpoint,
  writeCheckpoint,
} from "./checkpoint.ts";
import type { StackSpec } from "./interface.ts";
import type { Project } from "./project.ts";
import { type Crypter, openSalt } from "./secrets.ts";
import { type StackSettings, sharedSalt } from "./stack-settings.ts";

/** Reads and writes a stack's state with the stack's key. */
export class StackState {
  readonly #spec: StackSpec;
  readonly #backend: FileBackend;
  readonly #settings: StackSettings;
  readonly #settingsFolder: string;
  readonly #cache: CiphertextCache = new Map();
  #file: CheckpointFile | undefined;
  #writer: Promise<Crypter> | undefined;

  constructor(spec: StackSpec, project: Project, settings: StackSettings, settingsFolder: string) {
    this.#spec = spec;
    this.#backend = new FileBackend(spec.backendUrl, project.name);
    this.#settings = settings;
    this.#settingsFolder = settingsFolder;
  }

  get backend(): FileBackend {
    return this.#backend;
  }

  async exists(): Promise<boolean> {
    return (await this.#backend.read(this.#spec.stack)) !== undefined;
  }

  /** @throws UserError when the stack doesn't exist and `mustExist` is set */
  async read(options: { readonly mustExist: boolean }): Promise<Deployment> {
    const file = await this.#backend.read(this.#spec.stack);
    if (file === undefined && options.mustExist)
      throw new UserError(`There is no stack ${this.#spec.stack} in ${this.#spec.backendUrl}.`, {
        remedy: "Create it with tenantry up, or check its name and PULUMI_BACKEND_URL.",
      });
    this.#file = file;
    if (file === undefined) return { resources: [], pendingOperations: [] };
    const salt = holdsSecrets(file) ? saltOf(file) : undefined;
    const crypter = salt === undefined ? undefined : await openSalt(salt, this.#spec.passphrase);
    return readCheckpoint(file, crypter, this.#cache);
  }

  /** Reads the state with secrets masked. Undefined if the stack doesn't exist. */
  async readBlind(): Promise<Deployment | undefined> {
    const file = await this.#backend.read(this.#spec.stack);
    return file === undefined ? undefined : readCheckpoint(file, BLIND, new Map());
  }

  /** Opens the key before anything is changed. The settings of a new stack get the fleet's salt. */
  async prepareToWrite(): Promise<void> {
    this.#writer ??= this.#openWriter();
    await this.#writer;
  }

  async write(deployment: Deployment): Promise<void> {
    await this.prepareToWrite();
    const crypter = await this.#openWriter();
    const name = this.#backend.fullName(this.#spec.stack);
    const file = writeCheckpoint(name, deployment, crypter, this.#cache, new Date());
    await this.#backend.write(this.#spec.stack, file);
  }

  async #openWriter(): Promise<Crypter> {
    if (this.#writer !== undefined) return this.#writer;
    const known = this.#settings.salt ?? (this.#file === undefined ? undefined : saltOf(this.#file));
    const crypter =
      known === undefined
        ? await sharedSalt(this.#settingsFolder, this.#spec.passphrase)
        : await openSalt(known, this.#spec.passphrase);
    if (this.#settings.salt === undefined) await this.#settings.addSalt(crypter.salt);
    return crypter;
  }
}

function saltOf(file: CheckpointFile): string | undefined {
  const secrets = file.checkpoint.latest?.secrets_providers;
  if (secrets !== undefined && secrets.type !== "passphrase")
    throw new UserError(
      `The embedded engine doesn't support the secrets provider of the stack: ${secrets.type}.`,
      {
        remedy: "Use the Pulumi CLI for this stack: --engine cli.",
      },
    );
  return secrets?.state?.salt;
}

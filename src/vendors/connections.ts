import { UserError } from "@tenantry/core/errors";
import { Secret } from "@tenantry/core/secret";
import type Stripe from "stripe";
import { deriveDatabasePassword } from "../shared/derive.ts";
import { stableId } from "../shared/ids.ts";
import {
  type RootSecret,
  type RootSecrets,
  refuseFormerName,
  rootSecretsFrom,
  rootTexts,
} from "../shared/root-secret.ts";
import { todayOf } from "../shared/today.ts";
import { retryOptionsFromEnv } from "./http/retry-options.ts";
import type { Database } from "./postgres/database.ts";
import { encryptionFromEnv } from "./postgres/encryption.ts";
import { isAddressRefused, isUnknownProject, isWrongPassword } from "./postgres/failure.ts";
import { connect } from "./postgres/pool.ts";
import { type StripeAccess, stripeFromEnv } from "./stripe/client.ts";
import { type Supabase, type SupabaseAccess, supabaseFromEnv } from "./supabase/client.ts";
import { sessionPooler } from "./supabase/pooler.ts";
import { findProject } from "./supabase/projects.ts";

/** The clients and settings that a resource uses. Only the clients hold the tokens, so printing a context reveals none. */
export interface Context {
  readonly supabase: Supabase;
  readonly stripe: Stripe;
  /** A platform's control plane, found by its project's name and reached through its session pooler. Pooled per provider. */
  controlPlane(project: { readonly organization: string; readonly name: string }): Promise<Database>;
  /** A workspace's database, reached through its session pooler. */
  workspaceDatabase(ref: string, password: PasswordSource): Promise<Database>;
  /**
   * Whether a project's session pooler accepts the password that is derived from the current root secret. Also true if the
   * network restrictions refuse this machine, because the password isn't checked then.
   */
  acceptsPassword(ref: string, password: PasswordSource): Promise<boolean>;
  /** The folder that archives are written to, from `TENANTRY_ARCHIVES`. */
  readonly archives: string;
  /** The run's date as `2026-11-22`: `TENANTRY_TODAY` if set, otherwise today in UTC. */
  readonly today: string;
  /** Passwords and keys are HMACs with the current root secret (src/shared/derive.ts); earlier ones are accepted. */
  readonly roots: RootSecrets;
  /** Aborted when the engine cancels. */
  readonly signal: AbortSignal;
  /** Reports progress to the user. */
  status(message: string): void;
}

/** The values that a database's password is derived from, in addition to the root secret. */
export interface PasswordSource {
  readonly id: string;
  readonly generation: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * A provider's connections, opened on first use, so that a stack without Stripe needs no Stripe key.
 *
 * Holds one client, limiter and pool per service and token, shared by all stacks that the provider serves.
 */
export class Connections {
  readonly #env: Environment;
  readonly #signal: AbortSignal;
  readonly #databases = new Map<string, Promise<Database>>();
  #supabase: SupabaseAccess | undefined;
  #stripe: StripeAccess | undefined;
  #roots: RootSecrets | undefined;

  /** @param signal cancels every call and wait */
  constructor(env: Environment, signal: AbortSignal) {
    this.#env = env;
    this.#signal = signal;
  }

  /**
   * The context of one operation.
   *
   * @param mode `look` refuses every write before it is sent
   * @throws UserError if the root secret is set under the variable's former name
   */
  context(mode: "look" | "write", call: Pick<Context, "signal" | "status">): Context {
    refuseFormerName(this.#env);
    const connections = this;
    const role = mode === "look" ? "reader" : "writer";
    return {
      ...call,
      get supabase() {
        return connections.#supabaseAccess()[role];
      },
      get stripe() {
        return connections.#stripeAccess()[role];
      },
      get roots() {
        return connections.roots;
      },
      today: todayOf(connections.#env),
      get archives() {
        return archivesOf(connections.#env.TENANTRY_ARCHIVES);
      },
      async controlPlane(project) {
        const database = await connections.#controlPlane(project);
        return mode === "look" ? readerOf(database) : database;
      },
      acceptsPassword: (ref, password) => connections.#accepts(ref, password),
      async workspaceDatabase(ref, password) {
        const database = await connections.#connect(ref, password);
        return mode === "look" ? readerOf(database) : database;
      },
    };
  }

  /** Drops cached reads. Called when a run begins. */
  forget(): void {
    this.#supabase?.forget();
    this.#stripe?.forget();
  }

  /** The secrets that are removed from every message. */
  secrets(): readonly Secret[] {
    const names = ["SUPABASE_ACCESS_TOKEN", "STRIPE_API_KEY"];
    const tokens = names.flatMap((name) => (this.#env[name] ? [new Secret(this.#env[name])] : []));
    return [...tokens, ...rootTexts(this.#env)];
  }

  async close(): Promise<void> {
    const open = await Promise.allSettled(this.#databases.values());
    this.#databases.clear();
    await Promise.all(open.map((each) => (each.status === "fulfilled" ? each.value.close() : undefined)));
  }

  #supabaseAccess(): SupabaseAccess {
    this.#supabase ??= supabaseFromEnv(this.#env, this.#signal);
    return this.#supabase;
  }

  #stripeAccess(): StripeAccess {
    this.#stripe ??= stripeFromEnv(this.#env, this.#signal);
    return this.#stripe;
  }

  /** @throws UserError if none is set, or one is too short */
  get roots(): RootSecrets {
    this.#roots ??= rootSecretsFrom(this.#env);
    return this.#roots;
  }

  #controlPlane(project: { readonly organization: string; readonly name: string }): Promise<Database> {
    const key = `${project.organization}/${project.name}`;
    const known = this.#databases.get(key);
    if (known !== undefined) return known;
    const opening = this.#openControlPlane(project);
    this.#databases.set(key, opening);
    // Failures aren't cached, because the project may not exist yet.
    opening.catch(() => this.#databases.delete(key));
    return opening;
  }

  async #openControlPlane(project: { organization: string; name: string }): Promise<Database> {
    const { reader } = this.#supabaseAccess();
    const found = await findProject(reader, project.organization, project.name);
    if (found === undefined)
      throw new UserError(
        `There is no project ${project.name} in the Supabase organization ${project.organization}.`,
        { remedy: "Run `up` for the platform's stack first. It creates the control plane." },
      );
    return this.#connect(found.ref, { id: platformIdOf(project.name), generation: 1 });
  }

  async #connect(
    ref: string,
    from: PasswordSource,
    roots: readonly RootSecret[] = this.roots.all,
  ): Promise<Database> {
    const encryption = encryptionFromEnv(this.#env);
    const pooler = await sessionPooler(this.#supabaseAccess().reader, ref);
    const passwords = roots.map(({ secret }) => deriveDatabasePassword(secret, from));
    const { attempts } = retryOptionsFromEnv(this.#env);
    return connect({ ref, ...pooler, passwords, encryption, signal: this.#signal, attempts });
  }

  async #accepts(ref: string, from: PasswordSource): Promise<boolean> {
    const database = await this.#connect(ref, from, [this.roots.current]);
    try {
      await database.read((query) => query("select"));
      return true;
    } catch (error) {
      // A workspace's database may be closed to every address.
      if (isAddressRefused(error)) return true;
      if (isWrongPassword(error) || isUnknownProject(error)) return false;
      throw error;
    } finally {
      await database.close();
    }
  }
}

function readerOf(database: Database): Database {
  return {
    ref: database.ref,
    transaction: (work) => database.read(work),
    read: (work) => database.read(work),
    listen: (...of) => database.listen(...of),
    close: () => database.close(),
  };
}

/** The id of the platform whose control plane has this name: `<platform>--<first 8 characters of the id>`. */
function platformIdOf(projectName: string): string {
  const [platform = "", tail = ""] = projectName.split("--");
  const id = stableId(platform);
  if (!id.startsWith(tail))
    throw new UserError(`${projectName} isn't the name of a control plane's project.`, {
      remedy: `Use the project of the platform ${platform}: ${platform}--${id.slice(0, 8)}.`,
    });
  return id;
}

function archivesOf(folder: string | undefined): string {
  if (folder !== undefined && folder !== "") return folder;
  throw new UserError("TENANTRY_ARCHIVES is not set.", {
    remedy:
      "Set it to a folder on durable storage, for example a mounted bucket. A workspace counts as archived only once its archive is there.",
  });
}

import * as postgresql from "@pulumi/postgresql";
import * as pulumi from "@pulumi/pulumi";
import type { PlanModel, PlatformModel } from "../src/model/model.ts";
import { pricesOf } from "../src/model/price.ts";
import { presentEntitlements } from "../src/shared/entitlements.ts";
import {
  besideProvider,
  type DatabaseDefinition,
  databaseDefinition,
  warnOfDifferences,
} from "./database.ts";
import { type Declared, declare } from "./declare.ts";
import { controlPlaneSettings } from "./settings.ts";

type Project = Declared<"supabase:Project", "ref">;
type Ready = Declared<
  "supabase:Ready",
  "apiUrl" | "issuer" | "poolerHost" | "poolerPort" | "poolerUser" | "databaseName" | "databasePassword"
>;

/** The arguments of a `Platform`. */
export interface PlatformArgs {
  /** The resolved platform. */
  readonly platform: PlatformModel;
}

/**
 * A platform: its plans as Stripe products and prices, and its control plane with the catalogue of plans, wallets and the trial.
 *
 * The control plane's project and its database are protected.
 */
export class Platform extends pulumi.ComponentResource {
  /** The URL of the control plane's data API. */
  readonly url: pulumi.Output<string>;
  /** The secret with which Stripe signs its events; null if the manifest declares no webhook. */
  readonly webhookSecret: pulumi.Output<string> | null;

  /** @param name of the component and the prefix of its resources: `platform.name` */
  constructor(name: string, { platform }: PlatformArgs, options: pulumi.ComponentResourceOptions = {}) {
    super("tenantry:index:Platform", name, {}, options);

    for (const plan of Object.values(platform.plans)) this.#offer(name, platform, plan);

    this.#guard(name, platform);
    const project = this.#project(name, platform);
    const ready = this.#ready(name, platform, project);
    this.#settings(name, platform, project, ready);
    const database = this.#database(name, project, ready);
    this.#catalogue(name, platform, project, database);

    this.#portal(name, platform);
    this.webhookSecret = this.#webhook(name, platform);
    this.url = ready.apiUrl;
    this.registerOutputs({ url: this.url });
  }

  #offer(name: string, platform: PlatformModel, plan: PlanModel): void {
    const brand = { platform: platform.name };
    const product = declare(
      "stripe:Product",
      `${name}-${plan.name}-product`,
      { productId: plan.productId, name: `${platform.displayName} ${plan.displayName}`, brand },
      { parent: this },
    );
    // One resource per price, so that a new price doesn't affect those that organizations already have.
    for (const { lookupKey, amount, currency } of pricesOf(plan))
      declare(
        "stripe:Price",
        `${name}-${plan.name}-${currency}-${amount}-price`,
        { lookupKey, product: plan.productId, amount, currency, interval: "month", brand },
        { parent: this, dependsOn: [product] },
      );
  }

  #portal(name: string, { name: slug, displayName }: PlatformModel): void {
    const inputs = { headline: displayName.slice(0, 60), brand: { platform: slug } };
    declare("stripe:Portal", `${name}-portal`, inputs, { parent: this });
  }

  #webhook(name: string, { name: slug, webhook }: PlatformModel): pulumi.Output<string> | null {
    if (webhook === null) return null;
    const inputs = { ...webhook, brand: { platform: slug } };
    const endpoint = declare("stripe:WebhookEndpoint", `${name}-webhook`, inputs, { parent: this }, [
      "signingSecret",
    ]);
    return pulumi.secret(endpoint.signingSecret as pulumi.Output<string>);
  }

  /** Revokes undeclared access. Finds the project by its name, so that it depends on no other resource. */
  #guard(name: string, { project }: PlatformModel): void {
    const inputs = {
      organization: project.organization,
      name: project.name,
      ...databaseDefinition("control-plane").guard,
    };
    declare("postgres:Guard", `${name}-guard`, inputs, { parent: this });
  }

  #project(name: string, platform: PlatformModel): Project {
    const inputs = { ...platform.project, databasePassword: { id: platform.id }, state: "active" as const };
    return declare("supabase:Project", `${name}-project`, inputs, { parent: this, protect: true }, ["ref"]);
  }

  #ready(name: string, platform: PlatformModel, project: Project): Ready {
    const inputs = {
      project: project.ref,
      databasePassword: { id: platform.id },
      sslEnforced: platform.security.tlsEnforced,
    };
    return declare("supabase:Ready", `${name}-ready`, inputs, { parent: this }, [
      "apiUrl",
      "issuer",
      "poolerHost",
      "poolerPort",
      "poolerUser",
      "databaseName",
      "databasePassword",
    ]);
  }

  #settings(name: string, { security }: PlatformModel, project: Project, ready: Ready): void {
    declare(
      "supabase:Settings",
      `${name}-settings`,
      { project: project.ref, ...controlPlaneSettings(security) },
      { parent: this, deletedWith: project, dependsOn: [ready] },
    );
  }

  /** Declares schemas, extensions and privileges with `@pulumi/postgresql`, and everything else with the `tenantry` provider. */
  #database(name: string, project: Project, ready: Ready): pulumi.Resource {
    const definition = databaseDefinition("control-plane");
    const protect = { parent: this, protect: true, deletedWith: project };

    const roles = declare(
      "postgres:Access",
      `${name}-access`,
      { project: project.ref, ...besideProvider(definition.access) },
      { ...protect, dependsOn: [ready] },
    );
    const privileges = this.#privileges(name, definition, project, ready, roles);
    const schema = declare(
      "postgres:Schema",
      `${name}-schema`,
      { project: project.ref, ...definition.schema },
      { ...protect, dependsOn: privileges },
      ["differences"],
    );
    warnOfDifferences("The control plane's database", schema, this);
    return declare(
      "postgres:RowSecurity",
      `${name}-row-security`,
      { project: project.ref, ...definition.rowSecurity },
      { ...protect, dependsOn: [schema] },
    );
  }

  #privileges(
    name: string,
    definition: DatabaseDefinition,
    project: Project,
    ready: Ready,
    roles: pulumi.Resource,
  ): pulumi.Resource[] {
    const { schemas = {}, extensions = {}, defaultPrivileges = [] } = definition.access;
    const provider = new postgresql.Provider(
      `${name}-postgresql`,
      {
        host: ready.poolerHost,
        port: ready.poolerPort,
        username: ready.poolerUser,
        password: ready.databasePassword as pulumi.Output<string>,
        database: ready.databaseName,
        // The certificate is verified too if PGSSLROOTCERT is set.
        sslmode: "require",
        superuser: false,
      },
      { parent: this },
    );
    const options = { parent: this, provider, protect: true, deletedWith: project };
    const database = ready.databaseName;

    const declared: pulumi.Resource[] = [];
    const made = Object.fromEntries(
      Object.keys(schemas).map((schema) => [
        schema,
        new postgresql.Schema(
          `${name}-${schema}`,
          { name: schema, database, owner: "postgres" },
          { ...options, dependsOn: [roles] },
        ),
      ]),
    );
    declared.push(...Object.values(made));
    for (const [extension, { schema }] of Object.entries(extensions))
      declared.push(
        new postgresql.Extension(
          `${name}-${extension}`,
          { name: extension, schema, database },
          { ...options, dependsOn: declared.slice() },
        ),
      );
    for (const [schema, { usage }] of Object.entries(schemas))
      for (const role of usage)
        declared.push(
          new postgresql.Grant(
            `${name}-${schema}-${role}`,
            { database, schema, role, objectType: "schema", privileges: ["USAGE"] },
            { ...options, dependsOn: [made[schema] as pulumi.Resource, roles] },
          ),
        );
    for (const { schema, on, revokeFrom } of defaultPrivileges)
      for (const role of revokeFrom)
        declared.push(
          new postgresql.DefaultPrivileges(
            `${name}-${schema ?? "all"}-${on}-${role}`,
            { database, schema, role, owner: "postgres", objectType: singular(on), privileges: [] },
            { ...options, dependsOn: Object.values(made) },
          ),
        );
    return declared;
  }

  #catalogue(name: string, platform: PlatformModel, project: Project, database: pulumi.Resource): void {
    declare(
      "control-plane:Catalogue",
      `${name}-catalogue`,
      {
        controlPlane: { organization: platform.project.organization, name: platform.project.name },
        platform: {
          id: platform.id,
          name: platform.name,
          displayName: platform.displayName,
          currency: platform.currency,
          defaultPlan: platform.defaultPlan,
          appsDomain: platform.appsDomain ?? undefined,
        },
        plans: Object.fromEntries(Object.values(platform.plans).map((plan) => [plan.name, catalogued(plan)])),
        wallets: Object.fromEntries(
          Object.entries(platform.wallets).map(([wallet, { creditPrice, minimumReload }]) => [
            wallet,
            { creditAmount: creditPrice.amount, minimumReload: minimumReload ?? undefined },
          ]),
        ),
        trial:
          platform.trial === null ? undefined : { ...platform.trial, credits: { ...platform.trial.credits } },
        stayOpen: platform.staysOpen ?? undefined,
      },
      { parent: this, protect: true, deletedWith: project, dependsOn: [database] },
    );
  }
}

function catalogued(plan: PlanModel) {
  return {
    displayName: plan.displayName,
    monthlyAmount: plan.price?.amount,
    productId: plan.productId,
    priceLookupKey: plan.price?.lookupKey,
    credits: { ...plan.credits },
    limits: presentEntitlements(plan.entitlements),
  };
}

function singular(objects: "tables" | "sequences" | "functions" | "types"): string {
  return objects.slice(0, -1);
}

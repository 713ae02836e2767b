/** An entitlement with a number. */
interface LimitDefinition {
  readonly kind: "limit";
  readonly description: string;
  /** The smallest value that a plan may have. */
  readonly least: number;
  /** The name of one, for a limit on things that exist. Other limits are rates. */
  readonly noun?: string;
}

/** An entitlement that is on or off. */
interface FlagDefinition {
  readonly kind: "flag";
  readonly description: string;
}

/**
 * What a plan can allow an organization. The fields of manifests, the model, the provider's inputs and the control plane's
 * columns follow from this list. `tests/schema/entitlements.test.ts` compares the SQL and the documentation with it.
 */
export const ENTITLEMENTS = {
  workspaces: {
    kind: "limit",
    description: "The number of workspaces. Deleted ones don't count.",
    least: 1,
    noun: "workspace",
  },
  seats: {
    kind: "limit",
    description: "The number of people: the owner, members and open invitations.",
    least: 1,
    noun: "seat",
  },
  perWorkspaceAccess: {
    kind: "flag",
    description:
      "Whether access can be limited to individual workspaces. If `false`, every member reaches all workspaces.",
  },
  customDomains: {
    kind: "limit",
    description: "The number of apps with a custom domain.",
    least: 0,
    noun: "custom domain",
  },
  rpm: { kind: "limit", description: "Requests per minute of the whole organization.", least: 1 },
  webhookEvents: {
    kind: "limit",
    description: "Webhook events per month of the whole organization.",
    least: 0,
  },
} as const satisfies Record<string, LimitDefinition | FlagDefinition>;

/** The type of the list. */
type Definitions = typeof ENTITLEMENTS;

/** The names of the entitlements whose definition has this type. */
type NameOf<Definition> = {
  [Name in keyof Definitions]: Definitions[Name] extends Definition ? Name : never;
}[keyof Definitions];

/** The name of a limit. */
type LimitName = NameOf<LimitDefinition>;
/** The name of a flag. */
type FlagName = NameOf<FlagDefinition>;
/** The name of an entitlement. */
type EntitlementName = LimitName | FlagName;

/** A limit on things that exist: manifests declare some, and people create others in the product. */
export type CountedLimit = NameOf<{ readonly noun: string }>;

/** One type for limits, and another one for flags. */
type ByEntitlement<Limit, Flag> = {
  readonly [Name in EntitlementName]: Name extends LimitName ? Limit : Flag;
};

/** A limit of a plan. `null` is unlimited. */
export type Limit = number | null;

/** What a plan, or an organization on it, may use: a number or null for each limit, and true or false for each flag. */
export type Entitlements = ByEntitlement<Limit, boolean>;

/** Entitlements as rows and the provider's inputs have them: an unlimited one is absent. */
export type PresentEntitlements = { readonly [Name in LimitName]?: number | undefined } & {
  readonly [Name in FlagName]: boolean;
};

const NAMES = Object.keys(ENTITLEMENTS) as readonly EntitlementName[];

export const COUNTED_LIMITS = NAMES.filter((name): name is CountedLimit => "noun" in ENTITLEMENTS[name]);

/** Makes something of each entitlement. */
export function byEntitlement<Limit, Flag>(make: {
  limit(definition: LimitDefinition, name: LimitName): Limit;
  flag(definition: FlagDefinition, name: FlagName): Flag;
}): ByEntitlement<Limit, Flag> {
  const made = NAMES.map((name) => {
    const definition: LimitDefinition | FlagDefinition = ENTITLEMENTS[name];
    const value =
      definition.kind === "limit"
        ? make.limit(definition, name as LimitName)
        : make.flag(definition, name as FlagName);
    return [name, value] as const;
  });
  // `Object.fromEntries` loses which type belongs to which name.
  return Object.fromEntries(made) as ByEntitlement<Limit, Flag>;
}

export function presentEntitlements(entitlements: Entitlements): PresentEntitlements {
  const present = Object.entries(entitlements).filter(([, value]) => value !== null);
  return Object.fromEntries(present) as unknown as PresentEntitlements;
}

/** The inverse of {@link presentEntitlements}. */
export function allEntitlements(present: PresentEntitlements): Entitlements {
  return byEntitlement<Limit, boolean>({
    limit: (_, name) => present[name] ?? null,
    flag: (_, name) => present[name],
  });
}

/** The kinds of things whose removals are counted, in the words of the manifest. */
export const REMOVABLE_KINDS = ["members", "apiKeys", "workspaces", "domains", "connections"] as const;

/** A kind of things whose removals are counted. */
export type RemovableKind = (typeof REMOVABLE_KINDS)[number];

/** A value for each kind. */
export type ByKind<Value> = Readonly<Record<RemovableKind, Value>>;

export function byKind<Value>(make: (kind: RemovableKind) => Value): ByKind<Value> {
  return {
    members: make("members"),
    apiKeys: make("apiKeys"),
    workspaces: make("workspaces"),
    domains: make("domains"),
    connections: make("connections"),
  };
}

/** How many things of one kind can be removed without a consent. */
export interface Threshold {
  /** Up to this number, removals never need a consent. */
  readonly floor: number;
  /** Above the floor, the largest share in percent. */
  readonly share: number;
}

/** The thresholds for one organization, and for all organizations of a run together. */
export interface Thresholds {
  readonly perOrganization: ByKind<Threshold>;
  readonly perRun: ByKind<Threshold>;
}

/**
 * The defaults. Many organizations have one or two keys, domains and connections, so their floor is 1: it admits the usual change, but
 * not the loss of a whole section. People leave more often. In a run, removals of one kind from many organizations have one cause more
 * often than not, such as a script, so the share is smaller.
 */
export const DEFAULT_THRESHOLDS: Thresholds = {
  perOrganization: {
    members: { floor: 3, share: 25 },
    apiKeys: { floor: 1, share: 25 },
    workspaces: { floor: 1, share: 25 },
    domains: { floor: 1, share: 25 },
    connections: { floor: 1, share: 25 },
  },
  perRun: {
    members: { floor: 20, share: 10 },
    apiKeys: { floor: 5, share: 10 },
    workspaces: { floor: 5, share: 10 },
    domains: { floor: 5, share: 10 },
    connections: { floor: 5, share: 10 },
  },
};

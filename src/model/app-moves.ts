/** The names of apps by the id of their workspace. */
export type AppsByWorkspace = Readonly<Record<string, readonly string[]>>;

export interface AppMove {
  readonly app: string;
  /** Ids of workspaces. */
  readonly from: string;
  readonly to: string;
}

/**
 * Finds apps that were removed from a workspace that still exists, and added under the same name to another. An app can't move,
 * because its contents are in its workspace's database: the result would be an empty app with another URL.
 */
export function appMoves(before: AppsByWorkspace, after: AppsByWorkspace): AppMove[] {
  return Object.entries(before).flatMap(([from, apps]) =>
    apps.flatMap((app) => {
      const declared = after[from];
      if (declared === undefined || declared.includes(app)) return [];
      const isNewIn = (id: string) => after[id]?.includes(app) === true && before[id]?.includes(app) !== true;
      const to = Object.keys(after).find(isNewIn);
      return to === undefined ? [] : [{ app, from, to }];
    }),
  );
}

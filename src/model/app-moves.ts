/** Names of apps, by the id of their workspace. */
export type AppsByWorkspace = Readonly<Record<string, readonly string[]>>;

export interface AppMove {
  readonly app: string;
  /** Ids of workspaces. */
  readonly from: string;
  readonly to: string;
}

/**
 * Apps that are gone from their workspace, which is still there, and new under the same name in another. An app's contents live
 * in its workspace's database, so what would arrive is an empty one under another URL.
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

import type { OrganizationModel } from "./model.ts";

/** The names of all secrets that an organization uses. */
export function secretNames({ llmProvider, workspaces }: OrganizationModel): string[] {
  const connections = Object.values(workspaces).flatMap((workspace) => Object.values(workspace.connections));
  return [
    ...(llmProvider !== null && "apiKey" in llmProvider ? [llmProvider.apiKey.secret] : []),
    ...connections.map((connection) => connection.secret.secret),
  ];
}

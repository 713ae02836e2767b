import type { Path } from "../../manifest/locate.ts";
import type { OrganizationManifest } from "../../manifest/organization.ts";
import { connectionAt, findConnection } from "../connection.ts";
import { unknownName } from "./platform.ts";
import type { RuleDiagnostic } from "./rule.ts";
import type { OrganizationRule } from "./subject.ts";
import { workspacesOf } from "./workspaces.ts";

/** A connection has either its own settings or an original. */
const connectionComplete: OrganizationRule = {
  name: "connection-complete",
  check: ({ manifest }) =>
    connectionsOf(manifest).flatMap(({ connection, path, name }) => {
      const { kind, secret, cloneOf } = connection;
      const complete =
        cloneOf === undefined
          ? kind !== undefined && secret !== undefined
          : kind === undefined && secret === undefined;
      if (complete) return [];
      return [
        {
          path,
          part: "key",
          message: `the connection \`${name}\` ${cloneOf === undefined ? "is incomplete" : "has both `cloneOf` and its own settings"}`,
          expected: "either `kind` and `secret`, or `cloneOf`",
          found:
            Object.keys(connection)
              .map((key) => `\`${key}\``)
              .join(" and ") || "nothing",
          remedy:
            cloneOf === undefined
              ? `add ${kind === undefined ? "`kind`" : "`secret`"}`
              : "remove either `kind` and `secret`, or `cloneOf`",
        },
      ];
    }),
};

/** A connection can only be copied within its organization. */
const cloneHasOrigin: OrganizationRule = {
  name: "clone-has-origin",
  check: ({ manifest }) =>
    connectionsOf(manifest).flatMap(({ connection, path }) => {
      const { cloneOf } = connection;
      if (cloneOf === undefined) return [];
      if (connectionAt(manifest, cloneOf) === undefined)
        return [noOrigin(manifest, cloneOf, [...path, "cloneOf"])];
      if (findConnection(manifest, connection) !== undefined) return [];
      return [
        {
          path: [...path, "cloneOf"],
          message: `\`${cloneOf}\` is a copy without an original`,
          expected: "a connection with a `kind` and a `secret`",
          found: "copies only",
          remedy: "set `kind` and `secret` on one of them",
        },
      ];
    }),
};

export const CONNECTION_RULES: readonly OrganizationRule[] = [connectionComplete, cloneHasOrigin];

/** The connections of all workspaces, with their paths. */
function connectionsOf(manifest: OrganizationManifest) {
  return workspacesOf(manifest).flatMap(({ workspace, path }) =>
    Object.entries(workspace.connections ?? {}).map(([name, connection]) => ({
      name,
      connection,
      path: [...path, "connections", name],
    })),
  );
}

function noOrigin(manifest: OrganizationManifest, cloneOf: string, path: Path): RuleDiagnostic {
  const known = Object.fromEntries(
    connectionsOf(manifest)
      .filter(({ connection }) => connection.cloneOf === undefined)
      .map((entry) => [`${entry.path[1]}/${entry.name}`, entry]),
  );
  const [unknown] = unknownName("connection", known, cloneOf, path);
  return {
    path,
    message: `there is no connection \`${cloneOf}\` in this organization`,
    expected: unknown?.expected,
    found: `\`${cloneOf}\``,
    remedy: unknown?.remedy ?? "name another connection",
  };
}

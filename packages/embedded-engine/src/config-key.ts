/**
 * The full form of a configuration key, `<namespace>:<name>`. A key without a namespace belongs to the project.
 *
 * @returns undefined if it isn't a key
 * @see https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/config/key.go
 */
export function fullKey(key: string, project: string): string | undefined {
  const [namespace = "", ...rest] = key.split(":");
  if (rest.length === 0) return `${project}:${namespace}`;
  const name = rest.length === 2 && rest[0] === "config" ? rest[1] : rest[0];
  return rest.length > 2 || (rest.length === 2 && rest[0] !== "config") ? undefined : `${namespace}:${name}`;
}

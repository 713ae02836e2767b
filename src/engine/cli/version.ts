import { UserError } from "@tenantry/core/errors";

/**
 * The oldest Pulumi CLI that does what the engine asks for: `destroy --ignore-protect` is its youngest part.
 *
 * @see https://github.com/pulumi/pulumi/releases/tag/v3.256.0
 */
const OLDEST_CLI = "3.256.0";

/**
 * @param text what `pulumi version` prints, as `v3.260.0`
 * @throws UserError when the CLI is too old, or it isn't one
 */
export function checkVersion(text: string, file: string): string {
  const version = /^v?(\d+\.\d+\.\d+)/.exec(text.trim())?.[1];
  if (version === undefined)
    throw new UserError(`${file} is no Pulumi CLI: \`pulumi version\` says ${JSON.stringify(text.trim())}.`, {
      remedy: INSTALL,
    });
  if (isOlder(version, OLDEST_CLI))
    throw new UserError(`The Pulumi CLI ${file} is version ${version}; ${OLDEST_CLI} or newer is needed.`, {
      remedy: `${INSTALL} Or use --engine embedded.`,
    });
  return version;
}

export const INSTALL = "Install the Pulumi CLI: https://www.pulumi.com/docs/iac/download-install/.";

function isOlder(version: string, than: string): boolean {
  const [left, right] = [numbersOf(version), numbersOf(than)];
  const differing = left.findIndex((number, index) => number !== right[index]);
  return differing >= 0 && (left[differing] ?? 0) < (right[differing] ?? 0);
}

function numbersOf(version: string): number[] {
  return version.split(".").map(Number);
}

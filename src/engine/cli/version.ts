import { UserError } from "@tenantry/core/errors";

/**
 * The oldest supported Pulumi CLI: the first with `destroy --ignore-protect`.
 *
 * @see https://github.com/pulumi/pulumi/releases/tag/v3.256.0
 */
const OLDEST_CLI = "3.256.0";

/**
 * Parses and checks the CLI's version.
 *
 * @param text the output of `pulumi version`, such as `v3.260.0`
 * @throws UserError when the CLI is too old, or the file isn't the Pulumi CLI
 */
export function checkVersion(text: string, file: string): string {
  const version = /^v?(\d+\.\d+\.\d+)/.exec(text.trim())?.[1];
  if (version === undefined)
    throw new UserError(
      `${file} isn't the Pulumi CLI: \`pulumi version\` printed ${JSON.stringify(text.trim())}.`,
      { remedy: INSTALL },
    );
  if (isOlder(version, OLDEST_CLI))
    throw new UserError(
      `The Pulumi CLI ${file} is version ${version}, but ${OLDEST_CLI} or later is required.`,
      {
        remedy: `${INSTALL} Or use --engine embedded.`,
      },
    );
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

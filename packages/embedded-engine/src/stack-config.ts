import { UserError } from "@tenantry/core/errors";
import { configText } from "./config-text.ts";
import { hasType, typeText } from "./config-type.ts";
import type { ConfigDeclaration, Project } from "./project.ts";
import type { Crypter } from "./secrets.ts";
import type { SettingValue, StackSettings } from "./stack-settings.ts";

/** One value of a stack's configuration. */
interface ConfigValue {
  readonly value: string;
  readonly secret: boolean;
}

/** Configuration values by full key, such as `tenants:acme-bigquery`. */
export type StackConfig = ReadonlyMap<string, ConfigValue>;

/**
 * The configuration of a stack: the values in its settings, and the project's values for other keys.
 *
 * @param crypter decrypts the settings' secrets; required if there are any
 * @param checked whether the values must match the project's declarations. Only a run of the program needs that
 * @throws UserError for a value that doesn't match, or is missing
 * @see https://github.com/pulumi/pulumi/blob/master/pkg/workspace/config.go
 */
export function stackConfig(
  project: Project,
  stack: string,
  settings: StackSettings,
  crypter: Crypter | undefined,
  checked: boolean,
): StackConfig {
  const values = settings.values(project.name, crypter);
  if (checked)
    for (const [key, declaration] of project.config)
      checkValue({ key, declaration, stack, isOwn: key.startsWith(`${project.name}:`) }, values.get(key));
  const declared = [...project.config].flatMap(([key, { value }]) =>
    value === undefined ? [] : [[key, { value: configText(value), secret: false }] as const],
  );
  const set = [...values].map(
    ([key, { value, secret }]) => [key, { value: configText(value), secret }] as const,
  );
  return new Map([...declared, ...set]);
}

interface Declared {
  readonly key: string;
  readonly declaration: ConfigDeclaration;
  readonly stack: string;
  /** Whether the key belongs to the project. Other keys are for providers and need no value. */
  readonly isOwn: boolean;
}

function checkValue({ key, declaration, stack, isOwn }: Declared, given: SettingValue | undefined): void {
  const { type, secret } = declaration;
  const value = given?.value ?? declaration.value;
  const set = `pulumi config set ${secret ? "--secret " : ""}--stack ${stack} ${key} <value>`;
  if (value === undefined) {
    if (isOwn)
      throw mistake(`The stack ${stack} has no value for \`${key}\`, which Pulumi.yaml requires`, set);
    return;
  }
  if (secret && given?.secret !== true)
    throw (
      given?.mistake("the value must be encrypted, because Pulumi.yaml declares it secret", fix(set)) ??
      mistake(`Pulumi.yaml declares \`${key}\` secret, so its value can't be a default`, set)
    );
  if (type === undefined || hasType(type, asStored(value))) return;
  throw (
    given?.mistake(`the value must be of the type ${typeText(type)}`, fix(set)) ??
    mistake(`The default of \`${key}\` isn't of the type ${typeText(type)}`, set)
  );
}

/** Single values are stored as text. */
function asStored(value: unknown): unknown {
  return typeof value === "object" && value !== null ? value : configText(value);
}

function mistake(message: string, command: string): UserError {
  return new UserError(message, { remedy: fix(command) });
}

function fix(command: string): string {
  return `Run: ${command}`;
}

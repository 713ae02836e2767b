import { AsyncLocalStorage } from "node:async_hooks";
import * as pulumi from "@pulumi/pulumi";
import { UNKNOWN } from "@tenantry/core/pulumi-value";
import type { SecretReference } from "../src/model/model.ts";
import { secretVariable } from "../src/shared/secret-variable.ts";
import { userError, withUserErrors } from "./user-error.ts";

const references = new AsyncLocalStorage<true>();

/** Runs a program without the values of its secrets. In place of a value, it gets a text that only depends on the secret's name. */
export function withoutSecretValues<T>(program: () => T): T {
  return references.run(true, program);
}

/**
 * The value of `{ secret: name }`, as a Pulumi secret: `TENANTRY_SECRET_<NAME>` in the environment, otherwise the stack's
 * secret configuration `tenants:<name>`. A preview that has neither gets an unknown value, and warns.
 *
 * @throws outside a preview if neither is set; also if the name is reserved for tenantry
 */
export function secretValue(reference: SecretReference): pulumi.Output<string> {
  const variable = withUserErrors(() => secretVariable(reference.secret));
  if (references.getStore() === true) return pulumi.secret(`the value of ${reference.secret}`);
  const given = process.env[variable];
  if (given !== undefined) return pulumi.secret(given);

  const configured = new pulumi.Config("tenants").getSecret(reference.secret);
  if (configured !== undefined) return configured;

  const places = `${variable} in the environment, or run: pulumi config set --secret tenants:${reference.secret}`;
  if (!mayBeUnknown()) throw userError(`the secret ${reference.secret} has no value: set ${places}`);
  pulumi.log.warn(
    `the secret ${reference.secret} has no value here, so this preview can't show whether its value changes; \`up\` needs it: set ${places}`,
  );
  return pulumi.secret(UNKNOWN);
}

/** The preview of an `up` needs every secret, so that `up` fails before it asks. */
function mayBeUnknown(): boolean {
  return pulumi.runtime.isDryRun() && process.env.TENANTRY_NEEDS_SECRETS !== "true";
}

import * as pulumi from "@pulumi/pulumi";
import type { SecretReference } from "../src/model/model.ts";
import { secretVariable } from "../src/shared/secret-variable.ts";
import { orMistake, userError } from "./user-error.ts";

/**
 * The value of `{ secret: name }`: `TENANTRY_SECRET_<NAME>` in the environment, else the stack's secret configuration
 * `tenants:<name>`. It is a Pulumi secret from here on.
 *
 * @throws when neither is set, naming both; and for a name that is reserved for tenantry
 */
export function secretValue(reference: SecretReference): pulumi.Output<string> {
  const variable = orMistake(() => secretVariable(reference.secret));
  const given = process.env[variable];
  if (given !== undefined) return pulumi.secret(given);

  const configured = new pulumi.Config("tenants").getSecret(reference.secret);
  if (configured !== undefined) return configured;

  throw userError(
    `the secret ${reference.secret} has no value: set ${variable} in the environment, ` +
      `or run: pulumi config set --secret tenants:${reference.secret}`,
  );
}

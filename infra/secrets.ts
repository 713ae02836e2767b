import * as pulumi from "@pulumi/pulumi";
import type { SecretReference } from "../src/model/model.ts";
import { secretVariable } from "../src/shared/secret-variable.ts";
import { userError, withUserErrors } from "./user-error.ts";

/**
 * The value of `{ secret: name }`, as a Pulumi secret: `TENANTRY_SECRET_<NAME>` in the environment, otherwise the stack's
 * secret configuration `tenants:<name>`.
 *
 * @throws if neither is set, or if the name is reserved for tenantry
 */
export function secretValue(reference: SecretReference): pulumi.Output<string> {
  const variable = withUserErrors(() => secretVariable(reference.secret));
  const given = process.env[variable];
  if (given !== undefined) return pulumi.secret(given);

  const configured = new pulumi.Config("tenants").getSecret(reference.secret);
  if (configured !== undefined) return configured;

  throw userError(
    `the secret ${reference.secret} has no value: set ${variable} in the environment, ` +
      `or run: pulumi config set --secret tenants:${reference.secret}`,
  );
}

import * as z from "zod";
import type { Resource } from "../../resource.ts";
import { isSecret } from "../schema.ts";

/** A property in Pulumi's package schema. */
interface PropertySpec {
  readonly type?: string;
  readonly items?: PropertySpec;
  readonly additionalProperties?: PropertySpec;
  readonly oneOf?: readonly PropertySpec[];
  readonly $ref?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly secret?: boolean;
  readonly willReplaceOnChanges?: boolean;
}

interface ObjectSpec {
  readonly type: "object";
  readonly description?: string;
  readonly properties: Readonly<Record<string, PropertySpec>>;
  readonly required: readonly string[];
}

type JsonSchema = z.core.JSONSchema.JSONSchema & { readonly secret?: boolean };

/**
 * The provider's Pulumi package schema, generated from the schemas of its resources.
 *
 * @see https://www.pulumi.com/docs/iac/packages-and-automation/pulumi-packages/schema/
 */
export function pulumiSchema(version: string, resources: readonly Resource[]): object {
  const types: Record<string, ObjectSpec> = {};
  const specs = resources.map((resource) => [`tenantry:${resource.type}`, resourceSpec(resource, types)]);
  return {
    name: "tenantry",
    displayName: "tenantry",
    version,
    description:
      "Tenancy as code: Supabase projects and Stripe billing for the customer organizations of a SaaS product.",
    license: "Apache-2.0",
    config: {},
    provider: {
      description:
        "The provider takes no configuration. It reads tokens from the environment, so that no state contains them.",
    },
    types,
    resources: Object.fromEntries(specs),
  };
}

function resourceSpec(resource: Resource, types: Record<string, ObjectSpec>): object {
  const name = `tenantry:${resource.type}`;
  const replaceOn: readonly string[] = resource.replaceOn;
  const inputs = objectSpec(jsonSchemaOf(resource.inputs, "input"), name, types);
  const outputs = objectSpec(jsonSchemaOf(resource.outputs, "output"), name, types);
  const inputProperties = Object.fromEntries(
    Object.entries(inputs.properties).map(([key, spec]) => [
      key,
      replaceOn.includes(key) ? { ...spec, willReplaceOnChanges: true } : spec,
    ]),
  );
  return {
    description: resource.description,
    inputProperties,
    requiredInputs: inputs.required,
    properties: { ...withoutDefaults(inputs.properties), ...outputs.properties },
    required: [...new Set([...inputs.required, ...outputs.required])],
  };
}

function withoutDefaults(
  properties: Readonly<Record<string, PropertySpec>>,
): Readonly<Record<string, PropertySpec>> {
  return Object.fromEntries(Object.entries(properties).map(([key, { default: _, ...spec }]) => [key, spec]));
}

function jsonSchemaOf(schema: z.ZodObject, io: "input" | "output"): JsonSchema {
  return z.toJSONSchema(schema, {
    io,
    unrepresentable: "any",
    reused: "inline",
    override({ zodSchema, jsonSchema }) {
      if (isSecret(zodSchema)) Object.assign(jsonSchema, { type: "string", secret: true });
    },
  });
}

function objectSpec(schema: JsonSchema, name: string, types: Record<string, ObjectSpec>): ObjectSpec {
  const properties = Object.entries(schema.properties ?? {}).map(([key, each]) => [
    key,
    propertySpec(each as JsonSchema, `${name}${capital(key)}`, types),
  ]);
  return {
    type: "object",
    ...(schema.description === undefined ? {} : { description: schema.description }),
    properties: Object.fromEntries(properties),
    required: schema.required ?? [],
  };
}

function propertySpec(schema: JsonSchema, name: string, types: Record<string, ObjectSpec>): PropertySpec {
  const { description, default: fallback } = schema;
  const isSimple = typeof fallback !== "object";
  return {
    ...shapeSpec(schema, name, types),
    ...(description === undefined ? {} : { description }),
    // Pulumi's schema supports defaults of simple types only. The description states the others.
    ...(fallback === undefined || !isSimple ? {} : { default: fallback }),
    ...(schema.secret ? { secret: true } : {}),
  };
}

function shapeSpec(schema: JsonSchema, name: string, types: Record<string, ObjectSpec>): PropertySpec {
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) {
    const specs = choices.filter((each) => (each as JsonSchema).type !== "null");
    const [only] = specs;
    if (specs.length === 1) return shapeSpec(only as JsonSchema, name, types);
    return { oneOf: specs.map((each, index) => shapeSpec(each as JsonSchema, `${name}${index + 1}`, types)) };
  }
  if (schema.type === "array")
    return { type: "array", items: shapeSpec(schema.items as JsonSchema, name, types) };
  if (schema.type !== "object")
    return { type: typeof schema.type === "string" ? schema.type : "string", ...constOf(schema) };
  if (schema.properties === undefined) {
    const values = (schema.additionalProperties ?? { type: "string" }) as JsonSchema;
    return { type: "object", additionalProperties: propertySpec(values, name, types) };
  }
  types[name] = objectSpec(schema, name, types);
  return { type: "object", $ref: `#/types/${name}` };
}

function constOf(schema: JsonSchema): PropertySpec {
  return schema.const === undefined ? {} : { const: schema.const };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

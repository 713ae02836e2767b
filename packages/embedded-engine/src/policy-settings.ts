import type { AnalyzerInfo, EnforcementLevel, PolicyInfo } from "@pulumi/pulumi/proto/analyzer_pb.js";
import { UserError } from "@tenantry/core/errors";
import type { JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb.js";
import * as z from "zod";

/** The enforcement level of a policy, and the values of its configurable properties. */
export interface PolicySetting {
  readonly level: EnforcementLevel;
  readonly properties: Readonly<Record<string, JavaScriptValue>>;
}

/** Settings by policy, or for `all`. What they don't set keeps its default. */
export type GivenSettings = ReadonlyMap<
  string,
  { readonly level: EnforcementLevel | undefined; readonly properties: PolicySetting["properties"] }
>;

/** The name of a setting for all policies. */
const ALL = "all";

/**
 * The settings of a pack's policies by name: the policy's own level and defaults, overridden by the pack's settings, overridden by
 * the given ones.
 *
 * @throws UserError when a setting doesn't match its policy's schema
 */
export function settingsOf(
  info: AnalyzerInfo,
  given: GivenSettings = new Map(),
): ReadonlyMap<string, PolicySetting> {
  const policies = info.getPoliciesList();
  const layers = [ofPack(info), given];
  const settings = new Map(
    policies.map((policy) => [policy.getName(), layers.reduce(over(policy.getName()), ownSetting(policy))]),
  );
  const mistakes = [
    ...policies.flatMap((policy) => mistakesIn(policy, settings.get(policy.getName()))),
    ...valuesOfNone(given, settings).map((name) => `  ${name}: the pack has no policy of this name`),
  ];
  if (mistakes.length === 0) return settings;
  throw new UserError(
    `The configuration of the policy pack ${info.getName()} is invalid:\n${mistakes.join("\n")}`,
    { remedy: "Correct the configuration, or the policies' configSchema." },
  );
}

/** The pack's own settings. Values without a level set the level to advisory, which is the protocol's default. */
function ofPack(info: AnalyzerInfo): GivenSettings {
  const settings = [...info.getInitialconfigMap().entries()].map(
    ([policy, config]) =>
      [
        policy,
        { level: config.getEnforcementlevel(), properties: config.getProperties()?.toJavaScript() ?? {} },
      ] as const,
  );
  return new Map(settings);
}

function over(policy: string): (setting: PolicySetting, layer: GivenSettings) => PolicySetting {
  return (setting, layer) => {
    const own = layer.get(policy);
    return {
      level: own?.level ?? layer.get(ALL)?.level ?? setting.level,
      properties: { ...setting.properties, ...own?.properties },
    };
  };
}

function ownSetting(policy: PolicyInfo): PolicySetting {
  return { level: policy.getEnforcementlevel(), properties: defaultsOf(policy) };
}

function defaultsOf(policy: PolicyInfo): PolicySetting["properties"] {
  const properties = policy.getConfigschema()?.getProperties()?.toJavaScript() ?? {};
  return Object.fromEntries(
    Object.entries(properties).flatMap(([key, schema]) =>
      schema instanceof Object && "default" in schema && schema.default !== undefined
        ? [[key, schema.default] as const]
        : [],
    ),
  );
}

/**
 * Names of unknown policies with values, which must be a mistake. A level for an unknown policy is allowed, because one file may be
 * for several packs.
 */
function valuesOfNone(given: GivenSettings, settings: ReadonlyMap<string, PolicySetting>): readonly string[] {
  return [...given].flatMap(([name, { level, properties }]) =>
    !settings.has(name) && level === undefined && Object.keys(properties).length > 0 ? [name] : [],
  );
}

function mistakesIn(policy: PolicyInfo, setting: PolicySetting | undefined): readonly string[] {
  const schema = policy.getConfigschema();
  if (schema === undefined || setting === undefined) return [];
  const shape = z.fromJSONSchema({
    type: "object",
    properties: (schema.getProperties()?.toJavaScript() ?? {}) as Record<string, never>,
    required: schema.getRequiredList(),
  });
  const issues = shape.safeParse(setting.properties).error?.issues ?? [];
  return issues.map(({ path, message }) => `  ${[policy.getName(), ...path].join(".")}: ${message}`);
}

import type { AnalyzerInfo, EnforcementLevel, PolicyInfo } from "@pulumi/pulumi/proto/analyzer_pb.js";
import { UserError } from "@tenantry/core/errors";
import type { JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb.js";
import * as z from "zod";

/** How a policy is set: how much it weighs, and the values of what can be set about it. */
export interface PolicySetting {
  readonly level: EnforcementLevel;
  readonly properties: Readonly<Record<string, JavaScriptValue>>;
}

/** What somebody sets, by policy or `all`: what is not set stays as it is. */
export type GivenSettings = ReadonlyMap<
  string,
  { readonly level: EnforcementLevel | undefined; readonly properties: PolicySetting["properties"] }
>;

/** A setting under this name is of all policies. */
const ALL = "all";

/**
 * How a pack's policies are set, by their names: by their own levels and defaults, over those by the pack, and over both as
 * is given.
 *
 * @throws UserError when a setting is not what its policy takes
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
    `The policy pack ${info.getName()} is set in a way its policies don't take:\n${mistakes.join("\n")}`,
    { remedy: "Mend what its policies are given, or what they take (configSchema)." },
  );
}

/** What the pack itself sets. Values without a level set the level to advisory: over the wire no level is that one. */
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

/** A level for a policy that isn't there does no harm: one file may be for several packs. Its values can't be right. */
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

import * as z from "zod";
import { isGone } from "../../supabase/client.ts";
import { defineInside, stateOfProject } from "../inside.ts";
import { apiGroup, apiSettings } from "./settings/api.ts";
import { authGroup, authSettings } from "./settings/auth.ts";
import { present } from "./settings/group.ts";
import { networkGroup, networkSettings } from "./settings/network.ts";
import { sslGroup, sslSettings } from "./settings/ssl.ts";
import { thirdPartyAuthGroup, thirdPartyAuthSettings } from "./settings/third-party-auth.ts";

const settingsInputs = z.strictObject({
  project: z.string().describe("The ref of the Supabase project."),
  state: stateOfProject,
  api: apiSettings.optional(),
  auth: authSettings.optional(),
  network: networkSettings.optional(),
  ssl: sslSettings.optional(),
  thirdPartyAuth: thirdPartyAuthSettings.optional(),
});

const settingsOutputs = z.strictObject({});

/** @see https://supabase.com/docs/reference/api */
export const settings = defineInside({
  type: "supabase:Settings",
  description:
    "Settings of a project's services. What is absent is not managed and stays as it is; `[]` is managed and empty. Removing this resource changes nothing at the project.",
  inputs: settingsInputs,
  outputs: settingsOutputs,
  replaceOn: ["project"],
  stable: [],

  validate: (inputs) =>
    (inputs.thirdPartyAuth ?? []).flatMap((each, index) =>
      (each.issuer === undefined) === (each.jwksUrl === undefined)
        ? [{ property: `thirdPartyAuth[${index}]`, reason: "expected exactly one of issuer and jwksUrl" }]
        : [],
    ),

  async observe(context, prior) {
    const { inputs } = prior;
    const ref = inputs.project;
    try {
      const [api, auth, network, ssl, thirdPartyAuth] = await Promise.all([
        inputs.api && apiGroup.observe(context, ref, inputs.api),
        inputs.auth && authGroup.observe(context, ref, inputs.auth),
        inputs.network && networkGroup.observe(context, ref, inputs.network),
        inputs.ssl && sslGroup.observe(context, ref, inputs.ssl),
        inputs.thirdPartyAuth && thirdPartyAuthGroup.observe(context, ref, inputs.thirdPartyAuth),
      ]);
      return { inputs: present({ project: ref, api, auth, network, ssl, thirdPartyAuth }), outputs: {} };
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    }
  },

  async ensure(context, inputs, prior) {
    const ref = inputs.project;
    const isNew = prior === undefined;
    const was = prior?.inputs;
    const failures: unknown[] = [];
    // Each whatever becomes of the others: one of them may close a door.
    const groups: readonly (() => Promise<void> | undefined)[] = [
      () => inputs.api && apiGroup.ensure(context, ref, inputs.api, isNew, was?.api),
      () => inputs.auth && authGroup.ensure(context, ref, inputs.auth, isNew, was?.auth),
      () =>
        inputs.thirdPartyAuth &&
        thirdPartyAuthGroup.ensure(context, ref, inputs.thirdPartyAuth, isNew, was?.thirdPartyAuth),
      () => inputs.network && networkGroup.ensure(context, ref, inputs.network, isNew, was?.network),
      () => inputs.ssl && sslGroup.ensure(context, ref, inputs.ssl, isNew, was?.ssl),
    ];
    for (const ensureGroup of groups) await ensureGroup()?.catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
    return { id: ref, outputs: {} };
  },

  remove: async () => {},
});

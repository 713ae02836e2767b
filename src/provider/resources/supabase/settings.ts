import * as z from "zod";
import type { Context } from "../../../vendors/connections.ts";
import { isGone } from "../../../vendors/supabase/client.ts";
import { defineProjectScoped, stateOfProject } from "../../project-scoped.ts";
import { apiGroup, apiSettings } from "./settings/api.ts";
import { authGroup, authSettings } from "./settings/auth.ts";
import { isEmpty, present } from "./settings/group.ts";
import { networkGroup, networkSettings } from "./settings/network.ts";
import { realtimeGroup, realtimeSettings } from "./settings/realtime.ts";
import { closeSignInSettings, openSignInSettings } from "./settings/sign-in.ts";
import { sslGroup, sslSettings } from "./settings/ssl.ts";
import { storageGroup, storageSettings } from "./settings/storage.ts";
import { thirdPartyAuthGroup, thirdPartyAuthSettings } from "./settings/third-party-auth.ts";

const settingsInputs = z.strictObject({
  project: z.string().describe("The ref of the Supabase project."),
  state: stateOfProject,
  api: apiSettings.optional(),
  auth: authSettings.optional(),
  network: networkSettings.optional(),
  ssl: sslSettings.optional(),
  thirdPartyAuth: thirdPartyAuthSettings.optional(),
  realtime: realtimeSettings.optional(),
  storage: storageSettings.optional(),
  drift: z
    .record(z.string(), z.string())
    .optional()
    .describe(
      "Set by a refresh only: undeclared settings of the auth service that let people sign in. The next update resets them.",
    ),
});

type Inputs = z.infer<typeof settingsInputs>;

const settingsOutputs = z.strictObject({});

/** @see https://supabase.com/docs/reference/api */
export const settings = defineProjectScoped({
  type: "supabase:Settings",
  description:
    "The settings of a project's services. Absent settings aren't managed and stay unchanged; `[]` is managed and empty. Removing the resource leaves the settings unchanged.",
  inputs: settingsInputs,
  outputs: settingsOutputs,
  replaceOn: ["project"],
  stable: [],

  validate: ({ thirdPartyAuth = [], drift }) => [
    ...thirdPartyAuth.flatMap((each, index) =>
      (each.issuer === undefined) === (each.jwksUrl === undefined)
        ? [{ property: `thirdPartyAuth[${index}]`, reason: "expected exactly one of issuer and jwksUrl" }]
        : [],
    ),
    ...(drift === undefined
      ? []
      : [{ property: "drift", reason: "is set by a refresh and can't be declared" }]),
  ],

  async observe(context, prior) {
    const { inputs } = prior;
    const ref = inputs.project;
    try {
      const found = await observeSettings(context, inputs);
      return { inputs: present({ project: ref, ...found }), outputs: {} };
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    }
  },

  async ensure(context, inputs, prior) {
    const ref = inputs.project;
    const isNew = prior === undefined;
    const was = prior?.inputs;
    const { api, auth, thirdPartyAuth, realtime, network, storage, ssl } = inputs;
    await each([
      async () => api && apiGroup.ensure(context, ref, api, isNew, was?.api),
      async () =>
        thirdPartyAuth &&
        thirdPartyAuthGroup.ensure(context, ref, thirdPartyAuth, isNew, was?.thirdPartyAuth),
      async () => auth && authGroup.ensure(context, ref, auth, isNew, was?.auth),
      async () => auth && was?.drift && closeSignInSettings(context, ref, Object.keys(was.drift), auth),
      async () => network && networkGroup.ensure(context, ref, network, isNew, was?.network),
      async () => realtime && realtimeGroup.ensure(context, ref, realtime, isNew, was?.realtime),
      async () => storage && storageGroup.ensure(context, ref, storage, isNew, was?.storage),
      // Last: a change restarts the database.
      async () => ssl && sslGroup.ensure(context, ref, ssl, isNew, was?.ssl),
    ]);
    return { id: ref, outputs: {} };
  },

  remove: async () => {},
});

/** The live values of the declared settings, and the undeclared settings that let people sign in. */
export async function observeSettings(
  context: Context,
  declared: Inputs,
): Promise<Omit<Inputs, "project" | "state">> {
  const ref = declared.project;
  const [api, auth, network, ssl, thirdPartyAuth, realtime, storage, open] = await Promise.all([
    declared.api && apiGroup.observe(context, ref, declared.api),
    declared.auth && authGroup.observe(context, ref, declared.auth),
    declared.network && networkGroup.observe(context, ref, declared.network),
    declared.ssl && sslGroup.observe(context, ref, declared.ssl),
    declared.thirdPartyAuth && thirdPartyAuthGroup.observe(context, ref, declared.thirdPartyAuth),
    declared.realtime && realtimeGroup.observe(context, ref, declared.realtime),
    declared.storage && storageGroup.observe(context, ref, declared.storage),
    declared.auth && openSignInSettings(context, ref, declared.auth),
  ]);
  const drift = open === undefined || isEmpty(open) ? undefined : open;
  return present({ api, auth, network, ssl, thirdPartyAuth, realtime, storage, drift });
}

/** Runs steps one by one. A failure doesn't stop the others. @throws the first failure, after all were tried */
async function each(steps: readonly (() => Promise<unknown>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const step of steps)
    await step().catch((error: unknown) => {
      failures.push(error);
    });
  if (failures.length > 0) throw failures[0];
}

import type { Command } from "commander";
import type { Delivery } from "../../access/deliver.ts";
import type { LoadedSelection } from "../../fleet/load.ts";
import { count } from "../../shared/format.ts";
import type { Context } from "../../vendors/connections.ts";
import { addJsonOption, addSandboxOption, type JsonOption, type SandboxOption, TARGETS } from "../options.ts";
import type { Session } from "../session.ts";
import { loadSoundPlatforms, withVendors } from "./vendors.ts";

type PlatformDelivery = Delivery & { readonly platform: string };

/** The output of `tenantry access --json`. */
interface AccessDocument {
  /** True if no delivery failed and no manifest has errors: every database that could be reached has the control plane's access list. */
  readonly ok: boolean;
  readonly workspaces: readonly PlatformDelivery[];
}

interface AccessOptions extends JsonOption, SandboxOption {
  readonly watch?: boolean;
}

export function addAccess(program: Command, session: Session): void {
  const command = program
    .command("access")
    .description("Deliver the control plane's access list to every workspace database, once or continuously")
    .argument("[targets...]", `Platforms: ${TARGETS}`)
    .option(
      "--watch",
      "Deliver each change immediately, and renew the leases of all workspaces, until Ctrl-C",
    );
  addSandboxOption(addJsonOption(command)).action((targets: string[], options: AccessOptions) =>
    access(session, targets, options),
  );
}

async function access(session: Session, targets: readonly string[], options: AccessOptions): Promise<void> {
  const { loaded, ok, hasWork } = loadSoundPlatforms(
    session,
    targets,
    "nothing is delivered on a platform with errors",
  );
  if (!hasWork) return;
  await withVendors(session, loaded, options.sandbox, (context) =>
    options.watch === true
      ? watch(session, loaded, context)
      : deliverOnce(session, loaded, context, options, ok),
  );
}

async function deliverOnce(
  session: Session,
  loaded: readonly LoadedSelection[],
  context: Context,
  options: AccessOptions,
  isSound: boolean,
): Promise<void> {
  const { deliverAll } = await import("../../access/delivery-worker.ts");
  const { openDeliveryContext } = await import("../../access/delivery-context.ts");
  const workspaces: PlatformDelivery[] = [];
  for (const { platform, platformModel } of loaded) {
    if (platformModel === undefined) continue;
    const deliveryContext = await openDeliveryContext(context, platformModel);
    // A single delivery must not start a lease: no process would renew it, and the workspace would close.
    const once =
      platformModel.staysOpen === null ? deliveryContext : { ...deliveryContext, leaseSeconds: null };
    workspaces.push(...(await deliverAll(once)).map((each) => ({ platform, ...each })));
  }
  const ok = isSound && workspaces.every(({ outcome }) => outcome !== "failed");
  session.exitCode = ok ? 0 : 1;
  if (options.json === true) session.printJson({ ok, workspaces } satisfies AccessDocument);
  else for (const line of linesOf(workspaces)) session.print(line);
}

function linesOf(workspaces: readonly PlatformDelivery[]): string[] {
  const delivered = workspaces.filter(({ outcome }) => outcome === "delivered").length;
  const others = workspaces.flatMap(({ platform, workspace, outcome, reason }) =>
    outcome === "delivered" ? [] : [`${platform}/${workspace}: ${outcome}: ${reason}`],
  );
  return [`${delivered} of ${count(workspaces.length, "workspace")} delivered`, ...others];
}

async function watch(session: Session, loaded: readonly LoadedSelection[], context: Context): Promise<void> {
  const { runDeliveryWorker } = await import("../../access/delivery-worker.ts");
  const { openDeliveryContext } = await import("../../access/delivery-context.ts");
  const { withLease } = await import("../../access/lease.ts");
  const platforms = loaded.flatMap(({ platformModel }) => platformModel ?? []);
  const { signal } = context;
  const reaches = await Promise.all(
    platforms.map(async (platform) => withLease(await openDeliveryContext(context, platform), platform)),
  );
  session.print(`watching ${count(platforms.length, "platform")}`);
  const log = (line: string) => session.log(line);
  await Promise.all(reaches.map((deliveryContext) => runDeliveryWorker(deliveryContext, { signal, log })));
}

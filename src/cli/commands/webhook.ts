import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { ServerType } from "@hono/node-server";
import { UserError } from "@tenantry/core/errors";
import { Secret } from "@tenantry/core/secret";
import { type Command, InvalidArgumentError } from "commander";
import { findTargets } from "../../fleet/targets.ts";
import type { PlatformModel } from "../../model/model.ts";
import { untilAborted } from "../interrupt.ts";
import { addSandboxOption, type SandboxOption, TARGETS } from "../options.ts";
import type { Session } from "../session.ts";
import { type OpenPlatforms, withPlatforms } from "./platforms.ts";

interface WebhookOptions extends SandboxOption {
  readonly port: number;
  readonly host: string;
}

const SECRETS_VARIABLE = "STRIPE_WEBHOOK_SECRET";

export function addWebhook(program: Command, session: Session): void {
  const command = program
    .command("webhook")
    .description(
      "Receive Stripe events at POST /stripe, apply them to a platform's control plane, and deliver each change of access to the workspaces, until Ctrl-C",
    )
    .argument("[targets...]", `One platform: ${TARGETS}`)
    .option("--port <n>", "Port to listen on; 0 for any free port", portNumber, 4242)
    .option("--host <address>", "Address to listen on; 0.0.0.0 for all interfaces", "127.0.0.1");
  addSandboxOption(command).action((targets: string[], options: WebhookOptions) =>
    webhook(session, targets, options),
  );
}

async function webhook(session: Session, targets: readonly string[], options: WebhookOptions): Promise<void> {
  expectOnePlatform(findTargets(targets, session.io).length);
  await withPlatforms(session, targets, options.sandbox, async (open, signal) => {
    const [platform] = open.platforms;
    if (platform === undefined) return;
    // These modules load slowly, and no other command needs them.
    const [{ serve }, { webhookApp }, { openBillingContext }] = await Promise.all([
      import("@hono/node-server"),
      import("../../billing/webhook/app.ts"),
      import("../../billing/billing-context.ts"),
    ]);
    const app = webhookApp({
      billing: await openBillingContext(open.context, platform),
      secrets: secretsIn(session.io.env[SECRETS_VARIABLE]),
      log: (line) => session.log(line),
    });
    const server = serve({ fetch: app.fetch, port: options.port, hostname: options.host });
    try {
      await once(server, "listening").catch((error: NodeJS.ErrnoException) => {
        throw notListening(error, options);
      });
      const { address, port } = server.address() as AddressInfo;
      session.print(`http://${address}:${port}/stripe`);
      await Promise.all([keepAccessOf(session, open, signal), untilAborted(signal)]);
    } finally {
      await closed(server);
    }
  });
}

/** Delivers changes of access on all open platforms. */
async function keepAccessOf(
  session: Session,
  { context, platforms }: OpenPlatforms,
  signal: AbortSignal,
): Promise<void> {
  const { runDeliveryWorker } = await import("../../access/delivery-worker.ts");
  const { openDeliveryContext } = await import("../../access/delivery-context.ts");
  const { withLease } = await import("../../access/lease.ts");
  const log = (line: string) => session.log(line);
  const keep = async (platform: PlatformModel) =>
    runDeliveryWorker(withLease(await openDeliveryContext(context, platform), platform), { signal, log });
  await Promise.all(platforms.map(keep));
}

function notListening(error: NodeJS.ErrnoException, { host, port }: WebhookOptions): unknown {
  if (error.code === undefined) return error;
  const why = error.code === "EADDRINUSE" ? "another program listens on it" : error.message;
  return new UserError(`Port ${port} of ${host} can't be opened: ${why}`, {
    remedy:
      "Choose another port or address: --port <n>, --host <address>. With --port 0, the system chooses a free port.",
    cause: error,
  });
}

function expectOnePlatform(selected: number): void {
  if (selected === 1) return;
  throw new UserError(`tenantry webhook serves one platform, but ${selected} were selected.`, {
    remedy: "Name its folder, such as stacks/agntdata, and start one server for each platform.",
  });
}

/** Accepts several secrets, because two endpoints send events while one replaces the other. */
function secretsIn(value: string | undefined): Secret[] {
  const secrets = (value ?? "").split(",").map((secret) => secret.trim());
  if (secrets.every((secret) => secret.startsWith("whsec_"))) return secrets.map((each) => new Secret(each));
  throw new UserError(`${SECRETS_VARIABLE} isn't set to a webhook endpoint's signing secret (whsec_…).`, {
    remedy: `Set it to the value from tenantry outputs <platform>.platform --show-secrets. Separate several with commas.`,
  });
}

/** An interrupted event is rolled back, and Stripe sends it again. */
function closed(server: ServerType): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

function portNumber(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 0 || number > 65_535)
    throw new InvalidArgumentError("Expected a whole number from 0 to 65535.");
  return number;
}

import { messageOf, UserError } from "@tenantry/core/errors";
import type { Events } from "./events.ts";
import type { Flow } from "./flow.ts";
import { RpcError } from "./grpc.ts";
import { RegistrationError } from "./registration-error.ts";
import { ShownFailure } from "./shown-failure.ts";

/** Reports an error of a run, unless it was reported already. */
export function reportFailure(error: unknown, events: Events, flow: Pick<Flow, "ended">): void {
  if (error instanceof ShownFailure) return;
  // A request that was refused because of an earlier failure isn't another failure.
  if (error instanceof RpcError && flow.ended) return;
  const urn = error instanceof RegistrationError ? error.urn : undefined;
  const remedy = error instanceof UserError ? `\n${error.remedy}` : "";
  events.diagnostic("error", `${messageOf(error)}${remedy}`, urn);
}

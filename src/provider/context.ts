import type Stripe from "stripe";
import type { Secret } from "../core/secret.ts";
import type { Database } from "../postgres/database.ts";
import type { Supabase } from "../supabase/client.ts";

/** What a resource may reach. Tokens are inside the clients; nothing here can be printed into a secret. */
export interface Context {
  readonly supabase: Supabase;
  readonly stripe: Stripe;
  /** The control plane of a platform, found by its project's name, through its session pooler. Pooled per provider. */
  controlPlane(project: { readonly organization: string; readonly name: string }): Promise<Database>;
  /** From `TENANTRY_SECRET_ROOT`. Passwords and keys are HMACs of it (src/core/derive.ts). */
  readonly root: Secret;
  /** Aborted when the engine cancels. */
  readonly signal: AbortSignal;
  /** A line for the person who watches the run. */
  status(message: string): void;
}

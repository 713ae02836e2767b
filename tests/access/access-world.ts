import pg from "pg";
import { databaseDefinition } from "../../infra/database.ts";
import type { DeliveryContext } from "../../src/access/deliver.ts";
import { openDeliveryContext } from "../../src/access/delivery-context.ts";
import { deliverAll } from "../../src/access/delivery-worker.ts";
import { organization } from "../../src/provider/resources/control-plane/organization.ts";
import { workspace } from "../../src/provider/resources/control-plane/workspace.ts";
import { access } from "../../src/provider/resources/postgres/access.ts";
import { rowSecurity } from "../../src/provider/resources/postgres/row-security.ts";
import { stableId } from "../../src/shared/ids.ts";
import { Life } from "../provider/life.ts";
import { type Live, startLive } from "../provider/live.ts";
import {
  controlPlaneOf,
  organizationOf,
  withCatalogue,
  withTables,
  workspaceOf,
} from "../provider/resources/control-plane/control-plane.ts";

const ORGANIZATION = stableId("shop/acme");
export const OWNER = "ada@acme.example";

export const WORKSPACE = stableId("shop/acme/production");

/** The platform, as `tenantry access` reads it. */
export const PLATFORM = `apiVersion: tenantry/v1
kind: Platform
name: shop
currency: usd
supabase: { organization: demo, region: us-east-1 }
plans:
  build: { price: { monthly: 0 }, entitlements: { workspaces: 3 } }
defaultPlan: build
security: { network: { allow: [198.51.100.0/24] } }
`;

/** A control plane and the database of one of its workspaces, with row security, and people with valid tokens. */
export class AccessWorld {
  readonly live: Live;
  /** The refs of the two projects. */
  readonly center: string;
  readonly project: string;
  readonly issuer: string;
  readonly #workspace: pg.Client;
  readonly #center: pg.Client;

  private constructor(live: Live, center: string, project: string) {
    this.live = live;
    this.center = center;
    this.project = project;
    this.issuer = `https://${center}.supabase.co/auth/v1`;
    this.#workspace = new pg.Client(live.sandbox.databaseUrl(project));
    this.#center = new pg.Client(live.sandbox.databaseUrl(center));
  }

  static async open(): Promise<AccessWorld> {
    const live = await startLive();
    const center = await withCatalogue(live, "shop");
    const project = await withTables(live, "production", "workspace");
    const { access: roles, rowSecurity: rows } = databaseDefinition("workspace");
    await new Life(access, live.context()).up({ project, ...roles });
    await new Life(rowSecurity, live.context()).up({ project, ...rows });
    const shop = organizationOf("shop");
    const seats = { ...shop.limits, seats: 500 };
    await new Life(organization, live.context()).up({ ...shop, limits: seats, overrides: { seats: 500 } });
    await new Life(workspace, live.context()).up({
      ...workspaceOf("shop"),
      projectRef: project,
      access: { [OWNER]: { role: "owner" } },
    });
    const world = new AccessWorld(live, center, project);
    await Promise.all([world.#workspace.connect(), world.#center.connect()]);
    await world.signUp(OWNER);
    await deliverAll(await world.reach());
    return world;
  }

  async close(): Promise<void> {
    await Promise.all([this.#workspace.end(), this.#center.end()]);
    await this.live.stop();
  }

  /** Opens both databases like a separate process. */
  reach(): Promise<DeliveryContext> {
    return openDeliveryContext(this.live.context()("write"), { project: controlPlaneOf("shop") });
  }

  /** Runs SQL as the superuser in the control plane. */
  async ask(text: string, values: readonly unknown[] = []): Promise<Record<string, unknown>[]> {
    return (await this.#center.query(text, [...values])).rows as Record<string, unknown>[];
  }

  /** Runs SQL as the superuser in the workspace's database. */
  async askWorkspace(text: string): Promise<Record<string, unknown>[]> {
    return (await this.#workspace.query(text)).rows as Record<string, unknown>[];
  }

  async signUp(email: string): Promise<void> {
    await this.ask("insert into auth.users (id, email, email_confirmed_at) values ($1, $2, now())", [
      stableId(email),
      email,
    ]);
  }

  /** Calls a function of the product as a person. Rejects if it fails. */
  async act(email: string, call: string): Promise<void> {
    await this.ask("begin");
    try {
      await this.ask("select set_config('request.jwt.claims', $1, true)", [
        JSON.stringify(this.#claims(email)),
      ]);
      await this.ask(`select private.${call}`);
      await this.ask("commit");
    } catch (error) {
      await this.ask("rollback");
      throw error;
    }
  }

  /** Signs up and accepts an invitation; `member` with a grant of the workspace. */
  async join(email: string, role: "admin" | "member"): Promise<void> {
    await this.signUp(email);
    await this.invite(email, role);
    await this.accept(email);
  }

  async invite(email: string, role: "admin" | "member"): Promise<void> {
    // Reset the daily limit: an organization without a paid plan can send 20 invitations a day.
    await this.ask("delete from private.invitation_days");
    const workspaces = role === "member" ? ", '{production}'" : ", '{}'";
    await this.act(OWNER, `invite('${ORGANIZATION}', '${email}', '${role}'${workspaces}, current_date + 7)`);
  }

  /** Lets an invitation expire. */
  async expire(email: string): Promise<void> {
    await this.ask("update public.invitations set expires_on = current_date - 1 where email = $1", [email]);
  }

  accept(email: string): Promise<void> {
    return this.act(email, `accept_invitation('${ORGANIZATION}')`);
  }

  remove(email: string): Promise<void> {
    return this.act(OWNER, `remove_member('${ORGANIZATION}', '${email}')`);
  }

  changeRole(email: string, role: "admin" | "member"): Promise<void> {
    return this.act(OWNER, `change_role('${ORGANIZATION}', '${email}', '${role}')`);
  }

  /** Changes an address like the auth service after verification. The token with the old address stays valid. */
  async changeAddress(email: string, to: string): Promise<void> {
    await this.ask("update auth.users set email = $1 where id = $2", [to, stableId(email)]);
  }

  /**
   * The workspace's response to a token that the account got earlier: `in`, or the SQLSTATE of the refusal.
   * A token is valid for an hour.
   */
  async enters(email: string, role = "authenticated"): Promise<string> {
    await this.#workspace.query("begin");
    try {
      await this.#workspace.query(`set local role ${role}`);
      await this.#workspace.query("select set_config('request.jwt.claims', $1, true)", [
        JSON.stringify({ ...this.#claims(email), role }),
      ]);
      await this.#workspace.query("select private.check_request()");
      await this.#workspace.query(
        role === "authenticated" ? "select public.claim_membership()" : "select from public.chats",
      );
      return "in";
    } catch (error) {
      if (error instanceof pg.DatabaseError && error.code !== undefined) return error.code;
      throw error;
    } finally {
      await this.#workspace.query("rollback");
    }
  }

  /** The members in the workspace's database and in the control plane, as `email role account`. */
  async bothAnswers(): Promise<{ wanted: unknown[]; found: unknown[] }> {
    const columns = "email, role, user_id, managed_by";
    return {
      wanted: await this.ask(`select ${columns} from private.workspace_access order by email`),
      found: await this.askWorkspace(`select ${columns} from public.workspace_members order by email`),
    };
  }

  #claims(email: string) {
    const exp = Math.floor(Date.now() / 1000) + 3600;
    return {
      iss: this.issuer,
      sub: stableId(email),
      email,
      aud: "authenticated",
      role: "authenticated",
      exp,
    };
  }
}

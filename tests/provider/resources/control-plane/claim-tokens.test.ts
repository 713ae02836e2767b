import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { claimTokens } from "../../../../src/provider/resources/control-plane/claim-tokens.ts";
import { organization } from "../../../../src/provider/resources/control-plane/organization.ts";
import { workspace } from "../../../../src/provider/resources/control-plane/workspace.ts";
import { stableId } from "../../../../src/shared/ids.ts";
import { Life } from "../../life.ts";
import { type Live, startLive } from "../../live.ts";
import { controlPlaneOf, organizationOf, withCatalogue, workspaceOf } from "./control-plane.ts";

let live: Live;
let project: string;

beforeAll(async () => {
  live = await startLive();
  project = await withCatalogue(live, "doors");
  await new Life(organization, live.context()).up({
    ...organizationOf("doors"),
    limits: { seats: 9, perWorkspaceAccess: true },
  });
  await new Life(workspace, live.context()).up(workspaceOf("doors"));
});
afterAll(() => live.stop());

type Token = { role: "admin" | "member"; workspace?: string; email?: string; expires: string };

function declare(tokens: Record<string, Token>) {
  return {
    controlPlane: controlPlaneOf("doors"),
    organization: stableId("doors/acme"),
    tokens,
  };
}

/** Somebody with a verified address claims it; gives the role, or undefined when there is nothing to claim. */
async function claim(token: string, email: string): Promise<string | undefined> {
  const id = stableId(email);
  await live.sql(
    project,
    `insert into auth.users (id, email, email_confirmed_at) values ('${id}', '${email}', now()) on conflict do nothing`,
  );
  const iss = `https://${project}.supabase.co/auth/v1`;
  const claims = JSON.stringify({ iss, sub: id, email, email_verified: true, role: "authenticated" });
  try {
    const [row] = await live.sql(
      project,
      `select set_config('request.jwt.claims', '${claims}', false); select role from private.claim('${token}')`,
    );
    return String(row?.role);
  } catch (error) {
    if ((error as { code?: string }).code === "PT404") return undefined;
    throw error;
  }
}

const MEMBER: Token = { role: "member", expires: "2999-12-31" };

describe("control-plane:ClaimTokens", () => {
  test("a token lets in one, once, and is spent for good", async () => {
    const life = new Life(claimTokens, live.context());
    const intoProduction = { ...MEMBER, workspace: stableId("doors/acme/production") };
    await life.up(declare({ door: intoProduction }));
    const token = life.outputs.values.door?.reveal() ?? "";
    expect(token).toMatch(/^tnc_[\w-]{43}$/);
    expect(await life.refresh()).toEqual([]);

    expect(await claim(token, "bo@acme.example")).toBe("member");
    expect(await claim(token, "late@acme.example")).toBeUndefined();
    const entered =
      "select name from public.workspaces join public.workspace_members m on m.workspace_id = id";
    expect(await live.sql(project, `${entered} where m.email = 'bo@acme.example'`)).toEqual([
      { name: "production" },
    ]);

    expect(await life.refresh()).toEqual([]);
    expect(life.outputs.values).toEqual({});
    await life.up(declare({ door: { ...intoProduction, expires: "2999-01-01" } }));
    expect(life.outputs).toMatchObject({ values: {}, claimed: { door: expect.stringMatching(/^\d{4}-/) } });
    expect(await life.refresh()).toEqual([]);
    await life.up(declare({}));
    expect(
      await live.sql(project, "select name from public.claim_tokens where claimed_at is not null"),
    ).toEqual([{ name: "door" }]);
    expect(await life.refresh()).toEqual([]);
  });

  test("a claimed one that left the YAML is no drift, whatever it was called", async () => {
    const life = new Life(claimTokens, live.context());
    await life.up(declare({ constructor: MEMBER }));
    expect(await claim(Object.values(life.outputs.values)[0]?.reveal() ?? "", "ed@acme.example")).toBe(
      "member",
    );
    await life.up(declare({}));
    expect(await life.refresh()).toEqual([]);
  });

  test("one that leaves the YAML is void at once, and one for an address is that address's", async () => {
    const life = new Life(claimTokens, live.context());
    const kept = { ...MEMBER, email: "cy@acme.example" };
    await life.up(declare({ gone: MEMBER, kept }));
    const tokens = life.outputs.values;
    await life.up(declare({ kept }));
    expect(await claim(tokens.gone?.reveal() ?? "", "di@acme.example")).toBeUndefined();
    expect(await claim(tokens.kept?.reveal() ?? "", "di@acme.example")).toBeUndefined();
    expect(await claim(tokens.kept?.reveal() ?? "", "cy@acme.example")).toBe("member");
  });

  test("a run that lost its state makes the same, and no row holds a token", async () => {
    const life = new Life(claimTokens, live.context());
    await life.up(declare({ again: MEMBER }));
    const token = life.outputs.values.again?.reveal() ?? "";
    life.forget();
    await life.up(declare({ again: MEMBER }));
    expect(life.outputs.values.again?.reveal()).toBe(token);
    const [dump] = await live.sql(
      project,
      `select string_agg(to_jsonb(t)::text || encode(h.sha256, 'escape'), ',') as text
       from public.claim_tokens t join private.claim_token_hashes h on claim_token_id = id`,
    );
    expect(dump?.text).toContain("again");
    expect(dump?.text).not.toContain(token.slice(8));
  });

  test.each([
    [
      "an expiry that was put off",
      "update public.claim_tokens set expires_at = '3999-01-01' where name = 'drift'",
      "tokens/drift/expires",
    ],
    [
      "a role that was raised",
      "update public.claim_tokens set role = 'admin' where name = 'drift'",
      "tokens/drift/role",
    ],
    [
      "a hash that was changed",
      `update private.claim_token_hashes set sha256 = sha256('evil')
       where claim_token_id = (select id from public.claim_tokens where name = 'drift')`,
      "tokens/drift",
    ],
  ])("sees %s as drift, and mends it", async (_, change, path) => {
    const life = new Life(claimTokens, live.context());
    await life.up(declare({ drift: MEMBER }));
    await live.sql(project, change);
    expect(await life.refresh()).toEqual([path]);
    await life.up(declare({ drift: MEMBER }));
    expect(await life.refresh()).toEqual([]);
  });

  test("removing it leaves the tokens to the guard, which knows whether the manifest only leaves them out", async () => {
    const life = new Life(claimTokens, live.context());
    await life.up(declare({ last: MEMBER }));
    await life.remove();
    await life.remove();
    expect(await live.sql(project, "select name from public.claim_tokens where claimed_at is null")).toEqual([
      { name: "last" },
    ]);
  });
});

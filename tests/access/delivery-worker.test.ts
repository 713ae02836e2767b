import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { postpone, takeAccessList } from "../../src/access/access-list.ts";
import { tryToDeliver } from "../../src/access/deliver.ts";
import { deliverChanges, runDeliveryWorker } from "../../src/access/delivery-worker.ts";
import { withLease } from "../../src/access/lease.ts";
import { folderWith } from "../cli/command-line.ts";
import { AccessWorld, OWNER, PLATFORM, WORKSPACE } from "./access-world.ts";

const REFUSED = "42501";
const CLOSED = "PT503";

const LEASE = { staysOpen: null };
/** Longer than a test, so that only notifications wake the process. */
const NEVER = 3_600_000;

let world: AccessWorld;
const stopping: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  world = await AccessWorld.open();
});
afterAll(() => world.close());
afterEach(async () => {
  world.live.sandbox.setFaults([]);
  world.live.sandbox.release();
  await Promise.all(stopping.splice(0).map((stop) => stop()));
  await world.askWorkspace("update private.settings set access_lease_seconds = null");
});

/** Runs `keepAccess` in this process. */
async function keep(pollMilliseconds = NEVER, log: (line: string) => void = () => {}) {
  const ending = new AbortController();
  const reach = withLease(await world.reach(), LEASE);
  const kept = runDeliveryWorker(reach, { signal: ending.signal, log, pollMilliseconds });
  stopping.push(async () => {
    ending.abort();
    await kept;
  });
}

const untilIn = (email: string) => expect.poll(() => world.enters(email)).toBe("in");
const untilRefused = (email: string) => expect.poll(() => world.enters(email)).toBe(REFUSED);

const CHANGES: readonly (readonly [
  change: string,
  role: "admin" | "member",
  act: (email: string) => Promise<unknown>,
])[] = [
  ["is removed", "member", (email) => world.remove(email)],
  ["is removed as an admin", "admin", (email) => world.remove(email)],
  ["moves to another address", "member", (email) => world.changeAddress(email, `moved-${email}`)],
  ["loses the role with access to every workspace", "admin", (email) => world.changeRole(email, "member")],
  [
    "loses the grant of the workspace",
    "member",
    (email) => world.act(OWNER, `revoke_workspace('${WORKSPACE}', '${email}')`),
  ],
];

describe("a process that is woken only by notifications", () => {
  it.each(CHANGES)("refuses the valid token of a person who %s", async (change, role, act) => {
    await keep();
    const email = `${change.replaceAll(" ", "-")}@acme.example`;
    await world.join(email, role);
    await untilIn(email);
    await act(email);
    await untilRefused(email);
    await untilIn(OWNER);
  });

  it("admits the new account of a person who takes over an address", async () => {
    await keep();
    await world.join("first@acme.example", "member");
    await untilIn("first@acme.example");
    await world.changeAddress("first@acme.example", "elsewhere@acme.example");
    await untilRefused("first@acme.example");
    await world.ask(
      "insert into auth.users (id, email, email_confirmed_at) values (gen_random_uuid(), 'First@acme.example', now())",
    );
    await expect
      .poll(() => world.bothAnswers().then(({ wanted, found }) => found.length === wanted.length))
      .toBe(true);
    await expect
      .poll(() =>
        world.askWorkspace(
          "select from public.workspace_members where email = 'first@acme.example' and user_id is not null",
        ),
      )
      .toHaveLength(1);
  });

  it("never admits a person whose invitation has expired", async () => {
    await keep();
    const late = "late@acme.example";
    await world.signUp(late);
    await world.invite(late, "member");
    await world.expire(late);
    await expect(world.accept(late)).rejects.toMatchObject({ code: "PT404" });
    await world.join("in-time@acme.example", "member");
    await untilIn("in-time@acme.example");
    expect(await world.enters(late)).toBe(REFUSED);
  });
});

describe("concurrent processes", () => {
  it("end with the control plane's members, whichever was last", async () => {
    await Promise.all([keep(), keep(50), keep(50)]);
    const people = Array.from({ length: 6 }, (_, index) => `busy-${index}@acme.example`);
    for (const email of people) await world.join(email, "admin");
    for (const [index, email] of people.entries())
      await (index % 2 === 0 ? world.remove(email) : world.changeRole(email, "member"));
    await world.join("last@acme.example", "member");
    await expect.poll(() => world.ask("select from private.access_changes")).toEqual([]);
    const { wanted, found } = await world.bothAnswers();
    expect(found).toEqual(wanted);
  });

  it("deliver a change that a killed process had taken", async () => {
    const leaving = "leaving@acme.example";
    await world.join(leaving, "admin");
    await deliverChanges(await world.reach());
    expect(await world.enters(leaving)).toBe("in");

    const { sandbox } = world.live;
    sandbox.setFaults([{ kind: "hold-before", service: "supabase", writesOnly: true, match: world.project }]);
    const folder = folderWith({ "stacks/shop/platform.yaml": PLATFORM });
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, "../../bin/tenantry"), "access", "--watch", "stacks/shop"],
      {
        cwd: folder.path,
        env: { ...process.env, ...sandbox.env },
        stdio: "ignore",
        detached: true,
      },
    );
    const ended = once(child, "exit");
    await world.remove(leaving);
    await sandbox.held();
    process.kill(-Number(child.pid), "SIGKILL");
    await ended;
    folder.remove();
    sandbox.setFaults([]);
    expect(await world.enters(leaving)).toBe("in");

    // The killed process reserved it for half a minute. Let that time pass.
    await world.ask("update private.access_deliveries set next_attempt_at = now()");
    await keep(50);
    await untilRefused(leaving);
    await expect.poll(() => world.ask("select from private.access_changes")).toEqual([]);
  });
});

it("an older snapshot changes nothing", async () => {
  const reach = await world.reach();
  const early = await reach.database.transaction((query) => takeAccessList(query, WORKSPACE));
  if (early === undefined) throw new Error("there is no workspace");
  await world.join("later@acme.example", "admin");
  await deliverChanges(reach);
  expect(await world.enters("later@acme.example")).toBe("in");
  await world.remove("later@acme.example");
  await deliverChanges(reach);

  const [{ version } = { version: 0 }] = await world.askWorkspace(
    "select access_version from private.settings as it(version)",
  );
  expect(Number(version)).not.toBe(early.version);
  expect(await tryToDeliver(reach, { ...early, members: [...early.members, ADMITTED] })).toMatchObject({
    outcome: "delivered",
  });
  const { wanted, found } = await world.bothAnswers();
  expect(found).toEqual(wanted);
});

const ADMITTED = { email: "later@acme.example", role: "admin", user_id: null, managed_by: "app" };

it("a failing workspace is logged, and delivered to once it answers", async () => {
  const lines: string[] = [];
  await world.askWorkspace(`
    create function private.refuse() returns trigger language plpgsql as $$ begin raise exception 'not today'; end $$;
    create trigger refuse before insert on public.workspace_members execute function private.refuse()`);
  await keep(50, (line) => lines.push(line));
  await world.join("patient@acme.example", "admin");
  await expect.poll(() => lines.join("\n")).toMatch(/^access of acme\/production: .*not today/);
  expect(lines.join("\n")).toContain("Next attempt in 1 s.");
  await world.askWorkspace("drop function private.refuse() cascade");
  await untilIn("patient@acme.example");
  await expect.poll(() => lines).toContain("access of acme/production: delivered again");
});

it("a workspace that has failed for days is tried once a minute", async () => {
  const { database } = await world.reach();
  const list = await database.transaction((query) => takeAccessList(query, WORKSPACE));
  if (list === undefined) throw new Error("there is no workspace");
  await world.ask("update private.access_deliveries set failures = 2000");
  expect(await database.transaction((query) => postpone(query, list, "not today"))).toBe(60);
  await world.ask(
    "update private.access_deliveries set failures = 0, failure = null, next_attempt_at = '-infinity'",
  );
});

describe("the lease", () => {
  const confirmed = (secondsAgo: number) =>
    world.askWorkspace(
      `update private.settings set access_confirmed_at = clock_timestamp() - make_interval(secs => ${secondsAgo})`,
    );
  const lease = () => world.askWorkspace("select access_lease_seconds as seconds from private.settings");

  it("begins with a running process, and closes the workspace when it expires", async () => {
    await deliverChanges(await world.reach());
    expect(await lease()).toEqual([{ seconds: null }]);
    await world.ask("update private.access_deliveries set delivered_at = '-infinity'");
    await keep();
    await expect.poll(lease).toEqual([{ seconds: 45 }]);
    await Promise.all(stopping.splice(0).map((stop) => stop()));

    await confirmed(44);
    expect(await world.enters(OWNER)).toBe("in");
    await confirmed(46);
    expect([await world.enters(OWNER), await world.enters(OWNER, "service_role")]).toEqual([CLOSED, "in"]);
  });

  it("is renewed by a process before it expires", async () => {
    await world.ask("update private.access_deliveries set delivered_at = now() - interval '21 seconds'");
    await world.askWorkspace("update private.settings set access_lease_seconds = 60");
    await confirmed(46);
    await keep();
    await untilIn(OWNER);
  });

  it("is removed if the platform declares `staysOpen`", async () => {
    await world.askWorkspace("update private.settings set access_lease_seconds = 60");
    await confirmed(46);
    await world.ask("update private.access_deliveries set delivered_at = '-infinity'");
    const reach = withLease(await world.reach(), { staysOpen: "the shops sell at night" });
    await world.join("night@acme.example", "admin");
    await deliverChanges(reach);
    await confirmed(3600);
    expect([await lease(), await world.enters(OWNER)]).toEqual([[{ seconds: null }], "in"]);
  });
});

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databaseDefinition } from "../../../infra/database.ts";
import { access } from "../../../src/provider/postgres/access.ts";
import { rowSecurity } from "../../../src/provider/postgres/row-security.ts";
import { schema } from "../../../src/provider/postgres/schema.ts";
import { Life } from "../life.ts";
import { type Live, startLive } from "../live.ts";

let live: Live;
beforeAll(async () => {
  live = await startLive();
});
afterAll(() => live.stop());

describe.each(["control-plane", "workspace"] as const)("the %s as it is defined", (kind) => {
  test("is made in three calls, and shows no drift, in one call for all", async () => {
    const project = await live.project(kind);
    const { access: who, schemas, migrations, rowSecurity: rows } = databaseDefinition(kind);
    const context = live.context();
    const lives = [
      new Life(access, context),
      new Life(schema, context),
      new Life(rowSecurity, context),
    ] as const;
    const calls = () => live.sandbox.requests().filter(({ path }) => path.includes(project));

    live.sandbox.clearRequests();
    await lives[0].up({ project, ...who });
    await lives[1].up({ project, schemas: [...schemas], migrations });
    await lives[2].up({ project, ...rows });
    expect(calls()).toHaveLength(3);

    live.sandbox.clearRequests();
    const looking = context("look");
    const once = () => looking;
    const drift = await Promise.all(lives.map((life) => life.refresh(once)));
    expect(drift).toEqual([[], [], []]);
    expect(calls()).toHaveLength(1);
  });
});

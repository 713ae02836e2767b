import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rowCounts } from "../../../../src/archive/contents.ts";
import { readSealed } from "../../../../src/archive/sealed-file.ts";
import { verified } from "../../../../src/archive/verify.ts";
import { archive } from "../../../../src/provider/resources/postgres/archive.ts";
import { schema } from "../../../../src/provider/resources/postgres/schema.ts";
import { project } from "../../../../src/provider/resources/supabase/project.ts";
import { ready } from "../../../../src/provider/resources/supabase/ready.ts";
import { deriveArchiveKey } from "../../../../src/shared/derive.ts";
import { stableId } from "../../../../src/shared/ids.ts";
import { Connections } from "../../../../src/vendors/connections.ts";
import { pause } from "../../../../src/vendors/supabase/lifecycle.ts";
import { Life } from "../../life.ts";
import { type Live, startLive } from "../../live.ts";

const FREE = "gratis";
const WORKSPACE = stableId("tiny/acme/spike");
const ORGANIZATION = stableId("tiny/acme");
const PASSWORD = { id: WORKSPACE, generation: 1 };

let live: Live;
let ref: string;

beforeAll(async () => {
  live = await startLive({ freeOrganizations: [FREE], freeProjectLimit: 20 });
  const place = { organization: FREE, region: "us-east-1", compute: "nano" };
  const named = { name: "tiny--acme--spike", databasePassword: PASSWORD };
  ({ ref } = await new Life(project, live.context()).up({ ...place, ...named }));
  await new Life(ready, live.context()).up({ project: ref });
  await new Life(schema, live.context()).up({ project: ref, schemas: ["public"], migrations: {} });
  await live.sql(
    ref,
    "create table public.notes as select n from generate_series(1, 7) as n; alter table public.notes owner to postgres",
  );
});
afterAll(() => live.stop());

const folder = () => join(String(live.sandbox.env.TENANTRY_ARCHIVES), "tiny--acme--spike");
const files = () => readdirSync(folder()).sort();

const declared = () => ({
  project: ref,
  name: "tiny--acme--spike",
  workspace: WORKSPACE,
  organization: ORGANIZATION,
  databasePassword: PASSWORD,
  schemas: ["public"],
});

describe("postgres:Archive", () => {
  test("requires a durable folder before it touches the project", async () => {
    const env = { ...live.sandbox.env, TENANTRY_ARCHIVES: "" };
    const homeless = new Connections(env, new AbortController().signal);
    const call = { signal: new AbortController().signal, status: () => {} };
    const life = new Life(archive, (mode) => homeless.context(mode, call));
    live.sandbox.clearRequests();
    await expect(life.up(declared())).rejects.toThrow("TENANTRY_ARCHIVES is not set.");
    expect(live.sandbox.requests()).toEqual([]);
  });

  test("restores a paused project for its dump, and writes no second file", async () => {
    expect(
      await pause(
        live.context()("write").supabase,
        { organization: FREE, ref },
        new AbortController().signal,
      ),
    ).toBe(true);
    const life = new Life(archive, live.context());
    const { file, rows, sha256 } = await life.up(declared());
    expect(rows).toEqual({ "public.notes": 7 });
    expect(await life.up(declared())).toMatchObject({ file, sha256 });
    expect(await life.refresh()).toEqual([]);

    const { roots, archives } = live.context()("look");
    const contents = await readSealed(join(archives, file), [deriveArchiveKey(roots.current)], verified);
    expect(contents.head).toMatchObject({
      archive: 2,
      workspace: WORKSPACE,
      organization: ORGANIZATION,
      project: "tiny--acme--spike",
    });
    expect(rowCounts(contents)).toEqual(rows);
  });

  test("starts again after its connection is cut, and leaves one complete file", async () => {
    await live.sql(ref, "insert into public.notes values (8)");
    const before = files();
    live.sandbox.clearRequests();
    live.sandbox.setFaults([{ kind: "drop-before", service: "postgres", match: "^fetch", nth: 1 }]);
    const { file, rows } = await new Life(archive, live.context()).up(declared());
    live.sandbox.setFaults([]);
    expect(live.sandbox.requests().filter(({ fault }) => fault !== undefined)).toHaveLength(1);
    expect(rows).toEqual({ "public.notes": 8 });
    expect(files()).toEqual([...before, basename(file)]);
  });

  test("reuses the archive of a killed run while it matches the database", async () => {
    await live.sql(ref, "insert into public.notes values (9)");
    const killed = await new Life(archive, live.context()).up(declared());
    const before = files();
    expect(await new Life(archive, live.context()).up(declared())).toEqual(killed);
    expect(files()).toEqual(before);

    await live.sql(ref, "update public.notes set n = 10 where n = 9");
    const { file, rows } = await new Life(archive, live.context()).up(declared());
    expect(rows).toEqual(killed.rows);
    expect(files()).toEqual([...before, basename(file)]);
  });

  test.each(["hold-before", "hold-after"] as const)(
    "deletes the incomplete file of a killed run, %s",
    async (kind) => {
      await live.sql(ref, "insert into public.notes values (11)");
      const fault = { kind, service: "postgres", match: "^close dumped" } as const;
      await live.killed(fault, (context) => new Life(archive, context).up(declared()));
      const before = files();
      writeFileSync(join(folder(), `${before.at(-1)}.unfinished`), "what is left when nobody could tidy up");
      const { file } = await new Life(archive, live.context()).up(declared());
      expect(files()).toEqual([...before, basename(file)]);
    },
  );

  test("writes a new file beside one that can't be read, and keeps that one", async () => {
    const unreadable = join(folder(), "9999-01-01T00-00-00.000Z.archive");
    writeFileSync(unreadable, "spoilt");
    try {
      const before = files();
      const { file } = await new Life(archive, live.context()).up(declared());
      expect(files()).toEqual([...before, basename(file)].sort());
    } finally {
      rmSync(unreadable);
    }
  });
});

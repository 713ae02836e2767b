import { createHash } from "node:crypto";
import pg from "pg";
import type { Seed } from "../postgres.ts";
import { platformSql } from "./platform.ts";

/** The initial contents of a project's server. */
export const platformSeed: Seed = {
  digest: createHash("sha256").update(platformSql("")).digest("hex"),
  fill: async (url, password) => {
    const client = new pg.Client(url("postgres"));
    await client.connect();
    try {
      await client.query(platformSql(password.reveal()));
    } finally {
      await client.end();
    }
  },
};

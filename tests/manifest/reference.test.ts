import { expect, test } from "vitest";
import { manifestReference } from "../../src/manifest/reference.ts";

test("docs/manifest.md is up to date", async () => {
  const published = new URL("../../docs/manifest.md", import.meta.url).pathname;
  await expect(manifestReference()).toMatchFileSnapshot(published);
});

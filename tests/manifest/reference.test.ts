import { expect, test } from "vitest";
import { manifestReference } from "../../src/manifest/reference.ts";

test("docs/manifest.md is the reference of the schemas as they are", async () => {
  const published = new URL("../../docs/manifest.md", import.meta.url).pathname;
  await expect(manifestReference()).toMatchFileSnapshot(published);
});

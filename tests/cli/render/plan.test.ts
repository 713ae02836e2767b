import { printable } from "@tenantry/core/printable";
import fc from "fast-check";
import pc from "picocolors";
import { expect, test } from "vitest";
import { renderPreview } from "../../../src/cli/render/report.ts";
import { hostile, planWith } from "./hostile.ts";

const linesOf = (text: string) => renderPreview(planWith(text), [], pc.createColors(false)).split("\n");

test("what people typed stays on its line in the terminal and contains no hidden character", () => {
  const plain = linesOf("x").length;
  fc.assert(
    fc.property(hostile, (text) => {
      const lines = linesOf(text);
      expect(lines.map(printable)).toEqual(lines);
      if (!text.includes("\n")) expect(lines.length).toBe(plain);
      expect(lines.join("\n")).toContain(printable(text));
    }),
  );
});

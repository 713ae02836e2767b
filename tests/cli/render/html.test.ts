import { createHash } from "node:crypto";
import { runInNewContext } from "node:vm";
import { printable } from "@tenantry/core/printable";
import fc from "fast-check";
import { type DefaultTreeAdapterTypes, parse } from "parse5";
import { expect, test } from "vitest";
import { renderHtml } from "../../../src/cli/render/html.ts";
import { hostile, planWith } from "./hostile.ts";

type Node = DefaultTreeAdapterTypes.Node;

/** The elements of a page with their attributes, without texts and the lines of changed values. */
function structureOf(node: Node): unknown {
  const all = "childNodes" in node ? node.childNodes : [];
  const children = all.filter((child) => child.nodeName !== "#text" && !isLine(child));
  const attributes = "attrs" in node ? node.attrs.map(({ name, value }) => `${name}=${value}`) : [];
  return [node.nodeName, attributes, children.map(structureOf)];
}

/** Whether a node is a line of a changed value, with nothing but text in it. */
function isLine(node: Node): boolean {
  if (node.nodeName !== "ins" && node.nodeName !== "del") return false;
  return (
    "attrs" in node &&
    node.attrs.length === 0 &&
    node.childNodes.every(({ nodeName }) => nodeName === "#text")
  );
}

function textOf(node: Node): string {
  if ("value" in node) return node.value;
  return "childNodes" in node ? node.childNodes.map(textOf).join("") : "";
}

function elementsOf(node: Node, name: string): Node[] {
  const children = "childNodes" in node ? node.childNodes : [];
  return [...(node.nodeName === name ? [node] : []), ...children.flatMap((child) => elementsOf(child, name))];
}

test("what people typed is only text in the page, whatever it contains", () => {
  const plain = structureOf(parse(renderHtml(planWith("x"))));
  fc.assert(
    fc.property(hostile, (text) => {
      const page = parse(renderHtml(planWith(text)));
      expect(structureOf(page)).toEqual(plain);
      expect(textOf(page)).toContain(printable(text));
    }),
  );
});

test("the page allows no script and no style but its own, and loads nothing", () => {
  const html = renderHtml(planWith("x"));
  const page = parse(html);
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? "";
  expect(policy).toMatch(/^default-src 'none'; /);
  for (const name of ["style", "script"]) {
    const [own, ...others] = elementsOf(page, name);
    expect(others).toEqual([]);
    const digest = createHash("sha256")
      .update(own === undefined ? "" : textOf(own))
      .digest("base64");
    expect(policy).toContain(`${name}-src 'sha256-${digest}'`);
  }
  expect(html).not.toMatch(/\s(src|href|on\w+|style)=/);
  expect(html).not.toMatch(/url\(|@import|https?:/);
});

test('"dangers only" keeps the list of dangers and hides stacks without one', () => {
  const script = /<script>([\s\S]*)<\/script>/.exec(renderHtml(planWith("x")))?.[1] ?? "";
  const block = (parts: { readonly own?: true; readonly inside?: true }) => ({
    ...{ hidden: false, textContent: "", querySelectorAll: () => [] },
    matches: () => parts.own === true,
    querySelector: () => (parts.inside ? {} : null),
  });
  const blocks = [block({ own: true }), block({ inside: true }), block({})];
  const control = { value: "", checked: true, addEventListener: (_: string, apply: () => void) => apply() };
  const document = { getElementById: () => control, querySelectorAll: () => blocks };
  runInNewContext(script, { document });
  expect(blocks.map(({ hidden }) => hidden)).toEqual([false, false, true]);
});

test("the page shows dangers first, the costs, and changed values in full", () => {
  const long = "select 1\n".repeat(40);
  const text = textOf(parse(renderHtml(planWith(long.trim()))));
  expect(text.indexOf("Dangers")).toBeLessThan(text.indexOf("Costs"));
  expect(text).toContain("+50");
});

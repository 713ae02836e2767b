import type { Colors } from "./colors.ts";

export type Mark = "+" | "~" | "-" | "±" | "!" | " ";

/** A node of a printed tree. */
export interface Branch {
  readonly label: string;
  readonly lines: readonly Line[];
  readonly branches: readonly Branch[];
}

export interface Line {
  readonly mark: Mark;
  readonly text: string;
  /** The indentation: 0 for a resource, 1 for one of its properties. */
  readonly depth: number;
}

/** Renders a tree as lines of text with box-drawing characters. */
export function renderTree(root: Branch, colors: Colors): string[] {
  return [root.label, ...renderInside(root, "", colors)];
}

function renderInside(branch: Branch, indent: string, colors: Colors): string[] {
  const stem = branch.branches.length > 0 ? "│  " : "   ";
  const lines = branch.lines.map(
    (line) => `${colors.dim(`${indent}${stem}`)}${"    ".repeat(line.depth)}${renderLine(line, colors)}`,
  );
  const branches = branch.branches.flatMap((child, index) => {
    const last = index === branch.branches.length - 1;
    return [
      `${colors.dim(`${indent}${last ? "└─ " : "├─ "}`)}${child.label}`,
      ...renderInside(child, `${indent}${last ? "   " : "│  "}`, colors),
    ];
  });
  return [...lines, ...branches];
}

function renderLine({ mark, text }: Line, colors: Colors): string {
  if (mark === " ") return colors.dim(`  ${text}`);
  const paint = {
    "+": colors.green,
    "~": colors.yellow,
    "-": colors.red,
    "±": colors.magenta,
    "!": colors.red,
  };
  return paint[mark](`${mark} ${text}`);
}

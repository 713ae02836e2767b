import pc from "picocolors";

/** Colors where the stream is a terminal that has them; NO_COLOR and FORCE_COLOR are respected. */
export type Colors = ReturnType<typeof pc.createColors>;

export function colorsFor(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): Colors {
  return pc.createColors(wantsColors(stream, env));
}

/** @see https://no-color.org */
function wantsColors(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== "") return false;
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== "" && env.FORCE_COLOR !== "0") return true;
  return stream.isTTY === true && env.TERM !== "dumb";
}

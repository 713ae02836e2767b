/** A decimal number that isn't negative, without the rounding of binary fractions: `digits` / 10^`scale`, in lowest terms. */
export interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

/** The number as it is written in decimal: 0.07, not 0.070000000000000006. */
export function decimalOf(value: number): Decimal {
  const [, whole, fraction = "", exponent = "0"] =
    /^(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value)) ?? [];
  if (whole === undefined) throw new TypeError(`${value} is not a decimal number from 0`);
  return normalized(BigInt(whole + fraction), fraction.length - Number(exponent));
}

/** The number times 10^`places`. */
export function shifted({ digits, scale }: Decimal, places: number): Decimal {
  return normalized(digits, scale - places);
}

function normalized(digits: bigint, scale: number): Decimal {
  if (scale < 0) return { digits: digits * 10n ** BigInt(-scale), scale: 0 };
  let [left, places] = [digits, scale];
  while (places > 0 && left % 10n === 0n) {
    left /= 10n;
    places -= 1;
  }
  return { digits: left, scale: places };
}

/**
 * Whether `TENANTRY_BENCH=tiny` asks for tiny sizes. The figures then say nothing about speed; the run shows that every benchmark
 * works.
 */
export const isTiny = process.env.TENANTRY_BENCH === "tiny";

/** The size of a measurement. */
export function size(full: number, tiny: number): number {
  return isTiny ? tiny : full;
}

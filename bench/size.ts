/**
 * A size of a measurement. `TENANTRY_BENCH=tiny` runs every measurement on tiny sizes, which says nothing about speed and
 * shows that the benchmarks still run.
 */
export function size(full: number, tiny: number): number {
  return process.env.TENANTRY_BENCH === "tiny" ? tiny : full;
}

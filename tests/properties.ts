import fc from "fast-check";

/**
 * The same cases on every run, so that a red build is about the change that it builds and is red again when repeated.
 * `npm run fuzz` looks for new ones: another seed each time, more cases of each property.
 */
const fuzz = process.env.TENANTRY_FUZZ;
fc.configureGlobal(fuzz === undefined ? { seed: 20261122 } : { numRuns: Number(fuzz) });

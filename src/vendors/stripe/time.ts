/**
 * ISO 8601.
 *
 * @param seconds Unix time, as in Stripe's objects
 */
export function isoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

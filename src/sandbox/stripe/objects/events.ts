/** What happened, with the object as it was then: https://docs.stripe.com/api/events */
export interface KeptEvent {
  readonly id: string;
  readonly created: number;
  readonly type: string;
  readonly object: object;
}

/** The name that a stack has in the backend, if it isn't yet its own one. */
export interface RecordedName {
  readonly stack: string;
  /** False for a new organization whose name still belongs to the stack of another one. */
  readonly exists: boolean;
}

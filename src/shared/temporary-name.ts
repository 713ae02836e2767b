const PREFIX = "renaming--";

/** A name that no organization can have. A stack has it while two organizations swap their names. */
export function temporaryName(id: string): string {
  return `${PREFIX}${id.slice(0, 8)}`;
}

export function isTemporaryName(name: string): boolean {
  return name.startsWith(PREFIX);
}

/** Looks up a name that a user wrote. Ignores inherited properties, such as `constructor`. */
export function ownProperty<Value>(record: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

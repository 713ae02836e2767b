import type { PropertyMap } from "../property-value.ts";
import type { Query } from "./connection.ts";

/** A property of a resource type, as the plugin's schema has it. */
interface Property {
  readonly required?: boolean;
  /** Changing it makes another resource. */
  readonly replaces?: boolean;
  /** The server says it where the program doesn't. */
  readonly computed?: boolean;
  readonly default?: boolean;
  /** A list whose order means nothing. */
  readonly set?: boolean;
}

/** One type of resource: its properties, and how it is made, found and removed. All are harmless to repeat. */
export interface ResourceType {
  readonly properties: Readonly<Record<string, Property>>;
  /** The plugin deletes the old one first when it replaces one. */
  readonly deleteBeforeReplace: boolean;
  /** Why inputs can't be used, by property; empty for none. Unknown values are left alone. */
  validate(inputs: PropertyMap): readonly { readonly property: string; readonly reason: string }[];
  id(inputs: PropertyMap, database: string): string;
  /** @param olds as it was, when it is changed */
  ensure(query: Query, inputs: PropertyMap, olds: PropertyMap | undefined): Promise<void>;
  /** What is found; undefined when it is gone. */
  read(query: Query, known: PropertyMap): Promise<PropertyMap | undefined>;
  remove(query: Query, known: PropertyMap): Promise<void>;
}

export function textOf(properties: PropertyMap, key: string): string {
  const value = properties[key];
  return typeof value === "string" ? value : "";
}

export function listOf(properties: PropertyMap, key: string): readonly string[] {
  const value = properties[key];
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

import type { PropertyMap } from "../property-value.ts";
import type { Query } from "./connection.ts";

/** A property of a resource type, as in the plugin's schema. */
interface Property {
  readonly required?: boolean;
  /** Whether a change requires a replacement. */
  readonly replaces?: boolean;
  /** Whether the server determines the value if the program doesn't. */
  readonly computed?: boolean;
  readonly default?: boolean;
  /** Whether it is a list whose order doesn't matter. */
  readonly set?: boolean;
}

/** A type of resource. Its operations are safe to repeat. */
export interface ResourceType {
  readonly properties: Readonly<Record<string, Property>>;
  /** Whether a replacement deletes the old resource first, as in the plugin. */
  readonly deleteBeforeReplace: boolean;
  /** The reasons why inputs are invalid, by property. Not called with unknown values. */
  validate(inputs: PropertyMap): readonly { readonly property: string; readonly reason: string }[];
  id(inputs: PropertyMap, database: string): string;
  /** @param olds the old properties; undefined for a new resource */
  ensure(query: Query, inputs: PropertyMap, olds: PropertyMap | undefined): Promise<void>;
  /** Reads the resource. Undefined if it doesn't exist. */
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

import * as z from "zod";
import { contentsOf, isUnsupported } from "../../src/stripe/protocol/parameters.ts";

interface Parameters {
  /** The parameters that the route reads, such as `items[][price]`. */
  readonly accepted: readonly string[];
  /** The parameters of Stripe that the route refuses as not supported. */
  readonly refused: readonly string[];
}

/** Lists a route's parameters from its schema. */
export function parametersOf(schema: z.ZodType): Parameters {
  const accepted: string[] = [];
  const refused: string[] = [];
  visit(schema, "", (path, unsupported) => (unsupported ? refused : accepted).push(path));
  return { accepted, refused };
}

/** The path of a parameter in a form, without the places in lists: `items[0][price]` is `items[][price]`. */
export function pathOf(name: string): string {
  return name.replaceAll(/\[\d*\]/g, "[]");
}

function visit(schema: z.ZodType, path: string, found: (path: string, unsupported: boolean) => void): void {
  const contents = contentsOf(schema);
  if (contents !== undefined) visit(contents, path, found);
  else if (schema instanceof z.ZodOptional) visit(schema.def.innerType as z.ZodType, path, found);
  else if (schema instanceof z.ZodObject)
    for (const [name, inner] of Object.entries(schema.shape as z.ZodRawShape))
      visit(inner as z.ZodType, path === "" ? name : `${path}[${name}]`, found);
  else if (schema instanceof z.ZodArray) visit(schema.element as z.ZodType, `${path}[]`, found);
  else if (schema instanceof z.ZodPipe && schema.def.out instanceof z.ZodArray)
    visit(schema.def.out, path, found);
  else found(path, isUnsupported(schema));
}

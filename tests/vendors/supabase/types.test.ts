import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";

const SPECIFICATION = join(
  import.meta.dirname,
  "../../../../shared/specs/supabase-management-v1.openapi.json",
);
const TYPES = join(import.meta.dirname, "../../../src/vendors/supabase/types.ts");

/** The parts of a schema in the specification that matter here. */
interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly nullable?: boolean;
}

interface Operation {
  readonly parameters: readonly { name: string; in: string; required: boolean; schema: Schema }[];
  readonly requestBody?: { readonly content: Record<string, { readonly schema: Schema }> };
  readonly responses: Readonly<
    Record<string, { readonly content?: Record<string, { readonly schema: Schema }> }>
  >;
}

interface Specification {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** `send`: the service must accept what we write. `read`: responses must match our types. */
type Direction = "send" | "read";

const program = ts.createProgram([TYPES], {
  strict: true,
  target: ts.ScriptTarget.ES2022,
  allowImportingTsExtensions: true,
  noEmit: true,
});
const checker = program.getTypeChecker();

function pathsType(): ts.Type {
  const source = program.getSourceFile(TYPES);
  const declaration = source?.statements.find(
    (each): each is ts.InterfaceDeclaration => ts.isInterfaceDeclaration(each) && each.name.text === "paths",
  );
  if (declaration === undefined) throw new Error("types.ts declares no paths");
  return checker.getTypeAtLocation(declaration);
}

function member(type: ts.Type, name: string): ts.Type | undefined {
  const symbol = type.getProperty(name);
  return symbol && checker.getTypeOfSymbol(symbol);
}

function membersOf(type: ts.Type): { name: string; type: ts.Type; optional: boolean }[] {
  return checker.getPropertiesOfType(type).map((symbol) => ({
    name: symbol.name,
    type: checker.getTypeOfSymbol(symbol),
    optional: (symbol.flags & ts.SymbolFlags.Optional) !== 0,
  }));
}

/** The problems of one of our types, compared with its schema. */
function problems(
  at: string,
  type: ts.Type,
  schema: Schema,
  spec: Specification,
  direction: Direction,
): string[] {
  const known = resolved(schema, spec);
  const parts = type.isUnion() ? type.types : [type];
  const ours = parts.filter((part) => (part.flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Null)) === 0);
  if (ours.some((part) => part.flags & ts.TypeFlags.Unknown)) return [];
  const nullProblem =
    direction === "read" && known.nullable === true && ours.length === parts.length
      ? [`${at} may be null`]
      : [];
  return [...nullProblem, ...valueProblems(at, ours, known, spec, direction)];
}

function valueProblems(
  at: string,
  ours: readonly ts.Type[],
  schema: Schema,
  spec: Specification,
  direction: Direction,
): string[] {
  const literals = ours.filter((part) => part.isStringLiteral()).map((part) => part.value);
  const choices = enumOf(schema);
  if (literals.length > 0 || choices !== undefined) {
    const missing = direction === "read" ? (choices ?? []).filter((value) => !literals.includes(value)) : [];
    const strange = literals.filter((value) => !(choices ?? []).includes(value));
    const plain = ours.some((part) => part.flags & ts.TypeFlags.String);
    return [
      ...(plain ? [] : missing.map((value) => `${at} lacks ${value}`)),
      ...strange.map((value) => `${at} can't be ${value}`),
    ];
  }
  const [first] = ours;
  if (first === undefined) return [`${at} has no type`];
  if (checker.isArrayType(first)) {
    const [element] = checker.getTypeArguments(first as ts.TypeReference);
    if (schema.type !== "array" || schema.items === undefined) return [`${at} is no list`];
    return problems(`${at}[]`, element as ts.Type, schema.items, spec, direction);
  }
  if (first.flags & ts.TypeFlags.Object)
    return objectProblems(at, first, oneOf(schema, first), spec, direction);
  const words: Record<string, number> = {
    string: ts.TypeFlags.StringLike,
    number: ts.TypeFlags.NumberLike,
    integer: ts.TypeFlags.NumberLike,
    boolean: ts.TypeFlags.BooleanLike,
  };
  const expected = words[schema.type ?? ""] ?? 0;
  return first.flags & expected ? [] : [`${at} is ${schema.type}, not ${checker.typeToString(first)}`];
}

function objectProblems(
  at: string,
  type: ts.Type,
  schema: Schema,
  spec: Specification,
  direction: Direction,
): string[] {
  const properties = schema.properties ?? {};
  const required = schema.required ?? [];
  const members = membersOf(type);
  const found = members.flatMap(({ name, type: each, optional }) => {
    const known = properties[name];
    if (known === undefined) return [`${at}.${name} doesn't exist`];
    const promised = direction === "read" && !optional && !required.includes(name);
    return [
      ...(promised ? [`${at}.${name} may be absent`] : []),
      ...problems(`${at}.${name}`, each, known, spec, direction),
    ];
  });
  const names = new Set(members.filter(({ optional }) => !optional).map(({ name }) => name));
  const forgotten = direction === "send" ? required.filter((name) => !names.has(name)) : [];
  return [...found, ...forgotten.map((name) => `${at} lacks the required ${name}`)];
}

function resolved(schema: Schema, spec: Specification): Schema {
  if (schema.$ref === undefined) return schema;
  const name = schema.$ref.split("/").at(-1) ?? "";
  return spec.components.schemas[name] as Schema;
}

function enumOf(schema: Schema): readonly string[] | undefined {
  if (schema.enum !== undefined) return schema.enum;
  const choices = schema.oneOf?.flatMap((each) => each.enum ?? []);
  return choices !== undefined && choices.length > 0 ? choices : undefined;
}

/** Among alternatives, the one that has our type's members. */
function oneOf(schema: Schema, type: ts.Type): Schema {
  const literal = member(type, "type");
  const wanted = literal?.isStringLiteral() ? literal.value : "";
  return schema.oneOf?.find((each) => each.properties?.type?.enum?.includes(wanted)) ?? schema;
}

function parameterProblems(at: string, type: ts.Type, operation: Operation, spec: Specification): string[] {
  return membersOf(type).flatMap(({ name: where, type: group }) => {
    const given = membersOf(checker.getNonNullableType(group));
    const known = operation.parameters.filter((each) => each.in === where);
    const required = known.filter(
      (each) => each.required && !given.some((it) => it.name === each.name && !it.optional),
    );
    return [
      ...required.map((each) => `${at} lacks the required parameter ${each.name}`),
      ...given.flatMap(({ name, type: each }) => {
        const parameter = known.find((it) => it.name === name);
        if (parameter === undefined) return [`${at} has no ${where} parameter ${name}`];
        return problems(`${at} ?${name}`, each, parameter.schema, spec, "send");
      }),
    ];
  });
}

function bodyOf(type: ts.Type | undefined): ts.Type | undefined {
  const content = type && member(checker.getNonNullableType(type), "content");
  return content && member(content, "application/json");
}

function operationProblems(at: string, type: ts.Type, operation: Operation, spec: Specification): string[] {
  const parameters = member(type, "parameters");
  const body = bodyOf(member(type, "requestBody"));
  const bodySchema = operation.requestBody?.content["application/json"]?.schema;
  const [status] = membersOf(member(type, "responses") as ts.Type);
  const answer = operation.responses[status?.name ?? ""];
  const answerType = bodyOf(status?.type);
  const answerSchema = answer?.content?.["application/json"]?.schema;
  return [
    ...(parameters === undefined ? [] : parameterProblems(at, parameters, operation, spec)),
    ...(body !== undefined && bodySchema === undefined ? [`${at} takes no body`] : []),
    ...(body !== undefined && bodySchema ? problems(`${at} body`, body, bodySchema, spec, "send") : []),
    ...(answer === undefined ? [`${at} doesn't answer ${status?.name}`] : []),
    ...(answerType && answerSchema ? problems(`${at} answer`, answerType, answerSchema, spec, "read") : []),
  ];
}

if (existsSync(SPECIFICATION)) {
  const spec = JSON.parse(readFileSync(SPECIFICATION, "utf8")) as Specification;
  const operations = membersOf(pathsType()).flatMap(({ name: path, type }) =>
    membersOf(type).map((method) => [`${method.name.toUpperCase()} ${path}`, path, method] as const),
  );

  test.each(operations)("%s matches the specification", (at, path, method) => {
    const operation = spec.paths[path]?.[method.name];
    if (operation === undefined) throw new Error(`${at} isn't in the specification`);
    expect(operationProblems(at, method.type, operation, spec)).toEqual([]);
  });
} else {
  test("without the specification, every type has a method and a response", () => {
    for (const { name, type } of membersOf(pathsType()))
      for (const method of membersOf(type))
        expect(membersOf(member(method.type, "responses") as ts.Type), name).toHaveLength(1);
  });
}

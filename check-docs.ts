/**
 * Fails on every public symbol without a doc comment. Public are the exports of each package's entry points, the types that
 * their signatures mention, and the public members of their classes.
 *
 * Usage: `npm run check:docs`
 */
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import ts from "typescript";

const ROOT = import.meta.dirname;
const PACKAGES = [".", "packages/core", "packages/embedded-engine", "packages/sandbox"];

type Target = string | { readonly "tenantry-source": string };

/** The source files of a package's entry points, as its `exports` name them. */
function entryPoints(folder: string): string[] {
  const manifest = JSON.parse(readFileSync(join(ROOT, folder, "package.json"), "utf8")) as {
    exports: Readonly<Record<string, Target>>;
  };
  return Object.values(manifest.exports)
    .map((target) => (typeof target === "string" ? target : target["tenantry-source"]))
    .filter((path) => path.endsWith(".ts"))
    .flatMap((path) => ts.sys.readDirectory(join(ROOT, folder), [".ts"], [], [path]));
}

function openProgram(files: readonly string[]): ts.Program {
  const { config } = ts.readConfigFile(join(ROOT, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  return ts.createProgram(files, options);
}

class Documentation {
  readonly #checker: ts.TypeChecker;
  readonly #visited = new Set<ts.Symbol>();
  readonly missing = new Set<string>();

  constructor(program: ts.Program) {
    this.#checker = program.getTypeChecker();
  }

  visitModule(file: ts.SourceFile): void {
    const module = this.#checker.getSymbolAtLocation(file);
    if (module !== undefined)
      for (const symbol of this.#checker.getExportsOfModule(module)) this.#visit(symbol);
  }

  #visit(symbol: ts.Symbol): void {
    const isAlias = (symbol.flags & ts.SymbolFlags.Alias) !== 0;
    const target = isAlias ? this.#checker.getAliasedSymbol(symbol) : symbol;
    if (this.#visited.has(target)) return;
    this.#visited.add(target);
    const declarations = (target.declarations ?? []).filter(isOwn);
    const [first] = declarations;
    if (first === undefined || ts.isTypeParameterDeclaration(first)) return;
    if (!ts.isSourceFile(first)) this.#expect(target, first);
    for (const declaration of declarations) this.#visitDeclaration(declaration);
  }

  #visitDeclaration(declaration: ts.Declaration): void {
    if (ts.isClassDeclaration(declaration))
      for (const member of declaration.members.filter(isPublic).filter(needsDoc)) {
        const symbol = member.name && this.#checker.getSymbolAtLocation(member.name);
        if (symbol !== undefined) this.#expect(symbol, member);
      }
    this.#visitTypes(declaration);
  }

  /** Visits the types that a declaration mentions. Bodies, initial values and private members aren't public. */
  #visitTypes(node: ts.Node): void {
    if (ts.isBlock(node) || (ts.isClassElement(node) && !isPublic(node))) return;
    const name = ts.isTypeReferenceNode(node)
      ? node.typeName
      : ts.isTypeQueryNode(node)
        ? node.exprName
        : ts.isExpressionWithTypeArguments(node)
          ? node.expression
          : undefined;
    const symbol = name && this.#checker.getSymbolAtLocation(name);
    if (symbol !== undefined) this.#visit(symbol);
    ts.forEachChild(node, (child) => {
      const isValue = "initializer" in node && node.initializer === child;
      if (!isValue) this.#visitTypes(child);
    });
  }

  #expect(symbol: ts.Symbol, declaration: ts.Declaration): void {
    if (symbol.getDocumentationComment(this.#checker).length > 0) return;
    const file = declaration.getSourceFile();
    const { line } = file.getLineAndCharacterOfPosition(declaration.getStart());
    const owner =
      ts.isClassElement(declaration) && ts.isClassDeclaration(declaration.parent)
        ? `${declaration.parent.name?.text}.`
        : "";
    this.missing.add(
      `${relative(ROOT, file.fileName)}:${line + 1} ${owner}${symbol.name} has no doc comment`,
    );
  }
}

function isOwn(declaration: ts.Declaration): boolean {
  const { fileName } = declaration.getSourceFile();
  return fileName.startsWith(`${ROOT}/`) && !fileName.includes("/node_modules/");
}

function isPublic(member: ts.ClassElement): boolean {
  if (member.name === undefined || ts.isPrivateIdentifier(member.name))
    return ts.isConstructorDeclaration(member);
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  return (ts.getCombinedModifierFlags(member) & hidden) === 0;
}

/** Constructors are described by their class. Inherited members and JavaScript's own protocols need no description. */
function needsDoc(member: ts.ClassElement): boolean {
  const { name } = member;
  if (name === undefined || ts.isComputedPropertyName(name)) return false;
  const isOverride = (ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Override) !== 0;
  return !isOverride && !["toString", "toJSON"].includes(name.getText());
}

const entries = PACKAGES.flatMap(entryPoints);
const program = openProgram(entries);
const documentation = new Documentation(program);
for (const entry of entries) {
  const file = program.getSourceFile(entry);
  if (file === undefined) throw new Error(`${entry} is an entry point of a package, but doesn't exist`);
  documentation.visitModule(file);
}
for (const line of [...documentation.missing].sort()) process.stderr.write(`${line}\n`);
if (documentation.missing.size > 0) process.exitCode = 1;
else process.stdout.write("Every public symbol has a doc comment.\n");

// Measures the functions of a module with the parser of `deno lint`, for tests of the project's shape. It
// reads text that it is given, and no files. `Deno.lint.runPlugin` exists only in tests.

/** The size of a function. */
export interface FunctionSize {
  /** Its name, or that of the variable or member that holds it. */
  readonly name: string;
  /** Lines from its first to its last character. */
  readonly lines: number;
  /** Declared parameters; a destructured object is one. */
  readonly parameters: number;
}

type FunctionNode =
  | Deno.lint.FunctionDeclaration
  | Deno.lint.FunctionExpression
  | Deno.lint.ArrowFunctionExpression;

/** The sizes of all functions in a module. */
export function functionSizes(path: string, text: string): FunctionSize[] {
  const sizes: FunctionSize[] = [];
  const measure = (node: FunctionNode) => {
    const lines = text.slice(...node.range).split("\n").length;
    sizes.push({ name: nameOf(node), lines, parameters: node.params.length });
  };
  const visitor: Deno.lint.LintVisitor = {
    FunctionDeclaration: measure,
    FunctionExpression: measure,
    ArrowFunctionExpression: measure,
  };
  Deno.lint.runPlugin({ name: "sizes", rules: { sizes: { create: () => visitor } } }, path, text);
  return sizes;
}

function nameOf(node: FunctionNode): string {
  const { parent } = node;
  const own = node.type === "ArrowFunctionExpression" ? null : node.id;
  const named = own !== null
    ? own
    : parent.type === "VariableDeclarator"
    ? parent.id
    : parent.type === "MethodDefinition" || parent.type === "Property"
    ? parent.key
    : undefined;
  return named?.type === "Identifier" ? named.name : "anonymous";
}

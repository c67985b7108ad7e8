/**
 * The faults of the mutation run: small changes a programmer could have made by mistake, found in the typed syntax tree. A fault
 * is written into the copy beside the original and chosen at run time, so that one compilation serves all of them.
 */
import type { SyntaxNode, Unit } from "./ast.ts";
import { lineAt } from "./ast.ts";
import type { Render, Rewriter } from "./rewrite.ts";

export interface Fault {
  /** Stable while the line it changes and the lines like it in its function stay as they are. */
  readonly id: string;
  readonly path: string;
  /** 1-based. */
  readonly line: number;
  readonly operator: string;
  /** Where the function it lies in starts: faults of one function are separated when they are too many for the stack. */
  readonly functionStart: number;
  readonly plant: (rewriter: Rewriter, chosen: string) => void;
}

type Draft = Omit<Fault, "id" | "path" | "line"> & {
  readonly at: SyntaxNode;
  readonly from: string;
  readonly to: string;
};

/** Declarations by solc's number. */
interface Scope {
  readonly constants: Set<string>;
  readonly immutables: Set<string>;
}

const BOUNDARY: Readonly<Record<string, string>> = {
  "<": "<=",
  "<=": "<",
  ">": ">=",
  ">=": ">",
  "==": "!=",
  "!=": "==",
};
const ARITHMETIC: Readonly<Record<string, string>> = { "+": "-", "-": "+", "*": "/", "/": "*", "%": "*" };
const BITS: Readonly<Record<string, string>> = { "&": "|", "|": "&", "<<": ">>", ">>": "<<", "^": "|" };
const LOGIC: Readonly<Record<string, string>> = { "&&": "||", "||": "&&" };
const ASSIGNED: Readonly<Record<string, string>> = { "+=": "-=", "-=": "+=", "|=": "&=", "&=": "|=", "^=": "|=" };

const squeeze = (text: string): string => text.replace(/\s+/g, " ").trim();
const isUnsigned = (type: string): boolean => /^uint\d+$/.test(type);

/** Inside a function, and neither in its signature nor in a list of parent constructors. */
function bodyOf(node: SyntaxNode): SyntaxNode | undefined {
  const home = node.above("FunctionDefinition", "ModifierDefinition");
  const body = home?.maybe("body");
  return body !== undefined && node.start >= body.start && node.end <= body.end ? home : undefined;
}

/** What replaces an expression: itself, or its faulty form when that is the chosen one. */
function select(node: SyntaxNode, faulty: (original: (of: SyntaxNode) => string) => string): Draft["plant"] {
  return (rewriter, chosen) =>
    rewriter.edit(node.start, node.end, (render) => {
      const text = faulty((of) => rewriter.original(of.start, of.end));
      return `(${chosen} ? ${text} : ${render(node.start, node.end)})`;
    });
}

function statementEnd(unit: Unit, node: SyntaxNode): number {
  return unit.text[node.end] === ";" ? node.end + 1 : node.end;
}

function aroundStatement(
  unit: Unit,
  node: SyntaxNode,
  write: (text: string, chosen: string) => string,
): Draft["plant"] {
  const end = statementEnd(unit, node);
  return (rewriter, chosen) =>
    rewriter.edit(node.start, end, (render: Render) => write(render(node.start, end), chosen));
}

function inBinary(unit: Unit, node: SyntaxNode): Draft[] {
  const operator = node.text("operator");
  const [left, right] = [node.child("leftExpression"), node.child("rightExpression")];
  const home = bodyOf(node);
  if (home === undefined) return [];
  const found: Draft[] = [];
  const swap = (name: string, to: string | undefined): void => {
    if (to === undefined) return;
    found.push({
      at: node,
      operator: name,
      functionStart: home.start,
      from: unit.text.slice(node.start, node.end),
      to,
      plant: select(node, (original) => `(${original(left)}) ${to} (${original(right)})`),
    });
  };
  swap("boundary", BOUNDARY[operator]);
  swap("logic", LOGIC[operator]);
  if (isUnsigned(node.type)) {
    swap("arithmetic", ARITHMETIC[operator]);
    swap("bits", BITS[operator]);
  }
  for (const side of [left, right]) {
    if (side.kind !== "Literal" || side.text("kind") !== "number" || !isUnsigned(node.commonType)) continue;
    const written = unit.text.slice(side.start, side.end);
    for (const sign of ["+", "-"]) {
      if (sign === "-" && /^0(x0+)?$/.test(written)) continue;
      found.push({
        at: side,
        operator: "constant",
        functionStart: home.start,
        from: unit.text.slice(node.start, node.end),
        to: `${written} ${sign} 1`,
        plant: select(side, (original) => `${node.commonType}(${original(side)} ${sign} 1)`),
      });
    }
  }
  return found;
}

/** The plain value a `return` could give instead. */
function defaultOf(node: SyntaxNode): string | undefined {
  const { type } = node;
  if (node.kind === "Literal" || node.kind === "TupleExpression") return undefined;
  if (isUnsigned(type)) return `${type}(0)`;
  if (type === "bool") return "false";
  return type === "address" ? "address(0)" : undefined;
}

const isRequire = (node: SyntaxNode | undefined): boolean =>
  node?.kind === "FunctionCall" && node.child("expression").text("name") === "require";

function inStatement(unit: Unit, node: SyntaxNode, scope: Scope): Draft[] {
  const home = bodyOf(node);
  if (home === undefined) return [];
  const draft = (operator: string, to: string, plant: Draft["plant"], of: SyntaxNode = node): Draft => ({
    at: of,
    operator,
    functionStart: home.start,
    from: unit.text.slice(of.start, of.end),
    to,
    plant,
  });
  const dropped = aroundStatement(unit, node, (text, chosen) => `{ if (!${chosen}) { ${text} } }`);
  if (node.kind === "Return") {
    const value = node.maybe("expression");
    const plain = value && defaultOf(value);
    return value === undefined || plain === undefined
      ? []
      : [
          draft(
            "return",
            plain,
            select(value, () => plain),
            value,
          ),
        ];
  }
  if (["Continue", "Break", "RevertStatement"].includes(node.kind)) return [draft("drop", "", dropped)];
  if (node.kind !== "ExpressionStatement" || !["statements", "trueBody", "falseBody"].includes(node.role)) return [];
  const expression = node.child("expression");
  if (isRequire(expression)) {
    const condition = expression.child("arguments");
    return [
      draft("drop", "", (rewriter, chosen) =>
        rewriter.edit(
          condition.start,
          condition.end,
          (render) => `(${chosen} || (${render(condition.start, condition.end)}))`,
        ),
      ),
    ];
  }
  const target = expression.maybe("leftHandSide");
  // A reference that was never set does not compile, not even behind a condition.
  if (target?.type.includes("storage pointer") === true) return [];
  // Nor does an immutable that may be set or not.
  if (target !== undefined && scope.immutables.has(target.text("referencedDeclaration"))) return [];
  const found = [draft("drop", "", dropped)];
  const swapped = expression.kind === "Assignment" ? ASSIGNED[expression.text("operator")] : undefined;
  if (target !== undefined && swapped !== undefined) {
    const value = expression.child("rightHandSide");
    const faulty = `${unit.text.slice(target.start, target.end)} ${swapped} ${unit.text.slice(value.start, value.end)};`;
    found.push(
      draft(
        "arithmetic",
        swapped,
        aroundStatement(unit, node, (text, chosen) => `{ if (${chosen}) { ${faulty} } else { ${text} } }`),
      ),
    );
  }
  return found;
}

function inCondition(unit: Unit, node: SyntaxNode): Draft[] {
  const home = bodyOf(node);
  const condition = node.maybe("condition");
  if (home === undefined || condition === undefined) return [];
  // A refusal negated is noticed by whoever passes at all; dropping it is the fault that matters, and is one of its own.
  const body = node.maybe("trueBody");
  const only = body?.kind === "Block" ? body.children("statements") : [body];
  if (only.length === 1 && only[0]?.kind === "RevertStatement") return [];
  return [
    {
      at: condition,
      operator: "negate",
      functionStart: home.start,
      from: unit.text.slice(condition.start, condition.end),
      to: "!",
      plant: select(condition, (original) => `!(${original(condition)})`),
    },
  ];
}

/** Uses of named constants; their declarations must stay constant expressions. */
function inIdentifier(unit: Unit, node: SyntaxNode, scope: Scope): Draft[] {
  const home = bodyOf(node);
  if (home === undefined || !isUnsigned(node.type) || !scope.constants.has(node.text("referencedDeclaration")))
    return [];
  return ["+", "-"].map((sign) => ({
    at: node,
    operator: "constant",
    functionStart: home.start,
    from: unit.text.slice(node.start, node.end),
    to: `${sign} 1`,
    plant: select(node, (original) => `${original(node)} ${sign} 1`),
  }));
}

function inModifier(unit: Unit, node: SyntaxNode): Draft[] {
  const home = node.parent;
  const name = unit.text.slice(node.start, node.end);
  if (home === undefined || node.text("kind") !== "modifierInvocation" || node.children("arguments").length > 0)
    return [];
  return [
    {
      at: node,
      operator: "modifier",
      functionStart: home.start,
      from: name,
      to: "",
      plant: (rewriter, chosen) => rewriter.edit(node.start, node.end, () => `${name}_unless(${chosen})`),
    },
  ];
}

const nameOf = (node: SyntaxNode): string => {
  const home = node.above("FunctionDefinition", "ModifierDefinition") ?? node;
  const contract = node.above("ContractDefinition");
  return `${contract?.text("name") ?? ""}.${home.text("name") === "" ? home.text("kind") : home.text("name")}`;
};

/** Every fault of the given sources, in the order of the text. Constants may be declared in any of `all`. */
export function faultsOf(units: readonly Unit[], all: readonly Unit[]): Fault[] {
  const scope: Scope = { constants: new Set(), immutables: new Set() };
  for (const unit of all)
    for (const node of unit.tree.walk()) {
      if (node.kind !== "VariableDeclaration") continue;
      if (node.text("constant") === "true") scope.constants.add(node.text("id"));
      if (node.text("mutability") === "immutable") scope.immutables.add(node.text("id"));
    }
  return units.flatMap((unit) => {
    const seen = new Map<string, number>();
    const drafts = [...unit.tree.walk()].flatMap((node): Draft[] => {
      if (node.kind.startsWith("Yul")) return [];
      if (node.kind === "BinaryOperation") return inBinary(unit, node);
      if (["IfStatement", "Conditional", "WhileStatement", "DoWhileStatement", "ForStatement"].includes(node.kind))
        return inCondition(unit, node);
      if (node.kind === "Identifier") return inIdentifier(unit, node, scope);
      if (node.kind === "ModifierInvocation") return inModifier(unit, node);
      return inStatement(unit, node, scope);
    });
    return drafts.map(({ at, from, to, ...rest }) => {
      const shown = to === "" ? "dropped" : `-> ${to}`;
      const stem = `${nameOf(at)} | ${rest.operator} | ${squeeze(from)} ${shown}`;
      const count = (seen.get(stem) ?? 0) + 1;
      seen.set(stem, count);
      const id = count === 1 ? stem : `${stem} #${count}`;
      return { ...rest, id, path: unit.path, line: lineAt(unit.text, at.start) };
    });
  });
}

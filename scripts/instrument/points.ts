/** Where execution is watched: each statement, and both outcomes of each decision. */
import { dirname, posix } from "node:path";
import type { SyntaxNode, Unit } from "./ast.ts";
import { lineAt } from "./ast.ts";
import { Rewriter, withoutComments } from "./rewrite.ts";

export interface Point {
  readonly id: number;
  readonly path: string;
  /** 1-based. */
  readonly line: number;
  readonly kind: "statement" | "branch";
  /** For a branch: which decision of the file, and which of its outcomes. */
  readonly decision: number;
  readonly outcome: string;
}

export interface Instrumented {
  readonly path: string;
  readonly text: string;
  readonly points: readonly Point[];
}

/** First identifier; a word that no other call to the watched address would send. */
export const BASE = 0xa3f1c0de00000000n;
export const LIBRARY = "contracts/Hits.sol";

/**
 * The address is the one Hardhat's network watches with `--coverage`. A call replaces the data the last call returned,
 * which {BoundedCall} reads after the fact; the identity precompile gives it back.
 */
export const LIBRARY_SOURCE = `// SPDX-License-Identifier: MIT
pragma solidity >=0.8.0;

library Hits {
    function send(uint256 id) private view {
        assembly ("memory-safe") {
            let pointer := mload(0x40)
            let size := returndatasize()
            if gt(size, 4096) { size := 4096 }
            returndatacopy(add(pointer, 0x20), 0, size)
            mstore(pointer, add(${BASE}, id))
            pop(staticcall(gas(), 0xc0bEc0BEc0BeC0bEC0beC0bEC0bEC0beC0beC0BE, pointer, 0x20, 0, 0))
            if size { pop(staticcall(gas(), 4, add(pointer, 0x20), size, 0, 0)) }
        }
    }

    function pure_(function(uint256) view f) private pure returns (function(uint256) pure g) {
        assembly { g := f }
    }

    function at(uint256 id) internal pure {
        pure_(send)(id);
    }

    function branch(bool taken, uint256 id) internal pure returns (bool) {
        pure_(send)(taken ? id : id + 1);
        return taken;
    }
}
`;

const BLOCKS = ["Block", "UncheckedBlock"];

const isStatement = (node: SyntaxNode): boolean => {
  if (node.kind === "PlaceholderStatement" || node.kind.startsWith("Yul") || BLOCKS.includes(node.kind)) return false;
  if (node.role === "statements") return true;
  return ["trueBody", "falseBody"].includes(node.role) && node.parent?.kind === "IfStatement"
    ? true
    : node.role === "body" && ["ForStatement", "WhileStatement", "DoWhileStatement"].includes(node.parent?.kind ?? "");
};

/** The condition of a decision, and what its outcomes are called. */
function decisionOf(
  node: SyntaxNode,
): { readonly condition: SyntaxNode; readonly outcomes: [string, string] } | undefined {
  if (["IfStatement", "Conditional", "WhileStatement", "DoWhileStatement", "ForStatement"].includes(node.kind)) {
    const condition = node.maybe("condition");
    return condition && { condition, outcomes: ["true", "false"] };
  }
  if (node.kind !== "FunctionCall" || node.child("expression").text("name") !== "require") return undefined;
  return { condition: node.child("arguments"), outcomes: ["passes", "reverts"] };
}

/** A function in which wrapping every condition takes more stack than the EVM reaches is watched by its blocks alone. */
export const functionKey = (unit: Unit, node: SyntaxNode): string =>
  `${unit.path}:${node.above("FunctionDefinition", "ModifierDefinition")?.start ?? 0}`;

/** Rewrites one source. Line numbers are those of the original. */
export function instrument(unit: Unit, nextId: () => number, light: ReadonlySet<string>): Instrumented {
  const rewriter = new Rewriter(unit.text);
  const points: Point[] = [];
  let decisions = 0;
  const hit = (id: number): string => `Hits.at(${id});`;
  const point = (node: SyntaxNode, kind: Point["kind"], decision: number, outcome: string): number => {
    const id = nextId();
    points.push({ id, path: unit.path, line: lineAt(unit.text, node.start), kind, decision, outcome });
    return id;
  };
  for (const node of unit.tree.walk()) {
    if (isStatement(node)) {
      const id = point(node, "statement", 0, "");
      const isBare = node.role !== "statements";
      // A semicolon lies outside a statement's range, and outside that of the `if` it ends; a block must take it in.
      const end = unit.text[node.end] === ";" ? node.end + 1 : node.end;
      rewriter.edit(node.start, end, (render) =>
        isBare ? `{ ${hit(id)} ${render(node.start, end)} }` : `${hit(id)} ${render(node.start, end)}`,
      );
    }
    if (node.kind === "TryCatchClause") {
      const block = node.child("block");
      decisions += 1;
      const id = point(node, "branch", decisions, node.text("errorName") === "" ? "try or catch" : "catch");
      rewriter.edit(block.start, block.start + 1, () => `{ ${hit(id)}`);
    }
    const decision = decisionOf(node);
    if (decision === undefined || light.has(functionKey(unit, node))) continue;
    decisions += 1;
    const { condition, outcomes } = decision;
    const first = point(node, "branch", decisions, outcomes[0]);
    point(node, "branch", decisions, outcomes[1]);
    rewriter.edit(
      condition.start,
      condition.end,
      (render) => `Hits.branch(${render(condition.start, condition.end)}, ${first})`,
    );
  }
  if (points.length > 0) {
    const [pragma] = unit.tree.children("nodes").filter((node) => node.kind === "PragmaDirective");
    const from = posix.relative(dirname(unit.path), LIBRARY);
    const at = pragma?.end ?? 0;
    rewriter.edit(at, at, () => ` import {Hits} from "${from.startsWith(".") ? from : `./${from}`}";`);
  }
  return { path: unit.path, text: withoutComments(rewriter.result()), points };
}

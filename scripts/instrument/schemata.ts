/**
 * One copy of the contracts that holds many faults at once, each behind a switch. The switch is the block's beneficiary: it costs
 * no storage and no call, changes no layout, and the test runner sets it, so a fault is chosen without compiling again. Only the
 * copy is ever switched; without a choice it behaves as the original, which the run checks first.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import type { SyntaxNode, Unit } from "./ast.ts";
import { projectRoot } from "./ast.ts";
import type { Fault } from "./operators.ts";
import { Rewriter, withoutComments } from "./rewrite.ts";

/** Beneficiary of a run without a fault; fault n is chosen by the n-th address after it. */
export const BENEFICIARY = 0x4d55544154494f4e0000000000000000000000n;
export const beneficiary = (chosen: number): string =>
  `0x${(BENEFICIARY + BigInt(chosen)).toString(16).padStart(40, "0")}`;

export const SWITCH = "contracts/Faults.sol";
const SWITCH_SOURCE = `// SPDX-License-Identifier: MIT
pragma solidity >=0.8.0;

library Faults {
    function read(uint256 n) private view returns (bool) {
        return uint256(uint160(address(block.coinbase))) == ${BENEFICIARY} + n;
    }

    function pure_(
        function(uint256) view returns (bool) f
    ) private pure returns (function(uint256) pure returns (bool) g) {
        assembly { g := f }
    }

    function on(uint256 n) internal pure returns (bool) {
        return pure_(read)(n);
    }
}
`;

/** The inherited guard, and its copy with a modifier that a switch can drop. */
export const GUARD = "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
export const GUARD_COPY = "contracts/SwitchedGuard.sol";
/** The two inherited modifiers, made to depend on the switch. */
const RESTRICTED_UNLESS = `
    modifier restricted_unless(bool dropped) {
        if (!dropped) _checkCanCall(_msgSender(), _msgData());
        _;
    }
`;
const NON_REENTRANT_UNLESS = `
    modifier nonReentrant_unless(bool dropped) {
        if (!dropped) _nonReentrantBefore();
        _;
        if (!dropped) _nonReentrantAfter();
    }
`;

/** How a source in `path` imports the one in `target`. */
export const importPath = (path: string, target: string): string => {
  const way = posix.relative(dirname(path), target);
  return way.startsWith(".") ? way : `./${way}`;
};

const usesModifier = (contract: SyntaxNode, name: string, unit: Unit): boolean =>
  [...contract.walk()].some(
    (node) => node.kind === "ModifierInvocation" && unit.text.slice(node.start, node.end) === name,
  );

/** Modifiers of the source itself get a twin each; `restricted` gets one in every contract that uses it. */
function addModifiers(unit: Unit, rewriter: Rewriter): void {
  for (const node of unit.tree.walk()) {
    if (node.kind === "ModifierDefinition") {
      const body = node.child("body");
      rewriter.edit(node.start, node.end, (render) => {
        const text = render(body.start, body.end);
        const twin = `modifier ${node.text("name")}_unless(bool dropped) { if (dropped) { _; } else ${text} }`;
        return `${render(node.start, node.end)} ${twin}`;
      });
    }
    if (node.kind === "ContractDefinition" && usesModifier(node, "restricted", unit))
      rewriter.edit(node.end - 1, node.end, () => `${RESTRICTED_UNLESS}}`);
    if (node.kind === "ImportDirective" && node.text("file") === GUARD)
      rewriter.edit(node.start, node.end, () =>
        rewriter.original(node.start, node.end).replace(GUARD, importPath(unit.path, GUARD_COPY)),
      );
  }
}

/** Writes the sources of `units` with `faults` into the workspace; fault i is chosen by the number `numbers(i)`. */
export function writeSchemata(
  workspace: string,
  units: readonly Unit[],
  faults: readonly Fault[],
  numberOf: (fault: Fault) => number,
): void {
  for (const unit of units) {
    const rewriter = new Rewriter(unit.text);
    addModifiers(unit, rewriter);
    for (const fault of faults) if (fault.path === unit.path) fault.plant(rewriter, `Faults.on(${numberOf(fault)})`);
    if (rewriter.isEmpty) {
      writeFileSync(join(workspace, unit.path), unit.text, "latin1");
      continue;
    }
    const pragma = unit.tree.children("nodes").find((node) => node.kind === "PragmaDirective");
    const at = pragma?.end ?? 0;
    rewriter.edit(at, at, () => ` import {Faults} from "${importPath(unit.path, SWITCH)}";`);
    writeFileSync(join(workspace, unit.path), withoutComments(rewriter.result()), "latin1");
  }
  writeSwitch(workspace);
}

/** Writes the switch and the guard that it can drop. */
export function writeSwitch(workspace: string): void {
  writeFileSync(join(workspace, SWITCH), SWITCH_SOURCE);
  const guard = readFileSync(join(projectRoot, "node_modules", GUARD), "utf8");
  const end = guard.lastIndexOf("}");
  writeFileSync(
    join(workspace, GUARD_COPY),
    `${guard.slice(0, end).replaceAll('from "./', 'from "@openzeppelin/contracts/utils/')}${NON_REENTRANT_UNLESS}}\n`,
  );
}

/** Hardhat's configuration of the copy: the beneficiary chooses, and nothing is too large to deploy. */
export const SWITCHED_CONFIG = `import base from "./hardhat.base.config.ts";
const coinbase = process.env.MUTANT_BENEFICIARY ?? "${beneficiary(0)}";
const runs = Number(process.env.MUTANT_FUZZ_RUNS ?? "64");
const solidity = base.test.solidity.profiles.default;
const campaigns = Number(process.env.MUTANT_INVARIANT_RUNS ?? solidity.invariant.runs);
const profile = {
  ...solidity,
  coinbase,
  fuzz: { ...solidity.fuzz, runs, seed: "0x5eed" },
  // A fault that is noticed needs no shorter example.
  invariant: { ...solidity.invariant, runs: campaigns, shrinkRunLimit: 0 },
};
const simulated = {
  ...base.networks.default,
  coinbase,
  allowUnlimitedContractSize: true,
  blockGasLimit: false,
  transactionGasCap: false,
};
export default {
  ...base,
  test: { solidity: { profiles: { default: profile } } },
  networks: { default: simulated },
};
`;

/** Artifacts between observe and propose, as the other stages would hand them over. */
import { readFile } from "node:fs/promises";
import type { ApprovedAllocation, MarketSnapshot, StrategyWeight } from "../../../keeper/kernel/artifacts.ts";
import { assets } from "../../../keeper/kernel/units.ts";
import type { ProposeInput } from "../../../keeper/propose/build.ts";

// Only keeper/risk may approve. A test of propose stands behind risk and forges what it would have handed over.
const isApproved = (value: object): value is ApprovedAllocation => "kind" in value;

export function approvedRun(snapshot: MarketSnapshot, weights: readonly StrategyWeight[], nonce = 1n): ProposeInput {
  const { provenance } = snapshot;
  const idleWeight = 1 - weights.reduce((sum, { weight }) => sum + weight, 0);
  const risk = { beta: 0.95, horizonDays: 7, var: 0.001, cvar: 0.002, maxDrawdown: 0.003, volatility: 0.01 };
  const approved: object = { kind: "approved", provenance, weights, idleWeight, risk };
  if (!isApproved(approved)) throw new TypeError("not an approval");
  return {
    snapshot,
    nonce,
    approved,
    forecast: { provenance, horizonDays: 7, strategies: [], scenarios: [[0.001], [0.002]] },
    target: {
      provenance,
      objective: "mean-variance",
      weights,
      idleWeight,
      expectedReturn: 0.0005,
      horizonDays: 7,
      currentReturn: 0.0001,
      expectedCost: 0.0001,
      status: "optimal",
      certificate: { primal: 1, dual: 1, gap: 0 },
      frontier: [],
      risk: 0.01,
    },
    decision: {
      kind: "move",
      provenance,
      weights,
      idleWeight,
      expectedGain: assets(10n ** 17n),
      expectedCost: assets(10n ** 16n),
      turnover: 0.5,
      reasons: ["the band is left"],
    },
  };
}

export const linesOf = async (file: string): Promise<readonly string[]> =>
  (await readFile(file, "utf8")).trim().split("\n");

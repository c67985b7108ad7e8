/** The only place that mints an approval. */
import type { ApprovedAllocation, Decision, RiskFigures } from "../kernel/artifacts.ts";

export function approve(move: Extract<Decision, { kind: "move" }>, risk: RiskFigures): ApprovedAllocation {
  const { provenance, weights, idleWeight } = move;
  // The brand exists in the type only; this cast is what makes an approval impossible to write as a literal elsewhere.
  return Object.freeze({ kind: "approved", provenance, weights, idleWeight, risk }) as ApprovedAllocation;
}

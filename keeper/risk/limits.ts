/** Structural limits: what the weights may be, whatever the scenarios say. */
import type { AllocationConstraints, Breach, StrategyWeight } from "../kernel/artifacts.ts";
import { sum } from "../math/statistics.ts";

/**
 * Breaches of caps, entry blocks, idle and the sum. An excess that was there before and does not grow is not a breach:
 * refusing a move that lowers risk would keep the risk.
 */
export function structuralBreaches(
  weights: readonly StrategyWeight[],
  idleWeight: number,
  constraints: AllocationConstraints,
  tolerance: number,
): Breach[] {
  const breaches: Breach[] = [];
  const total = sum([...weights.map((w) => w.weight), idleWeight]);
  if (!(Math.abs(total - 1) <= tolerance)) breaches.push({ type: "weightsDoNotSum", sum: total });

  const weightOf = new Map(weights.map((w) => [w.id, w.weight]));
  for (const limits of constraints.strategies) {
    const weight = weightOf.get(limits.id) ?? 0;
    const grows = weight > limits.currentWeight + tolerance;
    if (weight < limits.minWeight - tolerance) {
      breaches.push({
        type: "recomputationDiffers",
        what: `weight of strategy ${limits.id} below what cannot leave`,
        stated: weight,
        recomputed: limits.minWeight,
      });
    }
    if (grows && limits.entryBlockedBy !== null) {
      breaches.push({ type: "inflowNotAllowed", strategyId: limits.id, reason: limits.entryBlockedBy });
    } else if (grows && weight > limits.reachableWeight + tolerance) {
      const reason = `weight ${weight} is above ${limits.reachableWeight}, what inflow budget and venue allow`;
      breaches.push({ type: "inflowNotAllowed", strategyId: limits.id, reason });
    }
    if (grows && weight > limits.capWeight + tolerance) {
      breaches.push({ type: "capExceeded", strategyId: limits.id, weight, cap: limits.capWeight });
    }
  }
  for (const { riskId, capWeight } of constraints.riskIds) {
    const members = constraints.strategies.filter((s) => s.riskIds.includes(riskId));
    const weight = sum(members.map((s) => weightOf.get(s.id) ?? 0));
    const before = sum(members.map((s) => s.currentWeight));
    if (weight > capWeight + tolerance && weight > before + tolerance) {
      breaches.push({ type: "riskIdCapExceeded", riskId, weight, cap: capWeight });
    }
  }
  const { current, minimum } = constraints.idle;
  if (idleWeight < minimum - tolerance && idleWeight < current - tolerance) {
    breaches.push({ type: "idleBelowMinimum", idle: idleWeight, minimum });
  }
  return breaches;
}

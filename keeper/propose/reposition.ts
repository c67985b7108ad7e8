/** Legs that move a range: the whole position, so no amount; the signed bound is what it must still count for. Pure. */
import type { Leg, StrategyReading } from "../kernel/artifacts.ts";
import type { RangeOutcome } from "../kernel/ranges.ts";
import { assets, BPS, fromWad, mulDivDown } from "../kernel/units.ts";
import { isProtocolId } from "../protocols/ids.ts";
import { PROTOCOLS, type Protocol } from "../protocols/index.ts";

/** As for every leg: people read the bound to 1e-6 WETH. */
const READABLE = 10n ** 12n;

/** Why the vault would refuse the move; null when it would not. */
function obstacle(strategy: StrategyReading, protocol: Protocol | null, leaving: ReadonlySet<number>): string | null {
  const { state, price, id, value } = strategy;
  if (protocol?.range === undefined) return "the venue has no range";
  if (state !== "Active" || price.status !== "Normal")
    return `a range moves only while the registry says Active and the price is normal (${state}, ${price.status})`;
  if (leaving.has(id)) return "money leaves it in this proposal; the range moves in a later one";
  return value === 0n ? "the position is empty" : null;
}

/**
 * Legs for every decision to move, ascending by strategy id. Each may lose what the venue's shortfall allows; one whose loss
 * does not fit `budget` waits.
 */
export function repositions(
  strategies: readonly StrategyReading[],
  ranges: readonly RangeOutcome[],
  leaving: ReadonlySet<number>,
  budget: bigint,
  notes: string[],
): { readonly legs: readonly Leg[]; readonly loss: bigint } {
  const legs: Leg[] = [];
  let loss = 0n;
  for (const strategy of [...strategies].sort((a, b) => a.id - b.id)) {
    const decision = ranges.find(({ strategyId }) => strategyId === strategy.id)?.decision;
    if (decision === undefined) continue;
    if (decision.kind === "hold") {
      notes.push(`${strategy.name}: the range stays: ${decision.reasons.join("; ")}`);
      continue;
    }
    const protocol = isProtocolId(strategy.protocol) ? PROTOCOLS[strategy.protocol] : null;
    const why = obstacle(strategy, protocol, leaving);
    if (why !== null || protocol === null) {
      notes.push(`${strategy.name}: the range should move to ${decision.tickLower}..${decision.tickUpper}: ${why}`);
      continue;
    }
    const kept = mulDivDown(strategy.value, BPS - BigInt(protocol.shortfallBps.Reposition), BPS);
    const minValue = kept - (kept % READABLE);
    const most = strategy.value - minValue;
    if (loss + most > budget) {
      notes.push(
        `${strategy.name}: moving the range could lose ${fromWad(most).toFixed(6)} WETH, ${fromWad(budget - loss).toFixed(6)} are left of what is allowed: it waits`,
      );
      continue;
    }
    loss += most;
    const { tickLower, tickUpper } = decision;
    legs.push({
      strategyId: strategy.id,
      kind: "Reposition",
      amount: assets(0n),
      minValue: assets(minValue),
      tickLower,
      tickUpper,
    });
  }
  return { legs, loss };
}

/** The run in a few figures, and one honest sentence. */
import { annualizedPct, maxDrawdownPct, volatilityPct } from "../../keeper/report/performance.ts";
import type { CycleResult, DayPoint, RunSummary } from "../../keeper/report/result.ts";

const count = (cycles: readonly Pick<CycleResult, "status">[], status: CycleResult["status"]): number =>
  cycles.filter((cycle) => cycle.status === status).length;

/** "above" or "below", with the distance; no adjective for a difference nobody would notice. */
function against(name: string, ours: number, theirs: number): string {
  const gap = ours - theirs;
  if (Math.abs(gap) < 0.005) return `level with ${name} (${theirs.toFixed(2)} %)`;
  return `${Math.abs(gap).toFixed(2)} points ${gap > 0 ? "above" : "below"} ${name} (${theirs.toFixed(2)} %)`;
}

/** Share of NAV that sat idle, on average, per cent: the price of the buffer and of waiting for signatures. */
function meanIdlePct(series: readonly DayPoint[]): number {
  const idle = series.map((point) => point.weights.find(({ id }) => id === 0)?.weight ?? 0);
  return (idle.reduce((sum, weight) => sum + weight, 0) / Math.max(1, idle.length)) * 100;
}

export function summarize(
  series: readonly DayPoint[],
  gross: readonly number[],
  cycles: readonly Pick<CycleResult, "status">[],
  paid: Pick<RunSummary, "gasWeth" | "feesWeth" | "queuePaidWeth">,
): RunSummary {
  const days = series.length - 1;
  const [first, last] = [series[0], series[series.length - 1]];
  const annual = (pick: (point: DayPoint) => number): number =>
    first && last ? annualizedPct(pick(first), pick(last), days) : 0;
  const netApyPct = annual((point) => point.vault);
  const equalWeightApyPct = annual((point) => point.equalWeight);
  const holdApyPct = annual((point) => point.hold);
  const index = series.map((point) => point.vault);
  return {
    netApyPct,
    grossApyPct: annualizedPct(gross[0] ?? 1, gross[gross.length - 1] ?? 1, days),
    equalWeightApyPct,
    holdApyPct,
    maxDrawdownPct: maxDrawdownPct(index),
    volatilityPct: volatilityPct(index),
    ...paid,
    executed: count(cycles, "executed"),
    refused: count(cycles, "refused"),
    held: count(cycles, "held"),
    verdict: `Net of gas and fees the vault earned ${netApyPct.toFixed(2)} % a year over ${days} days, ${against("equal weight without costs", netApyPct, equalWeightApyPct)} and ${against("holding stETH", netApyPct, holdApyPct)}. On average ${meanIdlePct(series).toFixed(1)} % of NAV was idle; both alternatives are always fully invested and pay nothing.`,
    from: first?.date ?? "",
    to: last?.date ?? "",
  };
}

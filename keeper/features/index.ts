/** build: a snapshot's raw histories in, aligned daily returns with flags out. */
import type { DataFlag, Features, MarketSnapshot, StrategyFeatures } from "../kernel/artifacts.ts";
import { DAYS_PER_YEAR, SECONDS_PER_DAY } from "../kernel/units.ts";
import { compound, standardDeviation } from "../math/statistics.ts";
import { checkFeaturesConfig, type FeaturesConfig } from "./config.ts";
import { NoUsableStrategyError } from "./errors.ts";
import { baseFeeByHour } from "./gas.ts";
import { inspectHistory } from "./quality.ts";
import { type DailyReturns, dailyReturns } from "./returns.ts";

export { DEFAULT_FEATURES_CONFIG, type FeaturesConfig } from "./config.ts";

interface Candidate extends DailyReturns {
  readonly id: number;
  readonly name: string;
}

/** Compounded growth of the last days, brought to a year; null when there are not as many. */
function annualised(returns: readonly number[], days: number): number | null {
  if (returns.length < days) return null;
  return Math.expm1((Math.log1p(compound(returns.slice(-days))) * DAYS_PER_YEAR) / days);
}

function toFeatures(candidate: Candidate, firstSlot: number, lastSlot: number): StrategyFeatures {
  const from = firstSlot - candidate.firstSlot;
  const to = lastSlot - candidate.firstSlot + 1;
  const yieldReturns = candidate.yieldReturns.slice(from, to);
  const totalReturns = candidate.totalReturns.slice(from, to);
  return {
    id: candidate.id,
    name: candidate.name,
    yieldReturns,
    totalReturns,
    apy1: annualised(yieldReturns, 1),
    apy7: annualised(yieldReturns, 7),
    apy30: annualised(yieldReturns, 30),
    volatility: standardDeviation(totalReturns) * Math.sqrt(DAYS_PER_YEAR),
  };
}

/**
 * Builds the features of every strategy whose history passes the gates; the others are excluded by a flag.
 * @param inAssetOnly ids of ranges that hold the asset alone at the pinned block: their rate stands still for a known reason, and
 * taking that for a dead feed would hold the very move that ends it.
 * @throws {NoUsableStrategyError} when none passes.
 */
export function buildFeatures(
  snapshot: MarketSnapshot,
  config: FeaturesConfig,
  inAssetOnly: ReadonlySet<number> = new Set(),
): Features {
  checkFeaturesConfig(config);
  const asOf = snapshot.provenance.timestamp;
  const flags: DataFlag[] = [...snapshot.flags];
  const refused = new Set(snapshot.flags.flatMap((f) => (f.excludes && f.strategyId !== null ? [f.strategyId] : [])));
  const exclude = (strategyId: number, code: string, message: string): void => {
    flags.push({ strategyId, code, message, excludes: true });
  };

  const candidates: Candidate[] = [];
  for (const { id, name } of [...snapshot.strategies].sort((a, b) => a.id - b.id)) {
    if (refused.has(id)) continue;
    const histories = snapshot.history.filter((entry) => entry.id === id);
    const history = histories[0];
    if (history === undefined || histories.length > 1) {
      exclude(id, "history-not-unique", `Strategy ${id} has ${histories.length} histories; exactly one is needed.`);
      continue;
    }
    const inspected = inspectHistory(history, asOf, config, inAssetOnly.has(id));
    flags.push(...inspected.flags);
    if (inspected.flags.some((flag) => flag.excludes)) continue;
    const returns = dailyReturns(id, inspected.samples, asOf, config);
    flags.push(...returns.flags);
    if (returns.yieldReturns.length < config.minimumDays) {
      const got = returns.yieldReturns.length;
      exclude(id, "history-short", `Strategy ${id} has ${got} usable days; ${config.minimumDays} are needed.`);
      continue;
    }
    candidates.push({ id, name, ...returns });
  }

  // Freshness bounds how far apart histories end, so the window that all share loses at most maximumAgeDays.
  const end = (c: Candidate): number => c.firstSlot + c.yieldReturns.length - 1;
  const lastSlot = Math.min(...candidates.map(end));
  const firstSlot = Math.max(...candidates.map((c) => c.firstSlot), lastSlot - config.lookbackDays + 1);
  if (candidates.length === 0 || lastSlot - firstSlot + 1 < 2) {
    const excluded = flags.filter((flag) => flag.excludes).map((flag) => `${flag.strategyId}: ${flag.code}`);
    throw new NoUsableStrategyError(excluded);
  }
  const gas = baseFeeByHour(snapshot.gas, asOf);
  return {
    provenance: snapshot.provenance,
    days: Array.from({ length: lastSlot - firstSlot + 1 }, (_, t) => asOf + (firstSlot + t) * SECONDS_PER_DAY),
    strategies: candidates.map((candidate) => toFeatures(candidate, firstSlot, lastSlot)),
    baseFeeByHour: gas.medians,
    flags: [...flags, ...gas.flags],
  };
}

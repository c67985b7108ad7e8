/** Where the market came from, and, for a recorded one, whether the chain earned what the file says was earned. */
import type { MarketSnapshot } from "../../keeper/kernel/artifacts.ts";
import { fromWad, SECONDS_PER_DAY } from "../../keeper/kernel/units.ts";
import { annualizedPct } from "../../keeper/report/performance.ts";
import type { RunResult } from "../../keeper/report/result.ts";
import { formatDate } from "../market/market.ts";
import type { World } from "../world.ts";

const PAR = 10n ** 18n;

/** Growth of one venue on chain, protocol rate times market price, from its first to its last sample. */
function growthOf(
  snapshot: MarketSnapshot,
  protocol: string,
  withPrice: boolean,
): { readonly growth: number; readonly from: number; readonly to: number } | null {
  const strategy = snapshot.strategies.find((candidate) => candidate.protocol === protocol);
  const history = snapshot.history.find(({ id }) => id === strategy?.id);
  if (!history) return null;
  const level = (index: number): number =>
    fromWad(history.rates[index] ?? 0n) * (withPrice ? fromWad(history.marketRatios?.[index] ?? PAR) : 1);
  const end = history.rates.length - 1;
  const [from, to] = [history.timestamps[0], history.timestamps[end]];
  if (from === undefined || to === undefined || end < 1) return null;
  return { growth: level(end) / level(0), from, to };
}

export function describeMarket(world: World, snapshot: MarketSnapshot): RunResult["market"] {
  const { recorded, market } = world;
  if (recorded === null) return { kind: "synthetic", describes: market.source, mapping: [], recorded: null };
  const lido = growthOf(snapshot, "lido", true);
  const mapping = recorded
    .describeMapping()
    .map(({ column, feeds, note }) => ({ column, feeds: note === "" ? feeds : `${feeds} (${note})` }));
  if (lido === null) return { kind: "recorded", describes: market.source, mapping, recorded: null };

  // A day's return lands in the block at the following midnight.
  const days = Math.round((lido.to - lido.from) / SECONDS_PER_DAY);
  const file = recorded.holdReturns(formatDate(lido.from), formatDate(lido.to - SECONDS_PER_DAY));
  const fromFile = (total: number): number => annualizedPct(1, 1 + total, days);
  const onChain = (found: ReturnType<typeof growthOf>): number | null =>
    found === null ? null : annualizedPct(1, found.growth, days);
  return {
    kind: "recorded",
    describes: market.source,
    mapping,
    recorded: [
      { name: "wstETH at market price", apyPct: fromFile(file.wstETH_mkt), onChainApyPct: onChain(lido) },
      {
        name: "wstETH at protocol rate",
        apyPct: fromFile(file.wstETH_prot),
        onChainApyPct: onChain(growthOf(snapshot, "lido", false)),
      },
      {
        name: "weETH at market price",
        apyPct: fromFile(file.weETH_mkt),
        onChainApyPct: onChain(growthOf(snapshot, "etherfi", true)),
      },
      {
        name: "Aave v3 WETH",
        apyPct: fromFile(file.aave_WETH),
        onChainApyPct: onChain(growthOf(snapshot, "aave-v3", false)),
      },
      {
        name: "equal weight of wstETH, weETH, Aave WETH and Curve stETH (APY only), no cost",
        apyPct: fromFile(file.equalWeight),
        onChainApyPct: null,
      },
    ],
  };
}

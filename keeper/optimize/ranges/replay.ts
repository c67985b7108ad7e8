/**
 * Walk-forward replay of range strategies in an exact pool: arbitrage moves the pool to within its fee of the market at every
 * step, other trade goes there and back, and a strategy decides at its times from the past alone. The other token is token0.
 */
import type { HeldRange, RangeDecision, RangeMarket } from "../../kernel/ranges.ts";
import { type Assets, assets, fromWad, SECONDS_PER_DAY, toWad } from "../../kernel/units.ts";
import { ConcentratedPool } from "../../math/concentrated/pool.ts";
import { floorToSpacing, MAX_TICK, priceOfSqrt, sqrtPriceOfWad } from "../../math/concentrated/ticks.ts";
import { maximumDrawdown } from "../../math/risk-measures.ts";
import { Account, type Dealing } from "./account.ts";
import type { RangeConfig } from "./config.ts";
import { decideRange } from "./decide.ts";
import { ticksOf } from "./position.ts";
import { arbitraged } from "./simulate.ts";

export interface ReplaySeries {
  /** Unix seconds, ascending. */
  readonly times: readonly number[];
  readonly prices: readonly number[];
  readonly rates: readonly number[] | null;
}

export interface ReplaySettings {
  readonly fee: number;
  readonly tickSpacing: number;
  /** Asset at the start. */
  readonly capital: Assets;
  readonly gasCost: Assets;
  readonly slippage: number;
  /** Trade a day that leaves the price alone, asset units. */
  readonly volumePerDay: Assets;
  /** Others' liquidity over all prices (L). */
  readonly othersLiquidity: bigint;
  /** Days between decisions. */
  readonly decisionDays: number;
  /** Rows before the first decision: the model's warm-up, skipped for every strategy. */
  readonly warmUp: number;
}

export interface DecisionPoint {
  /** Row of the series: nothing after it is known. */
  readonly row: number;
  readonly market: RangeMarket;
}

/** What a strategy wants at a decision: a range, "stay", or the tokens outside in a given share of the other one. */
export type Wish =
  | { readonly kind: "range"; readonly range: HeldRange }
  | { readonly kind: "stay" }
  | { readonly kind: "tokens"; readonly share: number };

export interface RangeStrategy {
  readonly name: string;
  readonly wish: (point: DecisionPoint) => Wish;
}

export interface ReplayResult {
  readonly name: string;
  readonly days: number;
  /** Worth at the end over capital at the start, minus one; both at market. */
  readonly growth: number;
  /** The same, annualised by compounding. */
  readonly growthYearly: number;
  readonly fees: number;
  readonly costs: number;
  readonly moves: number;
  /** Share of steps with the pool's price inside the range. */
  readonly inRange: number;
  readonly maxDrawdown: number;
  /** Worth over capital after each step, at market. */
  readonly worth: readonly number[];
  readonly decisions: readonly { readonly row: number; readonly range: HeldRange | null }[];
}

/** Moves the pool to a price; where there is no liquidity the price moves for nothing, as in the contracts. */
function moveTo(pool: ConcentratedPool, price: number): void {
  const target = sqrtPriceOfWad(toWad(price), false);
  if (target !== pool.sqrtPrice) pool.swap(target < pool.sqrtPrice, 10n ** 40n, target);
}

/** Buys with `amount` of the asset and sells back until the price is where it was: volume without direction. */
function tradeBackAndForth(pool: ConcentratedPool, amount: bigint): void {
  if (amount === 0n || pool.liquidity === 0n) return;
  const before = pool.sqrtPrice;
  const ceiling = sqrtPriceOfWad(toWad(priceOfSqrt(before) * 1.05), false);
  pool.swap(false, amount, ceiling);
  if (pool.sqrtPrice > before) pool.swap(true, 10n ** 40n, before);
}

function marketAt(
  series: ReplaySeries,
  row: number,
  lookbackRows: number,
): Pick<RangeMarket, "times" | "prices" | "rates" | "asOf"> {
  const from = Math.max(0, row + 1 - lookbackRows);
  return {
    asOf: series.times[row] ?? 0,
    times: series.times.slice(from, row + 1),
    prices: series.prices.slice(from, row + 1),
    rates: series.rates === null ? null : series.rates.slice(from, row + 1),
  };
}

/** Replays one strategy alone with the others' liquidity. Each strategy meets the same market in a pool of its own. */
export function replay(series: ReplaySeries, settings: ReplaySettings, strategy: RangeStrategy): ReplayResult {
  const { times, prices, rates } = series;
  const fee = settings.fee / 1e6;
  const first = settings.warmUp;
  const start = prices[first] ?? Number.NaN;
  const pool = new ConcentratedPool({
    version: "v3",
    fee: settings.fee,
    tickSpacing: settings.tickSpacing,
    sqrtPrice: sqrtPriceOfWad(toWad(start), false),
  });
  const edge = floorToSpacing(MAX_TICK, settings.tickSpacing);
  if (settings.othersLiquidity > 0n) pool.mint("others", -edge, edge, settings.othersLiquidity);
  const account = new Account(pool, settings.capital);
  const capital = fromWad(settings.capital);
  const worth: number[] = [];
  const decisions: { row: number; range: HeldRange | null }[] = [];
  let inside = 0;
  let decideAt = times[first] ?? 0;

  for (let row = first; row < times.length; row++) {
    const price = prices[row] ?? start;
    const elapsed = row === first ? 0 : ((times[row] ?? 0) - (times[row - 1] ?? 0)) / SECONDS_PER_DAY;
    moveTo(pool, arbitraged(priceOfSqrt(pool.sqrtPrice), price, fee));
    tradeBackAndForth(pool, BigInt(Math.round(fromWad(settings.volumePerDay) * elapsed * 5e8)) * 10n ** 9n);
    if ((times[row] ?? 0) >= decideAt) {
      decideAt = (times[row] ?? 0) + settings.decisionDays * SECONDS_PER_DAY;
      // Enough rows for any lookback a strategy may use; a slice, so that nothing later can be read.
      const market: RangeMarket = {
        ...marketAt(series, row, 24 * 366),
        legs: null,
        pool: {
          fee: settings.fee,
          tickSpacing: settings.tickSpacing,
          assetIsToken0: false,
          price: priceOfSqrt(pool.sqrtPrice),
          volumePerDay: settings.volumePerDay,
          othersLiquidity: settings.othersLiquidity,
        },
        value: assets(BigInt(Math.round(account.worth(price) * 1e6)) * 10n ** 12n),
        current: account.range,
        gasCost: settings.gasCost,
        slippage: settings.slippage,
      };
      const dealing: Dealing = {
        // The engine's adapters mint and never buy, through a depeg too, when the market is the cheaper. A pair without a
        // rate has no protocol to mint at.
        buy: rates?.[row] ?? price / (1 - fee - settings.slippage),
        sell: price * (1 - fee - settings.slippage),
      };
      const wish = strategy.wish({ row, market });
      if (wish.kind === "range") account.enter(wish.range, price, dealing, settings.gasCost);
      else if (wish.kind === "tokens") {
        account.leave();
        account.balance(wish.share, price, dealing);
      }
      decisions.push({ row, range: account.range });
    }
    if (isInside(pool, account.range)) inside++;
    worth.push(account.worth(price) / capital);
  }
  const days = ((times[times.length - 1] ?? 0) - (times[first] ?? 0)) / SECONDS_PER_DAY;
  const last = prices[prices.length - 1] ?? start;
  const growth = (worth[worth.length - 1] ?? 1) - 1;
  return {
    name: strategy.name,
    days,
    growth,
    growthYearly: (1 + growth) ** (365 / days) - 1,
    fees: account.feesWorth(last) / capital,
    costs: fromWad(account.costs) / capital,
    moves: account.moves,
    inRange: inside / worth.length,
    maxDrawdown: maximumDrawdown(
      worth.map((value, i) => value / (worth[i - 1] ?? 1) - 1),
      "compounded",
    ),
    worth,
    decisions,
  };
}

const isInside = (pool: ConcentratedPool, range: HeldRange | null): boolean =>
  range !== null && pool.tick >= range.tickLower && pool.tick < range.tickUpper;

const STAY: Wish = { kind: "stay" };

/** The policy of this folder; before its first range it holds the asset. `seen` receives every decision. */
export function policyStrategy(
  config: RangeConfig,
  seen: (row: number, decision: RangeDecision) => void = () => {},
): RangeStrategy {
  return {
    name: "policy",
    wish: ({ row, market }) => {
      const decision = decideRange(market, config);
      seen(row, decision);
      if (decision.kind === "hold") return STAY;
      return { kind: "range", range: { tickLower: decision.tickLower, tickUpper: decision.tickUpper } };
    },
  };
}

/** A band of `width` (log price) around the anchor at entry; `recentres` moves it when the pool's price has left it. */
export function bandStrategy(name: string, width: number, recentres: boolean): RangeStrategy {
  return {
    name,
    wish: ({ market }) => {
      const { current, pool, prices, rates } = market;
      if (current !== null) {
        const tick = Math.log(pool.price) / Math.log(1.0001);
        const stands = tick >= current.tickLower && tick < current.tickUpper;
        if (stands || !recentres) return STAY;
      }
      const anchor = (recentres && current !== null ? prices : (rates ?? prices)).at(-1) ?? pool.price;
      const bounds = { lowerPrice: anchor * Math.exp(-width), upperPrice: anchor * Math.exp(width) };
      return { kind: "range", range: ticksOf(bounds, pool.tickSpacing, pool.assetIsToken0) };
    },
  };
}

/** Liquidity at every price. */
export function fullRangeStrategy(tickSpacing: number): RangeStrategy {
  const edge = floorToSpacing(MAX_TICK, tickSpacing);
  return {
    name: "full range",
    wish: ({ market }) =>
      market.current === null ? { kind: "range", range: { tickLower: -edge, tickUpper: edge } } : STAY,
  };
}

/** Tokens outside the pool, bought at the start and held. */
export function holdStrategy(name: string, share: number): RangeStrategy {
  let isBought = false;
  return {
    name,
    wish: () => {
      if (isBought) return STAY;
      isBought = true;
      return { kind: "tokens", share };
    },
  };
}

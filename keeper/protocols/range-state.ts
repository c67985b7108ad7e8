/** What the twins of Uniswap v3 and v4 share: reading a pool around the protocol's rate, and the state it gives. */
import type { Interface } from "ethers";
import { IStETH__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/lido/ILido.sol/IStETH__factory.ts";
import { IWstETH__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/lido/ILido.sol/IWstETH__factory.ts";
import { signed } from "../chain/fields.ts";
import { type Outcome, type ViewCall, view, viewUint } from "../chain/multicall.ts";
import { type Address, fromWad, toWad, WAD } from "../kernel/units.ts";
import type { YieldPart } from "../kernel/venue-state.ts";
import type { Inspect, Reads, VenueSite } from "./protocol.ts";
import { answer, growth, known, less, missing, NO_REWARD, positive, refusal, share, YEAR_SECONDS } from "./quotes.ts";
import { feeOf, legs, lstShare, orient, type RangePool, rootAt, rootOf, sell, tickOf } from "./range.ts";
import { targetAt, viewBool } from "./targets.ts";

const lstInterface = IWstETH__factory.createInterface();
const stEthInterface = IStETH__factory.createInterface();
/** Tick steps that are read; the adapter's own depth reading stops at 64. */
const MAX_STEPS = 128;
const Q128 = 2n ** 128n;
const Q256 = 2n ** 256n;
const BPS = 10_000;

/** One pool of either version. */
export interface PoolSource {
  readonly isAssetToken0: boolean;
  readonly sqrtPrice: (reads: Reads) => () => bigint;
  readonly active: (reads: Reads) => () => bigint;
  /** Fee of a sale of wstETH, hundredths of a basis point. */
  readonly fee: (reads: Reads) => () => bigint;
  readonly liquidityNet: (tick: number) => ViewCall<bigint>;
  /** Fees of token0 and token1 per unit of liquidity since the pool began, Q128, wrapping. */
  readonly feeGrowth: (reads: Reads) => () => Outcome<readonly [bigint, bigint]>;
}

/** Value of two outcomes, or the first one's reason. */
export const pairOf = (first: Outcome<bigint>, second: Outcome<bigint>): Outcome<readonly [bigint, bigint]> =>
  first.ok ? (second.ok ? answer([first.value, second.value] as const) : second) : first;

/** Trading fees on a range that was in range throughout, by the pool's counters at both ends of the window. */
function feeYield(
  now: Outcome<readonly [bigint, bigint]>,
  past: Outcome<readonly [bigint, bigint]>,
  seconds: number,
  pool: RangePool,
  isAssetToken0: boolean,
): YieldPart {
  if (!now.ok) return missing(`the pool's fee counters are not answered: ${now.reason}`);
  if (seconds <= 0 || !past.ok) return missing("the pool's fee counters have no earlier reading");
  if (pool.root <= pool.lower || pool.root >= pool.upper) return known(0, "the pool stands outside the range");
  const grown = [0, 1].map((token) => {
    const wrapped = ((now.value[token] ?? 0n) - (past.value[token] ?? 0n) + Q256) % Q256;
    return fromWad((wrapped * WAD) / Q128);
  });
  const [first = 0, second = 0] = grown;
  const { eth, lst } = legs(pool);
  const earned = isAssetToken0 ? first + second * pool.price : second + first * pool.price;
  const yearly = (earned / (eth + lst * pool.price)) * (YEAR_SECONDS / seconds);
  return known(
    yearly,
    `feeGrowthGlobal over ${(seconds / 86_400).toFixed(1)} days, in range throughout, before losses to arbitrage`,
  );
}

export interface RangeSpec {
  readonly id: "uniswap-v3" | "uniswap-v4";
  readonly adapterInterface: Interface;
  /** Plans what tells the pool; the answer is there in the second round. */
  readonly pool: (site: VenueSite, now: Reads) => () => PoolSource;
}

/** Targets are the rate source, the pool or its reader, wstETH and stETH. */
export const inspectRange =
  ({ id, adapterInterface, pool }: RangeSpec): Inspect =>
  (site, now) => {
    const { adapter, sizes, targets } = site;
    const lst: Address = targetAt(id, targets, 2);
    const price = positive("wstETH.stEthPerToken", now.need(viewUint(lstInterface, lst, "stEthPerToken")));
    const isPaused = now.need(viewBool(stEthInterface, targetAt(id, targets, 3), "isStakingPaused"));
    const number = (name: string) =>
      now.need(view(adapterInterface, adapter, name, [], (row) => Number(signed(row, 0))));
    const [tickLower, tickUpper, spacing, bandBps] = [
      number("tickLower"),
      number("tickUpper"),
      number("tickSpacing"),
      number("bandBps"),
    ];
    const own = now.need(viewUint(adapterInterface, adapter, "liquidity"));
    const source = pool(site, now);
    return (next, past) => {
      const { isAssetToken0, sqrtPrice, active, fee, liquidityNet, feeGrowth } = source();
      const band = bandBps() / BPS;
      const step = spacing();
      const oriented = tickOf(fromWad(price()));
      // From below the floor to above the band: a pool that stands elsewhere is closed for entries.
      const reach = Math.ceil(Math.log(1 / (1 - band)) / Math.log(1.0001) / step) + 1;
      const middle = Math.round(orient(oriented, isAssetToken0) / step);
      const count = 2 * reach + 1;
      const ticks = Array.from({ length: Math.min(count, MAX_STEPS) }, (_, index) => {
        const tick = (middle - reach + index) * step;
        return { tick, net: next.need(liquidityNet(tick)) };
      });
      const reads = { sqrtPrice: sqrtPrice(next), active: active(next), fee: fee(next) };
      const growthNow = feeGrowth(next);
      const growthPast = feeGrowth(past);
      const pastPrice = past.want(viewUint(lstInterface, lst, "stEthPerToken"));
      return (window) => {
        const ends = [tickLower(), tickUpper()]
          .map((tick) => rootAt(orient(tick, isAssetToken0)))
          .sort((a, b) => a - b);
        const [lower = 0, upper = 0] = ends;
        const state: RangePool = {
          root: rootOf(reads.sqrtPrice(), isAssetToken0),
          active: Number(reads.active()),
          price: fromWad(price()),
          band,
          fee: feeOf(reads.fee()),
          lower,
          upper,
          own: Number(own()),
          // Turned round, what the price gains on its way up is what the pool's tick loses.
          ticks: ticks.map(({ tick, net }) => ({
            root: rootAt(orient(tick, isAssetToken0)),
            net: isAssetToken0 ? -Number(net()) : Number(net()),
          })),
        };
        const poolPrice = state.root ** 2;
        const isBelow = poolPrice < (state.price * (1 - band)) / (1 - state.fee);
        const isAbove = poolPrice > state.price * (1 + band);
        const stands = `the pool stands at ${poolPrice.toFixed(6)} ether per wstETH, Lido at ${state.price.toFixed(6)}`;
        const part = lstShare(state);
        const staking = growth(
          { now: answer(price()), past: pastPrice(), seconds: window.seconds },
          "wstETH.stEthPerToken",
        );
        const exit = (size: bigint): Outcome<bigint> => {
          if (count > MAX_STEPS) return refusal(`the band spans ${count} tick steps, ${MAX_STEPS} are read`);
          if (isAbove) return refusal(`${stands}: above the ticks that are read`);
          if (isBelow && part > 0) return refusal(`${stands}: below the floor, the adapter does not sell`);
          const offered = (Number(size) * part) / state.price;
          const { received, sold } = sell(state, offered);
          if (sold < offered * (1 - 1e-9))
            return refusal("others' liquidity above the floor does not buy that much wstETH");
          return answer(less(size, part - received / Number(size)));
        };
        const whole = sell(state, Number.MAX_SAFE_INTEGER * 1e18).sold;
        const payable = part === 0 ? null : (whole * state.price) / part / 1e18;
        return {
          apy: {
            base: share(staking, part, "wstETH"),
            fees: feeYield(growthNow(), growthPast(), window.seconds, state, isAssetToken0),
            reward: NO_REWARD,
          },
          cap: null,
          enter: {
            closed: isPaused() ? "Lido has paused staking" : isBelow || isAbove ? `${stands}: outside the band` : null,
            quotes: sizes.map((size) => answer<bigint>(size)),
            source:
              "the wstETH leg is staked at Lido's rate, no swap; the adapter counts it at the floor price, less by up to the band",
          },
          leave: {
            closed: isBelow && part > 0 ? `${stands}: below the floor, the adapter does not sell` : null,
            quotes: sizes.map(exit),
            source: "the range's legs at the pool's price, the wstETH leg sold into others' liquidity tick by tick",
            instant: payable === null ? answer(2n ** 128n - 1n) : answer(toWad(payable)),
            queued: null,
            delay: null,
          },
        };
      };
    };
  };

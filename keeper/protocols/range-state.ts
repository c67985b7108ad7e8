/** What the twins of Uniswap v3 and v4 share: reading a pool around the protocol's rate, and the state it gives. */
import type { Interface } from "ethers";
import { IStETH__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/lido/ILido.sol/IStETH__factory.ts";
import { IWstETH__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/lido/ILido.sol/IWstETH__factory.ts";
import { signed } from "../chain/fields.ts";
import { type Outcome, type ViewCall, view, viewUint } from "../chain/multicall.ts";
import { type Address, fromWad, toWad } from "../kernel/units.ts";
import type { Inspect, Reads, VenueSite } from "./protocol.ts";
import { answer, growth, less, NO_REWARD, positive, refusal, share } from "./quotes.ts";
import { feeOf, lstShare, orient, type RangePool, rootAt, rootOf, sell, tickOf } from "./range.ts";
import { type FeeGrowth, feeYield } from "./range-fees.ts";
import { targetAt, viewBool } from "./targets.ts";

const lstInterface = IWstETH__factory.createInterface();
const stEthInterface = IStETH__factory.createInterface();
/** Tick steps that are read; the adapter's own depth reading stops at 64. */
const MAX_STEPS = 128;
const BPS = 10_000;

/** One pool of either version. */
export interface PoolSource {
  readonly isAssetToken0: boolean;
  readonly sqrtPrice: (reads: Reads) => () => bigint;
  readonly active: (reads: Reads) => () => bigint;
  /** Fee of a sale of wstETH, hundredths of a basis point. */
  readonly fee: (reads: Reads) => () => bigint;
  readonly liquidityNet: (tick: number) => ViewCall<bigint>;
  /** Square root of the price at a block that may not answer. */
  readonly pastPrice: ViewCall<bigint>;
  /** Fees per unit of liquidity since the pool began, Q128, wrapping. */
  readonly feeGrowth: (reads: Reads) => () => Outcome<FeeGrowth>;
  /** The same between two ticks that are both open. */
  readonly feeGrowthInside: (reads: Reads, lower: number, upper: number) => () => Outcome<FeeGrowth>;
}

/** Value of two outcomes, or the first one's reason. */
export const pairOf = (first: Outcome<bigint>, second: Outcome<bigint>): Outcome<readonly [bigint, bigint]> =>
  first.ok ? (second.ok ? answer([first.value, second.value] as const) : second) : first;

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
    const tickOfAdapter = (name: string): ViewCall<bigint> =>
      view(adapterInterface, adapter, name, [], (row) => signed(row, 0));
    const number = (name: string) => {
      const read = now.need(tickOfAdapter(name));
      return () => Number(read());
    };
    const [tickLower, tickUpper, spacing, bandBps] = [
      number("tickLower"),
      number("tickUpper"),
      number("tickSpacing"),
      number("bandBps"),
    ];
    const own = now.need(viewUint(adapterInterface, adapter, "liquidity"));
    const source = pool(site, now);
    return (next, past) => {
      const { isAssetToken0, sqrtPrice, pastPrice, active, fee, liquidityNet, feeGrowth, feeGrowthInside } = source();
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
      const [lowerTick, upperTick] = [tickLower(), tickUpper()];
      const growthNow = feeGrowth(next);
      const growthPast = feeGrowth(past);
      const insideNow = feeGrowthInside(next, lowerTick, upperTick);
      const insidePast = feeGrowthInside(past, lowerTick, upperTick);
      const rootPast = past.want(pastPrice);
      const heldPast = [
        viewUint(adapterInterface, adapter, "liquidity"),
        tickOfAdapter("tickLower"),
        tickOfAdapter("tickUpper"),
      ].map((call) => past.want(call));
      const pastRate = past.want(viewUint(lstInterface, lst, "stEthPerToken"));
      return (window) => {
        const ends = [lowerTick, upperTick].map((tick) => rootAt(orient(tick, isAssetToken0))).sort((a, b) => a - b);
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
        const isWithin = (root: number): boolean => root > lower && root < upper;
        const before = rootPast();
        const pastRoot = before.ok && before.value > 0n ? rootOf(before.value, isAssetToken0) : null;
        const wasHeld = (): boolean => {
          const [liquidity, first, second] = heldPast.map((read) => read());
          const isSame = (held: Outcome<bigint> | undefined, tick: number) =>
            held?.ok === true && Number(held.value) === tick;
          return (
            liquidity?.ok === true && liquidity.value > 0n && isSame(first, lowerTick) && isSame(second, upperTick)
          );
        };
        const poolPrice = state.root ** 2;
        const isBelow = poolPrice < (state.price * (1 - band)) / (1 - state.fee);
        const isAbove = poolPrice > state.price * (1 + band);
        const stands = `the pool stands at ${poolPrice.toFixed(6)} ether per wstETH, Lido at ${state.price.toFixed(6)}`;
        const part = lstShare(state);
        const staking = growth(
          { now: answer(price()), past: pastRate(), seconds: window.seconds },
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
            fees: feeYield(
              {
                global: growthNow(),
                inside: insideNow(),
                isHeld: state.own > 0,
                isInRange: isWithin(state.root),
              },
              {
                global: growthPast(),
                inside: insidePast(),
                isHeld: wasHeld(),
                isInRange: pastRoot === null ? null : isWithin(pastRoot),
              },
              window.seconds,
              state,
              isAssetToken0,
            ),
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

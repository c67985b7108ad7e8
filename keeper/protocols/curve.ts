/**
 * Curve pool of ether and stETH, entered and left with ether alone. The virtual price grows by trading fees and by the
 * staking yield of the stETH half; exits are instant while the pool pays the counted value in ether.
 */
import { CurveAdapter__factory } from "../../types/ethers-contracts/factories/contracts/adapters/CurveAdapter__factory.ts";
import { ICurveLegacyPool__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/curve/ICurve.sol/ICurveLegacyPool__factory.ts";
import { ICurveNgPool__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/curve/ICurve.sol/ICurveNgPool__factory.ts";
import { ICurvePool__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/curve/ICurve.sol/ICurvePool__factory.ts";
import { IStETH__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/lido/ILido.sol/IStETH__factory.ts";
import { IWETH9__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/weth/IWETH9__factory.ts";
import { addr, int, uint } from "../chain/fields.ts";
import { type Outcome, view, viewUint } from "../chain/multicall.ts";
import { fromWad, WAD } from "../kernel/units.ts";
import { GAS } from "./gas.ts";
import type { Inspect, Protocol } from "./protocol.ts";
import { answer, growth, missing, NO_REWARD, positive, remainder, share, worthOf } from "./quotes.ts";
import { targetAt, targetOf, viewBool } from "./targets.ts";

const adapterInterface = CurveAdapter__factory.createInterface();
const venue = ICurvePool__factory.createInterface();
/** `bandBps` that the adapter is to be deployed with; another one shows as RATE_SOURCE_DIFFERS and is not used. */
export const CURVE_BAND_BPS = 20n;
const BPS = 10_000n;

const legacyInterface = ICurveLegacyPool__factory.createInterface();
const ngInterface = ICurveNgPool__factory.createInterface();
const stEthInterface = IStETH__factory.createInterface();
const erc20 = IWETH9__factory.createInterface();
const FEE_DENOMINATOR = 10n ** 10n;

/**
 * The fee that an entry with ether alone pays in the old family, LP tokens. Half the swap fee on each coin's distance from
 * its part of the grown pool (StableSwapSTETH.vy, add_liquidity, N = 2); the grown invariant over the old one is one plus
 * minted / supply. The invariant's price of either coin counts as one, which is exact in a balanced pool only; test/fork/states
 * holds the result against the real pool.
 */
function legacyFee(
  minted: bigint,
  assetsIn: bigint,
  pool: {
    readonly own: bigint;
    readonly other: bigint;
    readonly supply: bigint;
    readonly fee: bigint;
    readonly price: bigint;
  },
): bigint {
  const grown = (balance: bigint): bigint => balance + (balance * minted) / pool.supply;
  const ownDistance = pool.own + assetsIn - grown(pool.own);
  const otherDistance = grown(pool.other) - pool.other;
  return ((((ownDistance + otherDistance) * pool.fee) / 2n / FEE_DENOMINATOR) * WAD) / pool.price;
}

const inspect: Inspect = ({ adapter, sizes, targets }, now) => {
  const pool = targetAt("curve", targets, 0);
  const lpToken = targetAt("curve", targets, 1);
  const price = positive("get_virtual_price", now.need(viewUint(venue, pool, "get_virtual_price")));
  const fee = now.need(viewUint(venue, pool, "fee"));
  const balances = [0, 1].map((coin) => now.need(viewUint(venue, pool, "balances", [coin])));
  const coins = [0, 1].map((coin) => now.need(view(venue, pool, "coins", [coin], (row) => addr(row, 0))));
  const index = now.need(view(adapterInterface, adapter, "assetIndex", [], (row) => int(row, 0)));
  const isNg = now.need(viewBool(adapterInterface, adapter, "isNg"));
  const band = now.need(viewUint(adapterInterface, adapter, "bandBps"));
  const supply = positive("the LP token's supply", now.need(viewUint(erc20, lpToken, "totalSupply")));
  return (next, past) => {
    const family = isNg() ? ngInterface : legacyInterface;
    const amounts = (size: bigint): readonly bigint[] => (index() === 0 ? [size, 0n] : [0n, size]);
    const minted = sizes.map((size) => next.want(viewUint(family, pool, "calc_token_amount", [amounts(size), true])));
    const oneOut = (lp: bigint) => next.want(viewUint(venue, pool, "calc_withdraw_one_coin", [lp, index()]));
    const paid = sizes.map((size) => oneOut((size * WAD) / price()));
    const least = oneOut(WAD);
    const staked = coins[1 - index()]?.();
    const stakedRates =
      staked === undefined
        ? null
        : [next, past].map((round) => round.want(viewUint(stEthInterface, staked, "getPooledEthByShares", [WAD])));
    return (window) => {
      const own = balances[index()]?.() ?? 0n;
      const other = balances[1 - index()]?.() ?? 0n;
      const [stakedNow, stakedPast] = stakedRates?.map((read) => read()) ?? [];
      const staking =
        stakedNow === undefined || stakedPast === undefined
          ? missing("the pool names no second coin")
          : growth({ now: stakedNow, past: stakedPast, seconds: window.seconds }, "stETH.getPooledEthByShares");
      const base = share(
        staking,
        fromWad((other * WAD) / positive("the pool's balances", () => own + other)()),
        "stETH",
      );
      const counted = (price() * (BPS - band())) / BPS;
      const first = least();
      const isShort = first.ok && first.value < counted;
      const entry = sizes.map((size, place): Outcome<bigint> => {
        const lp = minted[place]?.() ?? { ok: false, reason: "not asked" };
        if (!lp.ok) return lp;
        const pooled = { own, other, supply: supply(), fee: fee(), price: price() };
        const charged = isNg() ? 0n : legacyFee(lp.value, size, pooled);
        return answer(worthOf(lp.value - charged, price()));
      });
      const closed = isShort
        ? `the pool is short of ether: one LP token leaves for less than its counted ${counted} wei`
        : null;
      return {
        apy: { base, fees: remainder(growth(window, "get_virtual_price"), base), reward: NO_REWARD },
        cap: null,
        discount: Number(band()) / Number(BPS),
        enter: {
          closed,
          quotes: entry,
          source: isNg()
            ? "calc_token_amount, fees included, at the virtual price"
            : "calc_token_amount less the imbalance fee of its formula, at the virtual price",
        },
        leave: {
          closed,
          quotes: paid.map((read) => read()),
          source: "calc_withdraw_one_coin, fees included; the adapter refuses what is below its counted value",
          instant: answer(own),
          queued: null,
          delay: null,
        },
      };
    };
  };
};

export const curve = {
  id: "curve",
  adapterContract: "CurveAdapter",
  hasAsyncExit: false,
  exitDelayDays: 0,
  // The stETH half follows the feed; the guard applies it to the whole position, which is the cautious side.
  feedPrices: "underlying",
  gas: GAS.curve,
  // An entry counts less the band and pays the imbalance fee; an exit pays at least what was counted.
  shortfallBps: { Deallocate: 1, RequestExit: 0, Allocate: 25, Reposition: 0 },
  targets: (adapter) => ["pool", "lpToken"].map((name) => targetOf(adapterInterface, adapter, name)),
  rateAt: (targets) =>
    view(
      venue,
      targetAt("curve", targets, 0),
      "get_virtual_price",
      [],
      (row) => (uint(row, 0) * (BPS - CURVE_BAND_BPS)) / BPS,
    ),
  inspect,
} as const satisfies Protocol;

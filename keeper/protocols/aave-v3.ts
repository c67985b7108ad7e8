/**
 * Aave v3 supply of the vault's asset, releases 3.0 to 3.6: index growth is the whole yield; exits are instant while the reserve
 * is liquid. Bad debt that Aave wrote off (3.3 and later) lowers no index; the adapter counts its share of it as
 * lost, from a thousandth of all claims on.
 */
import { AaveV3Adapter__factory } from "../../types/ethers-contracts/factories/contracts/adapters/AaveV3Adapter__factory.ts";
import { IAaveV3Pool__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/aave/IAaveV3.sol/IAaveV3Pool__factory.ts";
import { IAaveV3Token__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/aave/IAaveV3.sol/IAaveV3Token__factory.ts";
import { IWETH9__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/weth/IWETH9__factory.ts";
import { struct, uint } from "../chain/fields.ts";
import { view, viewUint } from "../chain/multicall.ts";
import { assets, fromWad, WAD } from "../kernel/units.ts";
import { GAS } from "./gas.ts";
import type { Inspect, Protocol } from "./protocol.ts";
import { answer, apyOfRay, NO_FEES, NO_REWARD } from "./quotes.ts";
import { targetAt, targetOf } from "./targets.ts";

const adapterInterface = AaveV3Adapter__factory.createInterface();
const venue = IAaveV3Pool__factory.createInterface();
/** Ray (1e27) to WAD. */
const RAY_PER_WAD = 1_000_000_000n;

const tokenInterface = IAaveV3Token__factory.createInterface();
const erc20 = IWETH9__factory.createInterface();
const RAY = 10n ** 27n;
// Bits of the reserve's configuration, from ReserveConfiguration.sol.
const flagAt = (configuration: bigint, bit: bigint): boolean => ((configuration >> bit) & 1n) === 1n;
const decimalsOf = (configuration: bigint): bigint => (configuration >> 48n) & 0xffn;
const supplyCapOf = (configuration: bigint): bigint => (configuration >> 116n) & ((1n << 36n) - 1n);

/** `AaveV3Adapter.COVERED_PART`. */
const COVERED_PART = 1_000n;

/** Part of each claim that the adapter counts as lost, fraction: what nothing backs, from a thousandth of all claims on. */
function lostPart(deficit: bigint, claims: bigint): number {
  if (deficit >= claims) return deficit > 0n ? 1 : 0;
  const lost = deficit - claims / COVERED_PART;
  return lost > 0n ? fromWad((lost * WAD) / claims) : 0;
}

const inspect: Inspect = ({ asset, targets, sizes }, now) => {
  const pool = targetAt("aave-v3", targets, 0);
  const aToken = targetAt("aave-v3", targets, 1);
  const reserve = now.need(
    view(venue, pool, "getReserveData", [asset], (row) => {
      const data = struct(row, 0);
      return {
        configuration: uint(data, "configuration"),
        liquidityRate: uint(data, "currentLiquidityRate"),
        accruedToTreasury: uint(data, "accruedToTreasury"),
      };
    }),
  );
  const index = now.need(viewUint(venue, pool, "getReserveNormalizedIncome", [asset]));
  const supply = now.need(viewUint(tokenInterface, aToken, "scaledTotalSupply"));
  const held = now.need(viewUint(erc20, asset, "balanceOf", [aToken]));
  // Aave 3.0 has no such function; its balance is the limit then.
  const booked = now.want(viewUint(venue, pool, "getVirtualUnderlyingBalance", [asset]));
  // Nor have those before 3.3 this one: what they lost, they do not say.
  const deficit = now.want(viewUint(venue, pool, "getReserveDeficit", [asset]));
  return () => () => {
    const { configuration, liquidityRate, accruedToTreasury } = reserve();
    const stopped = !flagAt(configuration, 56n)
      ? "the Aave reserve is not active"
      : flagAt(configuration, 60n)
        ? "the Aave reserve is paused"
        : null;
    const virtual = booked();
    const liquidity = virtual.ok && virtual.value < held() ? virtual.value : held();
    const cap = supplyCapOf(configuration) * 10n ** decimalsOf(configuration);
    const claims = ((supply() + accruedToTreasury) * index()) / RAY;
    const lost = deficit();
    const quotes = sizes.map((size) => answer<bigint>(size));
    return {
      apy: {
        base: apyOfRay(liquidityRate, "Pool.getReserveData.currentLiquidityRate, compounded"),
        fees: NO_FEES,
        reward: NO_REWARD,
      },
      cap:
        cap === 0n
          ? null
          : {
              limit: assets(cap),
              used: assets(claims),
              source: "the reserve's supply cap; what the treasury is owed counts",
            },
      discount: lost.ok ? lostPart(lost.value, claims) : 0,
      enter: {
        closed: stopped ?? (flagAt(configuration, 57n) ? "the Aave reserve is frozen" : null),
        quotes,
        source: "Aave takes no fee; the aToken rounds by at most a wei",
      },
      leave: {
        closed: stopped,
        quotes,
        source: "Aave takes no fee and pays from the reserve's liquidity",
        instant: answer(liquidity),
        queued: null,
        delay: null,
      },
    };
  };
};

export const aaveV3 = {
  id: "aave-v3",
  adapterContract: "AaveV3Adapter",
  hasAsyncExit: false,
  exitDelayDays: 0,
  feedPrices: "none",
  gas: GAS["aave-v3"],
  // The aToken rounds each balance by up to one wei.
  shortfallBps: { Deallocate: 1, RequestExit: 0, Allocate: 1, Reposition: 0 },
  targets: (adapter) => ["pool", "aToken"].map((name) => targetOf(adapterInterface, adapter, name)),
  // The normalised income accrues to the block; the stored liquidityIndex lags until somebody touches the reserve.
  rateAt: (targets, asset) =>
    view(
      venue,
      targetAt("aave-v3", targets, 0),
      "getReserveNormalizedIncome",
      [asset],
      (row) => uint(row, 0) / RAY_PER_WAD,
    ),
  inspect,
} as const satisfies Protocol;

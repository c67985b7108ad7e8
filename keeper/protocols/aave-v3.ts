/** Aave v3 supply of the vault's asset: index growth is the whole yield; exits are instant while the reserve is liquid. */
import { AaveV3Adapter__factory } from "../../types/ethers-contracts/factories/contracts/adapters/AaveV3Adapter__factory.ts";
import { IAaveV3Pool__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/aave/IAaveV3.sol/IAaveV3Pool__factory.ts";
import { uint } from "../chain/fields.ts";
import { view } from "../chain/multicall.ts";
import { GAS } from "./gas.ts";
import type { Protocol } from "./protocol.ts";
import { targetAt, targetOf } from "./targets.ts";

const adapterInterface = AaveV3Adapter__factory.createInterface();
const venue = IAaveV3Pool__factory.createInterface();
/** Ray (1e27) to WAD. */
const RAY_PER_WAD = 1_000_000_000n;

export const aaveV3 = {
  id: "aave-v3",
  adapterContract: "AaveV3Adapter",
  hasAsyncExit: false,
  exitDelayDays: 0,
  feedPrices: "none",
  gas: GAS["aave-v3"],
  // The aToken rounds each balance by up to one wei.
  shortfallBps: { Deallocate: 1, RequestExit: 0, Allocate: 1, Reposition: 0 },
  targets: (adapter) => [targetOf(adapterInterface, adapter, "pool")],
  // The normalised income accrues to the block; the stored liquidityIndex lags until somebody touches the reserve.
  rateAt: (targets, asset) =>
    view(
      venue,
      targetAt("aave-v3", targets, 0),
      "getReserveNormalizedIncome",
      [asset],
      (row) => uint(row, 0) / RAY_PER_WAD,
    ),
} as const satisfies Protocol;

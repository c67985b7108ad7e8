/**
 * Curve pool of ether and stETH, entered and left with ether alone. The virtual price grows by trading fees and by the
 * staking yield of the stETH half; exits are instant while the pool pays the counted value in ether.
 */
import { CurveAdapter__factory } from "../../types/ethers-contracts/factories/contracts/adapters/CurveAdapter__factory.ts";
import { ICurvePool__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/curve/ICurve.sol/ICurvePool__factory.ts";
import { uint } from "../chain/fields.ts";
import { view } from "../chain/multicall.ts";
import { GAS } from "./gas.ts";
import type { Protocol } from "./protocol.ts";
import { targetAt, targetOf } from "./targets.ts";

const adapterInterface = CurveAdapter__factory.createInterface();
const venue = ICurvePool__factory.createInterface();
/** `bandBps` that the adapter is to be deployed with; another one shows as RATE_SOURCE_DIFFERS and is not used. */
export const CURVE_BAND_BPS = 20n;
const BPS = 10_000n;

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
  targets: (adapter) => [targetOf(adapterInterface, adapter, "pool")],
  rateAt: (targets) =>
    view(
      venue,
      targetAt("curve", targets, 0),
      "get_virtual_price",
      [],
      (row) => (uint(row, 0) * (BPS - CURVE_BAND_BPS)) / BPS,
    ),
} as const satisfies Protocol;

/** Renzo ezETH: staking and restaking rewards by the value of the whole protocol, exits through the WithdrawQueue. */
import { RenzoAdapter__factory } from "../../types/ethers-contracts/factories/contracts/adapters/RenzoAdapter__factory.ts";
import { IRenzoWithdrawQueue__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/renzo/IRenzo.sol/IRenzoWithdrawQueue__factory.ts";
import { uint } from "../chain/fields.ts";
import { view } from "../chain/multicall.ts";
import { GAS } from "./gas.ts";
import type { Protocol } from "./protocol.ts";
import { targetAt, targetOf } from "./targets.ts";

const adapterInterface = RenzoAdapter__factory.createInterface();
const venue = IRenzoWithdrawQueue__factory.createInterface();
/** What Renzo calls ETH. */
const ETH = "0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE";
const WAD = 10n ** 18n;

export const renzo = {
  id: "renzo",
  adapterContract: "RenzoAdapter",
  hasAsyncExit: true,
  // A cool-down of days, and then the queue must be filled. Set strategies[].exitDelayDays to what is seen.
  exitDelayDays: 7,
  feedPrices: "token",
  gas: GAS.renzo,
  // The inflation of a deposit is rounded to 18 digits: total value / 1e18, far below a basis point of any leg.
  shortfallBps: { Deallocate: 1, RequestExit: 1, Allocate: 1, Reposition: 0 },
  targets: (adapter) => [targetOf(adapterInterface, adapter, "queue")],
  // The queue divides value by supply in one call. It exists since 2024 and reverts while a collateral's feed is stale: the
  // day is missing then, not zero.
  rateAt: (targets) =>
    view(venue, targetAt("renzo", targets, 0), "calculateAmountToRedeem", [WAD, ETH], (row) => uint(row, 1)),
} as const satisfies Protocol;

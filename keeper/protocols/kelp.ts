/** Kelp rsETH: staking and restaking rewards by a stored price, exits through the withdrawal manager. */
import { KelpAdapter__factory } from "../../types/ethers-contracts/factories/contracts/adapters/KelpAdapter__factory.ts";
import { IKelpWithdrawalManager__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/kelp/IKelp.sol/IKelpWithdrawalManager__factory.ts";
import { viewUint } from "../chain/multicall.ts";
import { GAS } from "./gas.ts";
import type { Protocol } from "./protocol.ts";
import { targetAt, targetOf } from "./targets.ts";

const adapterInterface = KelpAdapter__factory.createInterface();
const venue = IKelpWithdrawalManager__factory.createInterface();
/** What Kelp calls ETH. */
const ETH = "0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE";
const WAD = 10n ** 18n;

export const kelp = {
  id: "kelp",
  adapterContract: "KelpAdapter",
  hasAsyncExit: true,
  // Eight days of blocks before the operator may unlock, and then the operator's turn.
  exitDelayDays: 10,
  feedPrices: "token",
  gas: GAS.kelp,
  // Rounding only: a wei or two.
  shortfallBps: { Deallocate: 1, RequestExit: 1, Allocate: 1, Reposition: 0 },
  targets: (adapter) => [targetOf(adapterInterface, adapter, "queue")],
  // Through the withdrawal manager, so that a changed oracle is followed; it exists since late 2024, no history before.
  rateAt: (targets) => viewUint(venue, targetAt("kelp", targets, 0), "getExpectedAssetAmount", [ETH, WAD]),
} as const satisfies Protocol;

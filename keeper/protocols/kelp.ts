/** Kelp rsETH: staking and restaking rewards by a stored price, exits through the withdrawal manager. */
import { KelpAdapter__factory } from "../../types/ethers-contracts/factories/contracts/adapters/KelpAdapter__factory.ts";
import { IKelpDepositPool__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/kelp/IKelp.sol/IKelpDepositPool__factory.ts";
import { IKelpWithdrawalManager__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/kelp/IKelp.sol/IKelpWithdrawalManager__factory.ts";
import { viewUint } from "../chain/multicall.ts";
import { GAS } from "./gas.ts";
import type { Protocol } from "./protocol.ts";
import { answer, baseOnly, byQuoter, MAX_OPEN_REQUESTS } from "./quotes.ts";
import { targetAt, targetOf, viewBool, viewLength } from "./targets.ts";

const adapterInterface = KelpAdapter__factory.createInterface();
const venue = IKelpWithdrawalManager__factory.createInterface();
/** What Kelp calls ETH. */
const ETH = "0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE";
const WAD = 10n ** 18n;

const poolInterface = IKelpDepositPool__factory.createInterface();
const SLOTS_PER_DAY = 7_200;
const USUAL_DAYS = 10;

const inspect = byQuoter({
  rate: ({ targets }) => viewUint(venue, targetAt("kelp", targets, 0), "getExpectedAssetAmount", [ETH, WAD]),
  minted: ({ targets }, assets) =>
    viewUint(poolInterface, targetAt("kelp", targets, 1), "getRsETHAmountToMint", [ETH, assets]),
  paid: ({ targets }, units) => viewUint(venue, targetAt("kelp", targets, 0), "getExpectedAssetAmount", [ETH, units]),
  enterSource: "LRTDepositPool.getRsETHAmountToMint",
  leaveSource: "LRTWithdrawalManager.getExpectedAssetAmount; pays the lower of this and the worth when unlocked",
  apy: baseOnly("LRTWithdrawalManager.getExpectedAssetAmount"),
  terms: ({ adapter, targets }, now) => {
    const queue = targetAt("kelp", targets, 0);
    const pool = targetAt("kelp", targets, 1);
    const isPoolPaused = now.need(viewBool(poolInterface, pool, "paused"));
    const isQueuePaused = now.need(viewBool(venue, queue, "paused"));
    const available = now.need(viewUint(venue, queue, "getAvailableAssetAmount", [ETH]));
    const delayBlocks = now.need(viewUint(venue, queue, "withdrawalDelayBlocks"));
    const open = now.need(viewLength(adapterInterface, adapter, "openRequests"));
    return () => {
      const stated = Number(delayBlocks()) / SLOTS_PER_DAY;
      return {
        enterClosed: isPoolPaused() ? "Kelp has paused deposits" : null,
        leaveClosed: isQueuePaused() ? "Kelp has paused withdrawals" : null,
        cap: null,
        instant: answer(0n),
        queued: BigInt(open()) < MAX_OPEN_REQUESTS ? available() : 0n,
        delay: {
          days: Math.max(stated, USUAL_DAYS),
          source: `withdrawalDelayBlocks is ${delayBlocks()} (${stated.toFixed(1)} days), then the operator's turn`,
        },
      };
    };
  },
});

export const kelp = {
  id: "kelp",
  adapterContract: "KelpAdapter",
  hasAsyncExit: true,
  // Eight days of blocks before the operator may unlock, and then the operator's turn.
  exitDelayDays: USUAL_DAYS,
  feedPrices: "token",
  gas: GAS.kelp,
  // Rounding only: a wei or two.
  shortfallBps: { Deallocate: 1, RequestExit: 1, Allocate: 1, Reposition: 0 },
  targets: (adapter) => ["queue", "pool"].map((name) => targetOf(adapterInterface, adapter, name)),
  // Through the withdrawal manager, so that a changed oracle is followed; it exists since late 2024, no history before.
  rateAt: (targets) => viewUint(venue, targetAt("kelp", targets, 0), "getExpectedAssetAmount", [ETH, WAD]),
  inspect,
} as const satisfies Protocol;

/** Lido stETH held as wstETH: staking rewards by daily oracle reports, exits through the withdrawal queue. */
import { LidoAdapter__factory } from "../../types/ethers-contracts/factories/contracts/adapters/LidoAdapter__factory.ts";
import { ILidoWithdrawalQueue__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/lido/ILido.sol/ILidoWithdrawalQueue__factory.ts";
import { IStETH__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/lido/ILido.sol/IStETH__factory.ts";
import { IWstETH__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/lido/ILido.sol/IWstETH__factory.ts";
import { viewUint } from "../chain/multicall.ts";
import { GAS } from "./gas.ts";
import type { Protocol } from "./protocol.ts";
import { answer, baseOnly, byQuoter, MAX_OPEN_REQUESTS } from "./quotes.ts";
import { targetAt, targetOf, viewBool, viewLength } from "./targets.ts";

const adapterInterface = LidoAdapter__factory.createInterface();
const venue = IWstETH__factory.createInterface();

const stEthInterface = IStETH__factory.createInterface();
const queueInterface = ILidoWithdrawalQueue__factory.createInterface();

/** Finalization in bunker mode waits for the slashings to be settled: up to 36 days of a correlated one. */
const BUNKER_DAYS = 36;

const inspect = byQuoter({
  rate: ({ targets }) => viewUint(venue, targetAt("lido", targets, 0), "stEthPerToken"),
  minted: ({ targets }, assets) =>
    viewUint(stEthInterface, targetAt("lido", targets, 1), "getSharesByPooledEth", [assets]),
  paid: ({ targets }, units) => viewUint(stEthInterface, targetAt("lido", targets, 1), "getPooledEthByShares", [units]),
  enterSource: "stETH.getSharesByPooledEth; Lido takes no fee of entry",
  leaveSource: "stETH.getPooledEthByShares; the queue takes no fee, a slashing before its finalization would show",
  apy: baseOnly("wstETH.stEthPerToken"),
  terms: ({ adapter, targets }, now) => {
    const queue = targetAt("lido", targets, 2);
    const isPaused = now.need(viewBool(stEthInterface, targetAt("lido", targets, 1), "isStakingPaused"));
    const isQueuePaused = now.need(viewBool(queueInterface, queue, "isPaused"));
    const isBunker = now.need(viewBool(queueInterface, queue, "isBunkerModeActive"));
    const largest = now.need(viewUint(queueInterface, queue, "MAX_STETH_WITHDRAWAL_AMOUNT"));
    const open = now.need(viewLength(adapterInterface, adapter, "openRequests"));
    return () => ({
      enterClosed: isPaused() ? "Lido has paused staking" : null,
      leaveClosed: isQueuePaused() ? "Lido's withdrawal queue is paused" : null,
      // The stake limit refills by the block and is no cap on what is held: it shows as what may enter.
      cap: null,
      instant: answer(0n),
      queued: (MAX_OPEN_REQUESTS - BigInt(open())) * largest(),
      ...(isBunker() ? { delay: { days: BUNKER_DAYS, source: "Lido is in bunker mode" } } : {}),
    });
  },
});

export const lido = {
  id: "lido",
  adapterContract: "LidoAdapter",
  hasAsyncExit: true,
  // Usually one to five days, longer in bunker mode: the upper end of the usual range.
  exitDelayDays: 5,
  feedPrices: "underlying",
  gas: GAS.lido,
  // Each wrap and transfer of stETH may lose one or two wei.
  shortfallBps: { Deallocate: 1, RequestExit: 1, Allocate: 1, Reposition: 0 },
  targets: (adapter) => ["wstEth", "stEth", "queue"].map((name) => targetOf(adapterInterface, adapter, name)),
  rateAt: (targets) => viewUint(venue, targetAt("lido", targets, 0), "stEthPerToken"),
  inspect,
} as const satisfies Protocol;

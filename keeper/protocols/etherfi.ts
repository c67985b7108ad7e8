/** ether.fi eETH held as weETH: staking and restaking rewards, exits through the withdrawal request NFT. */
import { EtherFiAdapter__factory } from "../../types/ethers-contracts/factories/contracts/adapters/EtherFiAdapter__factory.ts";
import { IEtherFiLiquidityPool__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/etherfi/IEtherFi.sol/IEtherFiLiquidityPool__factory.ts";
import { IWeETH__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/etherfi/IEtherFi.sol/IWeETH__factory.ts";
import { viewUint } from "../chain/multicall.ts";
import { GAS } from "./gas.ts";
import type { Protocol } from "./protocol.ts";
import { answer, baseOnly, byQuoter, MAX_OPEN_REQUESTS } from "./quotes.ts";
import { targetAt, targetOf, viewBool, viewLength } from "./targets.ts";

const adapterInterface = EtherFiAdapter__factory.createInterface();
const venue = IWeETH__factory.createInterface();

const poolInterface = IEtherFiLiquidityPool__factory.createInterface();
/** Amounts of a request are uint96. */
const LARGEST_REQUEST = 2n ** 96n - 1n;

const inspect = byQuoter({
  rate: ({ targets }) => viewUint(venue, targetAt("etherfi", targets, 0), "getRate"),
  minted: ({ targets }, assets) =>
    viewUint(poolInterface, targetAt("etherfi", targets, 1), "sharesForAmount", [assets]),
  paid: ({ targets }, units) => viewUint(venue, targetAt("etherfi", targets, 0), "getEETHByWeETH", [units]),
  enterSource: "LiquidityPool.sharesForAmount; no fee of entry",
  leaveSource: "weETH.getEETHByWeETH; a request pays in full. The instant redemption for a fee is not used",
  apy: baseOnly("weETH.getRate"),
  terms: ({ adapter, targets }, now) => {
    const isPaused = now.need(viewBool(poolInterface, targetAt("etherfi", targets, 1), "paused"));
    const open = now.need(viewLength(adapterInterface, adapter, "openRequests"));
    return () => {
      const closed = isPaused() ? "ether.fi has paused its liquidity pool" : null;
      return {
        enterClosed: closed,
        leaveClosed: closed,
        cap: null,
        instant: answer(0n),
        queued: BigInt(open()) < MAX_OPEN_REQUESTS ? LARGEST_REQUEST : 0n,
      };
    };
  },
});

export const etherfi = {
  id: "etherfi",
  adapterContract: "EtherFiAdapter",
  hasAsyncExit: true,
  // The request waits for finalisation by the operator; the protocol promises no time. Set strategies[].exitDelayDays to what is seen.
  exitDelayDays: 7,
  feedPrices: "token",
  gas: GAS.etherfi,
  // eETH rebases like stETH: one or two wei per wrap and transfer.
  shortfallBps: { Deallocate: 1, RequestExit: 1, Allocate: 1, Reposition: 0 },
  targets: (adapter) => ["weEth", "liquidityPool"].map((name) => targetOf(adapterInterface, adapter, name)),
  rateAt: (targets) => viewUint(venue, targetAt("etherfi", targets, 0), "getRate"),
  inspect,
} as const satisfies Protocol;

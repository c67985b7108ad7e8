/**
 * ether.fi eETH held as weETH: staking and restaking rewards, exits through the withdrawal request NFT in full, and at once
 * through the RedemptionManager for a fee.
 */
import { EtherFiAdapter__factory } from "../../types/ethers-contracts/factories/contracts/adapters/EtherFiAdapter__factory.ts";
import { IEtherFiLiquidityPool__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/etherfi/IEtherFi.sol/IEtherFiLiquidityPool__factory.ts";
import { IEtherFiRedemptionManager__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/etherfi/IEtherFi.sol/IEtherFiRedemptionManager__factory.ts";
import { IWeETH__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/etherfi/IEtherFi.sol/IWeETH__factory.ts";
import { int } from "../chain/fields.ts";
import { type Outcome, view, viewUint } from "../chain/multicall.ts";
import type { Address } from "../kernel/units.ts";
import { GAS } from "./gas.ts";
import type { Protocol, Reads } from "./protocol.ts";
import { answer, baseOnly, byQuoter, MAX_OPEN_REQUESTS, refusal } from "./quotes.ts";
import { targetAt, targetOf, viewBool, viewLength } from "./targets.ts";

const adapterInterface = EtherFiAdapter__factory.createInterface();
const venue = IWeETH__factory.createInterface();
const poolInterface = IEtherFiLiquidityPool__factory.createInterface();
const managerInterface = IEtherFiRedemptionManager__factory.createInterface();
/** Amounts of a request are uint96. */
const LARGEST_REQUEST = 2n ** 96n - 1n;
/** `EtherFiAdapter.ETH`: what the manager calls ether. */
const ETHER = "0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE";
const BPS = 10_000n;

/** What the RedemptionManager pays anyone at once. */
interface Instant {
  /** Assets after the fee; 0 while it is closed, a reason where no call tells. */
  readonly pays: Outcome<bigint>;
  /** Basis points of the eETH redeemed. */
  readonly feeBps: bigint;
  readonly source: string;
}

/** Its pauses, its bucket and the pool's ether above the low watermark are behind one number of its own. */
function readInstant(now: Reads, manager: Address, timestamp: number): () => Instant {
  const isPaused = now.want(viewBool(managerInterface, manager, "paused"));
  const pausedUntil = now.want(viewUint(managerInterface, manager, "pausedUntil"));
  const redeemable = now.want(viewUint(managerInterface, manager, "totalRedeemableAmount", [ETHER]));
  const fee = now.want(
    view(managerInterface, manager, "tokenToRedemptionInfo", [ETHER], (row) => int(row, "exitFeeInBps")),
  );
  return () => {
    const [paused, until, most, charged] = [isPaused(), pausedUntil(), redeemable(), fee()];
    const closed = (pays: Outcome<bigint>, reason: string): Instant => ({ pays, feeBps: 0n, source: reason });
    if (!most.ok) return closed(refusal(most.reason), `nothing at once: ${most.reason}`);
    if (!charged.ok) return closed(refusal(charged.reason), `nothing at once: ${charged.reason}`);
    if ((paused.ok && paused.value) || (until.ok && until.value >= BigInt(timestamp)))
      return closed(answer(0n), "nothing at once: the RedemptionManager is paused");
    const feeBps = BigInt(charged.value);
    return {
      pays: answer((most.value * (BPS - feeBps)) / BPS),
      feeBps,
      source: `at once the RedemptionManager pays less ${feeBps} bps (totalRedeemableAmount, exitFeeInBps), by a signed leg`,
    };
  };
}

const inspect = byQuoter({
  rate: ({ targets }) => viewUint(venue, targetAt("etherfi", targets, 0), "getRate"),
  minted: ({ targets }, assets) =>
    viewUint(poolInterface, targetAt("etherfi", targets, 1), "sharesForAmount", [assets]),
  paid: ({ targets }, units) => viewUint(venue, targetAt("etherfi", targets, 0), "getEETHByWeETH", [units]),
  enterSource: "LiquidityPool.sharesForAmount; no fee of entry",
  leaveSource: "weETH.getEETHByWeETH: a request pays in full",
  apy: baseOnly("weETH.getRate"),
  terms: ({ adapter, targets, timestamp }, now) => {
    const pool = targetAt("etherfi", targets, 1);
    const isPaused = now.need(viewBool(poolInterface, pool, "paused"));
    const pausedUntil = now.want(viewUint(poolInterface, pool, "pausedUntil"));
    const largest = now.want(viewUint(poolInterface, pool, "maxWithdrawAmount"));
    const open = now.need(viewLength(adapterInterface, adapter, "openRequests"));
    const readNow = readInstant(now, targetAt("etherfi", targets, 2), timestamp);
    return () => {
      const [until, most, instant] = [pausedUntil(), largest(), readNow()];
      const paused = isPaused() || (until.ok && until.value >= BigInt(timestamp));
      const closed = paused ? "ether.fi has paused its liquidity pool" : null;
      const queued = BigInt(open()) < MAX_OPEN_REQUESTS ? (most.ok ? most.value : LARGEST_REQUEST) : 0n;
      return {
        enterClosed: closed,
        leaveClosed: closed,
        cap: null,
        instant: instant.pays,
        instantFee: Number(instant.feeBps) / Number(BPS),
        queued,
        leave: (size, atRate) => {
          if (size <= queued || !atRate.ok) return atRate;
          // No request takes it: what leaves, leaves at once and pays the fee.
          const received = (atRate.value * (BPS - instant.feeBps)) / BPS;
          const pays = instant.pays.ok ? instant.pays.value : 0n;
          return received <= pays ? answer(received) : refusal("no request takes it, and at once less is paid");
        },
        leaveSource: instant.source,
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
  targets: (adapter) =>
    ["weEth", "liquidityPool", "redemption"].map((name) => targetOf(adapterInterface, adapter, name)),
  rateAt: (targets) => viewUint(venue, targetAt("etherfi", targets, 0), "getRate"),
  inspect,
} as const satisfies Protocol;

/**
 * Frax frxETH held as sfrxETH: staking rewards enter the price over a weekly cycle, and only once somebody has synced it.
 * Exits through the redemption queue's tickets, at par less its fee.
 */
import { FraxAdapter__factory } from "../../types/ethers-contracts/factories/contracts/adapters/FraxAdapter__factory.ts";
import { IFraxEtherMinter__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/frax/IFraxEther.sol/IFraxEtherMinter__factory.ts";
import { IFraxEtherRedemptionQueueV2__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/frax/IFraxEther.sol/IFraxEtherRedemptionQueueV2__factory.ts";
import { ISfrxEth__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/frax/IFraxEther.sol/ISfrxEth__factory.ts";
import { uint } from "../chain/fields.ts";
import { view, viewUint } from "../chain/multicall.ts";
import { SECONDS_PER_DAY, WAD } from "../kernel/units.ts";
import { GAS } from "./gas.ts";
import type { Inspect, Protocol } from "./protocol.ts";
import { answer, baseOnly, MAX_OPEN_REQUESTS, positive, worthOf } from "./quotes.ts";
import { targetAt, targetOf, viewBool, viewLength } from "./targets.ts";

const adapterInterface = FraxAdapter__factory.createInterface();
const venue = ISfrxEth__factory.createInterface();

const minterInterface = IFraxEtherMinter__factory.createInterface();
const queueInterface = IFraxEtherRedemptionQueueV2__factory.createInterface();
/** 100 % in the queue's unit for fees. */
const FEE_PRECISION = 1_000_000n;

const inspect: Inspect = ({ adapter, targets, sizes }, now) => {
  const token = targetAt("frax", targets, 0);
  const queue = targetAt("frax", targets, 2);
  const rate = positive("sfrxETH.pricePerShare", now.need(viewUint(venue, token, "pricePerShare")));
  const minted = sizes.map((size) => now.want(viewUint(venue, token, "previewDeposit", [size])));
  const isPaused = now.need(viewBool(minterInterface, targetAt("frax", targets, 1), "mintFrxEthPaused"));
  const state = now.need(
    view(queueInterface, queue, "redemptionQueueState", [], (row) => ({
      fee: uint(row, "redemptionFee"),
      seconds: Number(uint(row, "queueLengthSecs")),
    })),
  );
  const largest = now.need(viewUint(queueInterface, queue, "MAX_FRXETH_PER_NFT"));
  const open = now.need(viewLength(adapterInterface, adapter, "openRequests"));
  return (next) => {
    const frxEth = sizes.map((size) => next.want(viewUint(venue, token, "convertToAssets", [(size * WAD) / rate()])));
    return (window) => {
      const { fee, seconds } = state();
      return {
        apy: baseOnly("sfrxETH.pricePerShare")(window),
        cap: null,
        // The adapter counts after the fee, the curves measure against the rate before it.
        discount: Number(fee) / Number(FEE_PRECISION),
        enter: {
          closed: isPaused() ? "Frax has paused minting" : null,
          quotes: minted.map((read) => {
            const shares = read();
            return shares.ok ? answer(worthOf(shares.value, rate())) : shares;
          }),
          source: "sfrxETH.previewDeposit; frxETH is minted at par",
        },
        leave: {
          closed: null,
          quotes: frxEth.map((read) => {
            const amount = read();
            return amount.ok ? answer(amount.value - (amount.value * fee) / FEE_PRECISION) : amount;
          }),
          source: `sfrxETH.convertToAssets less the queue's fee of ${Number(fee) / 100} bps`,
          instant: answer(0n),
          queued: (MAX_OPEN_REQUESTS - BigInt(open())) * largest(),
          delay: {
            days: seconds / SECONDS_PER_DAY,
            source: "redemptionQueueState.queueLengthSecs; a ticket then waits for its turn and for ether",
          },
        },
      };
    };
  };
};

export const frax = {
  id: "frax",
  adapterContract: "FraxAdapter",
  hasAsyncExit: true,
  // A ticket matures after the queue's own length, two weeks and more, and then waits for ether.
  exitDelayDays: 15,
  feedPrices: "underlying",
  gas: GAS.frax,
  // Rounding only; a queue that charges a fee breaks the bound of Allocate on purpose, so that owners see it first.
  shortfallBps: { Deallocate: 1, RequestExit: 1, Allocate: 1, Reposition: 0 },
  targets: (adapter) => ["sfrxEth", "minter", "queue"].map((name) => targetOf(adapterInterface, adapter, name)),
  rateAt: (targets) => viewUint(venue, targetAt("frax", targets, 0), "pricePerShare"),
  inspect,
} as const satisfies Protocol;

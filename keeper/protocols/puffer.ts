/**
 * Puffer pufETH: restaking rewards, rate pushed by the protocol's oracle, no market feed. Exits through the withdrawal
 * queue, in batches, at the lower of two rates.
 */
import { PufferAdapter__factory } from "../../types/ethers-contracts/factories/contracts/adapters/PufferAdapter__factory.ts";
import { IPufferVault__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/puffer/IPuffer.sol/IPufferVault__factory.ts";
import { IPufferWithdrawalManager__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/puffer/IPuffer.sol/IPufferWithdrawalManager__factory.ts";
import { viewUint } from "../chain/multicall.ts";
import { WAD } from "../kernel/units.ts";
import { GAS } from "./gas.ts";
import type { Protocol } from "./protocol.ts";
import { answer, baseOnly, byQuoter, MAX_OPEN_REQUESTS, worthOf } from "./quotes.ts";
import { targetAt, targetOf, viewLength } from "./targets.ts";

const adapterInterface = PufferAdapter__factory.createInterface();
const venue = IPufferVault__factory.createInterface();

const managerInterface = IPufferWithdrawalManager__factory.createInterface();

const inspect = byQuoter({
  rate: ({ targets }) => viewUint(venue, targetAt("puffer", targets, 0), "convertToAssets", [WAD]),
  minted: ({ targets }, assets) => viewUint(venue, targetAt("puffer", targets, 0), "previewDeposit", [assets]),
  // The queue takes no fee; `previewRedeem` answers for the instant exit, which the adapter does not use.
  paid: ({ targets }, units) => viewUint(venue, targetAt("puffer", targets, 0), "convertToAssets", [units]),
  enterSource: "PufferVault.previewDeposit",
  leaveSource: "PufferVault.convertToAssets; the queue pays the lower of the rates at request and finalization",
  apy: baseOnly("PufferVault.convertToAssets"),
  terms: ({ adapter, targets }, now) => {
    const largest = now.need(viewUint(managerInterface, targetAt("puffer", targets, 1), "getMaxWithdrawalAmount"));
    const open = now.need(viewLength(adapterInterface, adapter, "openRequests"));
    return (rate) => ({
      // Puffer's AccessManager opens and closes each function; the adapter asks it, and its answer is what may enter.
      enterClosed: null,
      leaveClosed: null,
      cap: null,
      instant: answer(0n),
      queued: BigInt(open()) < MAX_OPEN_REQUESTS ? worthOf(largest(), rate) : 0n,
    });
  },
});

export const puffer = {
  id: "puffer",
  adapterContract: "PufferAdapter",
  hasAsyncExit: true,
  // A batch waits until it is full and the operator has the ether; the protocol speaks of about two weeks.
  exitDelayDays: 14,
  feedPrices: "none",
  gas: GAS.puffer,
  // The queue keeps 18 digits of the rate; an exit above its limit per request fails as a whole.
  shortfallBps: { Deallocate: 1, RequestExit: 1, Allocate: 1, Reposition: 0 },
  targets: (adapter) => ["pufEth", "manager"].map((name) => targetOf(adapterInterface, adapter, name)),
  rateAt: (targets) => viewUint(venue, targetAt("puffer", targets, 0), "convertToAssets", [WAD]),
  inspect,
} as const satisfies Protocol;

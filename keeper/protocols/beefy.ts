/**
 * Beefy V7 vault over the asset. The price of a share jumps at each harvest, so its growth over a day says little and
 * over weeks much. Exits are instant; the strategy's fee of exit is in the adapter's value, not in the rate.
 */
import { BeefyAdapter__factory } from "../../types/ethers-contracts/factories/contracts/adapters/BeefyAdapter__factory.ts";
import { IBeefyStrategyV7__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/beefy/IBeefy.sol/IBeefyStrategyV7__factory.ts";
import { IBeefyVaultV7__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/beefy/IBeefy.sol/IBeefyVaultV7__factory.ts";
import { viewUint } from "../chain/multicall.ts";
import { GAS } from "./gas.ts";
import type { Inspect, Protocol } from "./protocol.ts";
import { answer, baseOnly, refusal } from "./quotes.ts";
import { targetAt, targetOf, viewAddress, viewBool } from "./targets.ts";

const adapterInterface = BeefyAdapter__factory.createInterface();
const venue = IBeefyVaultV7__factory.createInterface();

const strategyInterface = IBeefyStrategyV7__factory.createInterface();
const BPS = 10_000n;

const inspect: Inspect = ({ targets, sizes }, now) => {
  const strategy = now.need(viewAddress(venue, targetAt("beefy", targets, 0), "strategy"));
  return (next) => {
    const isPaused = next.need(viewBool(strategyInterface, strategy(), "paused"));
    // A strategy without the function takes no fee.
    const fee = next.want(viewUint(strategyInterface, strategy(), "withdrawFee"));
    return (window) => {
      const stated = fee();
      const bps = stated.ok ? (stated.value < BPS ? stated.value : BPS) : 0n;
      return {
        apy: baseOnly("getPricePerFullShare")(window),
        cap: null,
        enter: {
          closed: isPaused() ? "the Beefy strategy is paused" : null,
          quotes: sizes.map((size) => answer<bigint>(size)),
          source: "Beefy V7 mints in proportion and has no view of a fee of entry; the signed minimum bounds one",
        },
        leave: {
          closed: null,
          quotes: sizes.map((size) => answer(size - (size * bps) / BPS)),
          source: stated.ok ? `the strategy's withdrawFee of ${bps} bps` : "the strategy states no withdrawFee",
          instant: refusal("Beefy has no view of what a strategy can pay"),
          queued: null,
          delay: null,
        },
      };
    };
  };
};

export const beefy = {
  id: "beefy",
  adapterContract: "BeefyAdapter",
  hasAsyncExit: false,
  exitDelayDays: 0,
  feedPrices: "none",
  gas: GAS.beefy,
  // Rounding only; a vault with a fee of entry or exit breaks the bound on purpose, so that owners see it first.
  shortfallBps: { Deallocate: 1, RequestExit: 0, Allocate: 1, Reposition: 0 },
  targets: (adapter) => [targetOf(adapterInterface, adapter, "beefyVault")],
  rateAt: (targets) => viewUint(venue, targetAt("beefy", targets, 0), "getPricePerFullShare"),
  inspect,
} as const satisfies Protocol;

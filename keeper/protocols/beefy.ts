/**
 * Beefy V7 vault over the asset. The price of a share jumps at each harvest, so its growth over a day says little and
 * over weeks much. Exits are instant; the strategy's fee of exit is in the adapter's value, not in the rate.
 */
import { BeefyAdapter__factory } from "../../types/ethers-contracts/factories/contracts/adapters/BeefyAdapter__factory.ts";
import { IBeefyVaultV7__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/beefy/IBeefy.sol/IBeefyVaultV7__factory.ts";
import { viewUint } from "../chain/multicall.ts";
import { GAS } from "./gas.ts";
import type { Protocol } from "./protocol.ts";
import { targetAt, targetOf } from "./targets.ts";

const adapterInterface = BeefyAdapter__factory.createInterface();
const venue = IBeefyVaultV7__factory.createInterface();

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
} as const satisfies Protocol;

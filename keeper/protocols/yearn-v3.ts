/**
 * Yearn v3 multi-strategy vault. Reported profit unlocks into the share price over days; a strategy's unreported loss is
 * not in the share price but in the adapter's value. Exits are instant up to what the strategies can pay.
 */
import { YearnV3Adapter__factory } from "../../types/ethers-contracts/factories/contracts/adapters/YearnV3Adapter__factory.ts";
import { IYearnV3Vault__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/yearn/IYearnV3Vault.sol/IYearnV3Vault__factory.ts";
import { viewUint } from "../chain/multicall.ts";
import { WAD } from "../kernel/units.ts";
import { GAS } from "./gas.ts";
import type { Protocol } from "./protocol.ts";
import { targetAt, targetOf } from "./targets.ts";

const adapterInterface = YearnV3Adapter__factory.createInterface();
const venue = IYearnV3Vault__factory.createInterface();

export const yearnV3 = {
  id: "yearn-v3",
  adapterContract: "YearnV3Adapter",
  hasAsyncExit: false,
  exitDelayDays: 0,
  feedPrices: "none",
  gas: GAS["yearn-v3"],
  // Rounding only. The amounts are the adapter's own, which are after unreported losses.
  shortfallBps: { Deallocate: 1, RequestExit: 0, Allocate: 1, Reposition: 0 },
  targets: (adapter) => [targetOf(adapterInterface, adapter, "venue")],
  rateAt: (targets) => viewUint(venue, targetAt("yearn-v3", targets, 0), "convertToAssets", [WAD]),
} as const satisfies Protocol;

/** Any ERC-4626 vault over the asset without a rule of its own. Exits are instant up to what `maxWithdraw` grants. */
import { Erc4626Adapter__factory } from "../../types/ethers-contracts/factories/contracts/adapters/Erc4626Adapter__factory.ts";
import { ILiquidityVault__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/ILiquidityVault__factory.ts";
import { viewUint } from "../chain/multicall.ts";
import { WAD } from "../kernel/units.ts";
import { GAS } from "./gas.ts";
import type { Protocol } from "./protocol.ts";
import { baseOnly, byQuoter, refusal } from "./quotes.ts";
import { targetAt, targetOf } from "./targets.ts";

const adapterInterface = Erc4626Adapter__factory.createInterface();
// Our own vault interface contains the whole of ERC-4626, from OpenZeppelin.
const venue = ILiquidityVault__factory.createInterface();

const inspect = byQuoter({
  rate: ({ targets }) => viewUint(venue, targetAt("erc4626", targets, 0), "convertToAssets", [WAD]),
  minted: ({ targets }, assets) => viewUint(venue, targetAt("erc4626", targets, 0), "previewDeposit", [assets]),
  paid: ({ targets }, units) => viewUint(venue, targetAt("erc4626", targets, 0), "previewRedeem", [units]),
  enterSource: "previewDeposit, fees of entry included",
  leaveSource: "previewRedeem, fees of exit included",
  apy: baseOnly("convertToAssets"),
  terms: () => () => ({
    enterClosed: null,
    leaveClosed: null,
    cap: null,
    instant: refusal("ERC-4626 says what an owner may withdraw, not what the vault can pay"),
    queued: null,
  }),
});

export const erc4626 = {
  id: "erc4626",
  adapterContract: "Erc4626Adapter",
  hasAsyncExit: false,
  exitDelayDays: 0,
  feedPrices: "none",
  gas: GAS.erc4626,
  // Rounding only; a venue that charges for entry or exit breaks this bound on purpose, so that owners see it first.
  shortfallBps: { Deallocate: 1, RequestExit: 0, Allocate: 1, Reposition: 0 },
  targets: (adapter) => [targetOf(adapterInterface, adapter, "venue")],
  // One whole share of 18 decimals; a share of other decimals shows as RATE_SOURCE_DIFFERS and is not used.
  rateAt: (targets) => viewUint(venue, targetAt("erc4626", targets, 0), "convertToAssets", [WAD]),
  inspect,
} as const satisfies Protocol;

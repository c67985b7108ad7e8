/** Bedrock uniETH: staking and restaking rewards by oracle reports, exits by instant swap and through the debt queue. */
import { BedrockAdapter__factory } from "../../types/ethers-contracts/factories/contracts/adapters/BedrockAdapter__factory.ts";
import { IBedrockStaking__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/bedrock/IBedrock.sol/IBedrockStaking__factory.ts";
import { viewUint } from "../chain/multicall.ts";
import { GAS } from "./gas.ts";
import type { Protocol } from "./protocol.ts";
import { targetAt, targetOf } from "./targets.ts";

const adapterInterface = BedrockAdapter__factory.createInterface();
const venue = IBedrockStaking__factory.createInterface();

export const bedrock = {
  id: "bedrock",
  adapterContract: "BedrockAdapter",
  hasAsyncExit: true,
  // A validator has to leave first; the protocol promises no time. Set strategies[].exitDelayDays to what is seen.
  exitDelayDays: 14,
  // BedrockAdapter.EXIT_STEP: debts are whole validators.
  exitStep: 32n * 10n ** 18n,
  // No feed is known that could be checked: the OracleGuard takes it by its rate alone.
  feedPrices: "none",
  gas: GAS.bedrock,
  // Rounding only: a wei or two.
  shortfallBps: { Deallocate: 1, RequestExit: 1, Allocate: 1, Reposition: 0 },
  targets: (adapter) => [targetOf(adapterInterface, adapter, "staking")],
  rateAt: (targets) => viewUint(venue, targetAt("bedrock", targets, 0), "exchangeRatio"),
} as const satisfies Protocol;

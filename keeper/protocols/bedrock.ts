/** Bedrock uniETH: staking and restaking rewards by oracle reports, exits by instant swap and through the debt queue. */
import { BedrockAdapter__factory } from "../../types/ethers-contracts/factories/contracts/adapters/BedrockAdapter__factory.ts";
import { IBedrockStaking__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/bedrock/IBedrock.sol/IBedrockStaking__factory.ts";
import { uint } from "../chain/fields.ts";
import { view, viewUint } from "../chain/multicall.ts";
import { WAD } from "../kernel/units.ts";
import { GAS } from "./gas.ts";
import type { Inspect, Protocol } from "./protocol.ts";
import { answer, baseOnly, MAX_OPEN_REQUESTS, positive, refusal, worthOf } from "./quotes.ts";
import { targetAt, targetOf, viewBool, viewLength } from "./targets.ts";

const adapterInterface = BedrockAdapter__factory.createInterface();
const venue = IBedrockStaking__factory.createInterface();

/** What one request may be: a uint128 leg at most. */
const UNLIMITED = 2n ** 128n - 1n;
/** `BedrockAdapter.EXIT_STEP`: debts are whole validators. */
const EXIT_STEP = 32n * 10n ** 18n;
/** Wei that two divisions may leave of a size that the swap covers. */
const ROUNDING = 1_000n;
/** More uniETH than the reserve can hold ether for, so that the answer is all that can be swapped. */
const MORE_THAN_ALL = 10n ** 27n;

const inspect: Inspect = ({ adapter, targets, sizes }, now) => {
  const staking = targetAt("bedrock", targets, 0);
  const rate = positive("exchangeRatio", now.need(viewUint(venue, staking, "exchangeRatio")));
  const isPaused = now.need(viewBool(venue, staking, "paused"));
  const swappable = now.want(
    view(venue, staking, "previewInstantSwap", [MORE_THAN_ALL], (row) => uint(row, "maxEthersToSwap")),
  );
  const open = now.need(viewLength(adapterInterface, adapter, "openRequests"));
  return (next) => {
    const swaps = sizes.map((size) =>
      next.want(
        view(venue, staking, "previewInstantSwap", [(size * WAD) / rate()], (row) => ({
          ether: uint(row, "maxEthersToSwap"),
          burnt: uint(row, "maxTokensToBurn"),
        })),
      ),
    );
    return (window) => {
      const closed = isPaused() ? "Bedrock is paused" : null;
      const instant = swappable();
      return {
        apy: baseOnly("exchangeRatio")(window),
        cap: null,
        discount: 0,
        enter: {
          closed,
          quotes: sizes.map((size) => answer<bigint>(size)),
          source: "Bedrock mints at exchangeRatio without a fee",
        },
        leave: {
          closed,
          quotes: sizes.map((size, index) => {
            const swap = swaps[index]?.();
            if (swap === undefined || !swap.ok) return swap ?? answer<bigint>(size);
            const swapped = worthOf(swap.value.burnt, rate());
            // What the swap cannot burn leaves by the debt queue, which pays the rate for whole validators.
            const rest = size - swapped;
            if (rest > ROUNDING && rest < EXIT_STEP)
              return refusal("the waiting ether does not cover it, and the debt queue takes no less than 32 ETH");
            return answer(rest + swap.value.ether);
          }),
          source:
            "previewInstantSwap, the rest by the debt queue, which pays the rate; what is over whole 32 ETH stays and is priced alike",
          instant,
          queued: BigInt(open()) < MAX_OPEN_REQUESTS ? UNLIMITED : 0n,
          delay: null,
        },
      };
    };
  };
};

export const bedrock = {
  id: "bedrock",
  adapterContract: "BedrockAdapter",
  hasAsyncExit: true,
  // A validator has to leave first; the protocol promises no time. Set strategies[].exitDelayDays to what is seen.
  exitDelayDays: 14,
  exitStep: EXIT_STEP,
  // No feed is known that could be checked: the OracleGuard takes it by its rate alone.
  feedPrices: "none",
  gas: GAS.bedrock,
  // Rounding only: a wei or two.
  shortfallBps: { Deallocate: 1, RequestExit: 1, Allocate: 1, Reposition: 0 },
  targets: (adapter) => [targetOf(adapterInterface, adapter, "staking")],
  rateAt: (targets) => viewUint(venue, targetAt("bedrock", targets, 0), "exchangeRatio"),
  inspect,
} as const satisfies Protocol;

/** Renzo ezETH: staking and restaking rewards by the value of the whole protocol, exits through the WithdrawQueue. */
import { RenzoAdapter__factory } from "../../types/ethers-contracts/factories/contracts/adapters/RenzoAdapter__factory.ts";
import { IRenzoRestakeManager__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/renzo/IRenzo.sol/IRenzoRestakeManager__factory.ts";
import { IRenzoRiskOracle__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/renzo/IRenzo.sol/IRenzoRiskOracle__factory.ts";
import { IRenzoWithdrawQueue__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/renzo/IRenzo.sol/IRenzoWithdrawQueue__factory.ts";
import { uint } from "../chain/fields.ts";
import { view, viewUint } from "../chain/multicall.ts";
import { assets, SECONDS_PER_DAY } from "../kernel/units.ts";
import { GAS } from "./gas.ts";
import type { Inspect, Protocol } from "./protocol.ts";
import { answer, baseOnly, MAX_OPEN_REQUESTS } from "./quotes.ts";
import { targetAt, targetOf, viewAddress, viewBool, viewLength } from "./targets.ts";

const adapterInterface = RenzoAdapter__factory.createInterface();
const venue = IRenzoWithdrawQueue__factory.createInterface();
/** What Renzo calls ETH. */
const ETH = "0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE";
const WAD = 10n ** 18n;

const managerInterface = IRenzoRestakeManager__factory.createInterface();
const riskInterface = IRenzoRiskOracle__factory.createInterface();
const USUAL_DAYS = 7;
/** What one request may be: a uint128 leg at most. */
const UNLIMITED = 2n ** 128n - 1n;

/** Reads the value of the whole protocol once: each reading walks every operator. */
const inspect: Inspect = ({ adapter, targets, sizes }, now) => {
  const queue = targetAt("renzo", targets, 0);
  const manager = targetAt("renzo", targets, 1);
  const total = now.need(view(managerInterface, manager, "calculateTVLs", [], (row) => uint(row, "totalTVL")));
  const isPaused = now.need(viewBool(managerInterface, manager, "paused"));
  const limit = now.need(viewUint(managerInterface, manager, "maxDepositTVL"));
  const risk = now.need(viewAddress(venue, queue, "riskOracleMiddleware"));
  const coolDown = now.need(viewUint(venue, queue, "coolDownPeriod"));
  const isQueuePaused = now.need(viewBool(venue, queue, "paused"));
  const open = now.need(viewLength(adapterInterface, adapter, "openRequests"));
  return (next) => {
    const isDepositPaused = next.need(viewBool(riskInterface, risk(), "depositPaused"));
    const isClaimPaused = next.need(viewBool(riskInterface, risk(), "withdrawClaimPaused"));
    const riskCoolDown = next.need(viewUint(riskInterface, risk(), "withdrawCooldownPeriod"));
    return (window) => {
      const quotes = sizes.map((size) => answer<bigint>(size));
      const seconds = Number(coolDown() > riskCoolDown() ? coolDown() : riskCoolDown());
      return {
        apy: baseOnly("WithdrawQueue.calculateAmountToRedeem")(window),
        cap:
          limit() === 0n
            ? null
            : { limit: assets(limit()), used: assets(total()), source: "RestakeManager.maxDepositTVL" },
        enter: {
          closed: isPaused() || isDepositPaused() ? "Renzo has paused deposits" : null,
          quotes,
          source: "Renzo mints in proportion to calculateTVLs without a fee",
        },
        leave: {
          closed: isQueuePaused() || isClaimPaused() ? "Renzo has paused withdrawals" : null,
          quotes,
          source: "the queue pays min(requested, worth at the claim) by calculateTVLs without a fee",
          instant: answer(0n),
          queued: BigInt(open()) < MAX_OPEN_REQUESTS ? UNLIMITED : 0n,
          delay: {
            days: Math.max(seconds / SECONDS_PER_DAY, USUAL_DAYS),
            source: `the cool-down is ${seconds} s, then the buffer must be filled`,
          },
        },
      };
    };
  };
};

export const renzo = {
  id: "renzo",
  adapterContract: "RenzoAdapter",
  hasAsyncExit: true,
  // A cool-down of days, and then the queue must be filled. Set strategies[].exitDelayDays to what is seen.
  exitDelayDays: USUAL_DAYS,
  feedPrices: "token",
  gas: GAS.renzo,
  // The inflation of a deposit is rounded to 18 digits: total value / 1e18, far below a basis point of any leg.
  shortfallBps: { Deallocate: 1, RequestExit: 1, Allocate: 1, Reposition: 0 },
  targets: (adapter) => ["queue", "manager"].map((name) => targetOf(adapterInterface, adapter, name)),
  // The queue divides value by supply in one call. It exists since 2024 and reverts while a collateral's feed is stale: the
  // day is missing then, not zero.
  rateAt: (targets) =>
    view(venue, targetAt("renzo", targets, 0), "calculateAmountToRedeem", [WAD, ETH], (row) => uint(row, 1)),
  inspect,
} as const satisfies Protocol;

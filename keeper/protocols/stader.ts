/** Stader ETHx: staking rewards by oracle reports, exits through the UserWithdrawalManager. */
import { StaderAdapter__factory } from "../../types/ethers-contracts/factories/contracts/adapters/StaderAdapter__factory.ts";
import { IStaderConfig__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/stader/IStader.sol/IStaderConfig__factory.ts";
import { IStaderStakePoolsManager__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/stader/IStader.sol/IStaderStakePoolsManager__factory.ts";
import { viewUint } from "../chain/multicall.ts";
import { GAS } from "./gas.ts";
import type { Protocol } from "./protocol.ts";
import { answer, baseOnly, byQuoter, MAX_OPEN_REQUESTS } from "./quotes.ts";
import { targetAt, targetOf, viewBool, viewLength } from "./targets.ts";

const adapterInterface = StaderAdapter__factory.createInterface();
const venue = IStaderStakePoolsManager__factory.createInterface();

const configInterface = IStaderConfig__factory.createInterface();

const inspect = byQuoter({
  rate: ({ targets }) => viewUint(venue, targetAt("stader", targets, 0), "getExchangeRate"),
  minted: ({ targets }, assets) => viewUint(venue, targetAt("stader", targets, 0), "convertToShares", [assets]),
  paid: ({ targets }, units) => viewUint(venue, targetAt("stader", targets, 0), "previewWithdraw", [units]),
  enterSource: "StaderStakePoolsManager.convertToShares; no fee of entry",
  leaveSource: "StaderStakePoolsManager.previewWithdraw; no fee of exit",
  apy: baseOnly("StaderStakePoolsManager.getExchangeRate"),
  terms: ({ adapter, targets }, now) => {
    const manager = targetAt("stader", targets, 0);
    const isPaused = now.need(viewBool(venue, manager, "paused"));
    const largestDeposit = now.need(viewUint(venue, manager, "maxDeposit"));
    const largest = now.need(viewUint(configInterface, targetAt("stader", targets, 1), "getMaxWithdrawAmount"));
    const open = now.need(viewLength(adapterInterface, adapter, "openRequests"));
    return () => ({
      enterClosed: isPaused()
        ? "Stader has paused deposits"
        : largestDeposit() === 0n
          ? "Stader's vault is not healthy (maxDeposit is 0)"
          : null,
      leaveClosed: null,
      cap: null,
      instant: answer(0n),
      queued: (MAX_OPEN_REQUESTS - BigInt(open())) * largest(),
    });
  },
});

export const stader = {
  id: "stader",
  adapterContract: "StaderAdapter",
  hasAsyncExit: true,
  // Three to ten days as seen: the upper end. Set strategies[].exitDelayDays to what is seen.
  exitDelayDays: 10,
  feedPrices: "token",
  gas: GAS.stader,
  // Rounding only: a wei or two.
  shortfallBps: { Deallocate: 1, RequestExit: 1, Allocate: 1, Reposition: 0 },
  targets: (adapter) => ["manager", "config"].map((name) => targetOf(adapterInterface, adapter, name)),
  rateAt: (targets) => viewUint(venue, targetAt("stader", targets, 0), "getExchangeRate"),
  inspect,
} as const satisfies Protocol;

/** Swell swETH and rswETH: staking (and restaking) rewards by repricing, exits through swEXIT and rswEXIT requests. */
import { SwellAdapter__factory } from "../../types/ethers-contracts/factories/contracts/adapters/SwellAdapter__factory.ts";
import { ISwellAccessControl__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/swell/ISwell.sol/ISwellAccessControl__factory.ts";
import { ISwellExit__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/swell/ISwell.sol/ISwellExit__factory.ts";
import { ISwellToken__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/swell/ISwell.sol/ISwellToken__factory.ts";
import { viewUint } from "../chain/multicall.ts";
import { GAS } from "./gas.ts";
import type { Inspect, Protocol } from "./protocol.ts";
import { answer, baseOnly, MAX_OPEN_REQUESTS, positive, worthOf } from "./quotes.ts";
import { targetAt, targetOf, viewAddress, viewBool, viewLength } from "./targets.ts";

const adapterInterface = SwellAdapter__factory.createInterface();
const venue = ISwellToken__factory.createInterface();

const exitInterface = ISwellExit__factory.createInterface();
const accessInterface = ISwellAccessControl__factory.createInterface();

const inspect: Inspect = (site, now) => {
  const { adapter, targets } = site;
  const token = targetAt("swell", targets, 0);
  const queue = targetAt("swell", targets, 1);
  const access = now.need(viewAddress(venue, token, "AccessControlManager"));
  const doors = [
    { iface: venue, at: token, name: "token" },
    { iface: exitInterface, at: queue, name: "exit queue" },
  ].map(({ iface, at, name }) => ({
    name,
    isOn: now.need(viewBool(iface, at, "whitelistEnabled")),
    isListed: now.need(viewBool(iface, at, "whitelistedAddresses", [adapter])),
  }));
  const largest = now.need(viewUint(exitInterface, queue, "withdrawRequestMaximum"));
  const open = now.need(viewLength(adapterInterface, adapter, "openRequests"));
  const rate = positive("getRate", now.need(viewUint(venue, token, "getRate")));
  return (next) => {
    const areCoreMethodsPaused = next.need(viewBool(accessInterface, access(), "coreMethodsPaused"));
    const areWithdrawalsPaused = next.need(viewBool(accessInterface, access(), "withdrawalsPaused"));
    return (window) => {
      const barred = doors.find(({ isOn, isListed }) => isOn() && !isListed());
      const whitelist = barred === undefined ? null : `the adapter is not on the whitelist of Swell's ${barred.name}`;
      const paused = areWithdrawalsPaused() ? "Swell has paused withdrawals" : null;
      const quotes = site.sizes.map((size) => answer<bigint>(size));
      return {
        apy: baseOnly("getRate")(window),
        cap: null,
        enter: {
          closed: areCoreMethodsPaused() ? "Swell has paused its core methods" : (paused ?? whitelist),
          quotes,
          source: "Swell mints at its rate without a fee",
        },
        leave: {
          closed: paused ?? whitelist,
          quotes,
          source: "the exit queue pays min(rate at the request, rate when processed) without a fee",
          instant: answer(0n),
          queued: worthOf((MAX_OPEN_REQUESTS - BigInt(open())) * largest(), rate()),
          delay: null,
        },
      };
    };
  };
};

export const swell = {
  id: "swell",
  adapterContract: "SwellAdapter",
  hasAsyncExit: true,
  // One to twelve days as Swell says: the upper end. Set strategies[].exitDelayDays to what is seen.
  exitDelayDays: 12,
  // No feed is known that could be checked: the OracleGuard takes it by its rate alone.
  feedPrices: "none",
  gas: GAS.swell,
  // The inverse rate is rounded to 18 digits: a basis point covers it many times over.
  shortfallBps: { Deallocate: 1, RequestExit: 1, Allocate: 1, Reposition: 0 },
  targets: (adapter) => ["token", "queue"].map((name) => targetOf(adapterInterface, adapter, name)),
  rateAt: (targets) => viewUint(venue, targetAt("swell", targets, 0), "getRate"),
  inspect,
} as const satisfies Protocol;

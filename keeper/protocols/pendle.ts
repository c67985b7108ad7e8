/**
 * Pendle principal tokens of a wstETH market: a yield fixed at purchase, par at maturity. Exits sell (or, past maturity,
 * redeem) for wstETH and wait in Lido's queue.
 */
import { PendleAdapter__factory } from "../../types/ethers-contracts/factories/contracts/adapters/PendleAdapter__factory.ts";
import { ILidoWithdrawalQueue__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/lido/ILido.sol/ILidoWithdrawalQueue__factory.ts";
import { IPendleMarket__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/pendle/IPendle.sol/IPendleMarket__factory.ts";
import { IPendleSY__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/pendle/IPendle.sol/IPendleSY__factory.ts";
import { int, struct, uint } from "../chain/fields.ts";
import { type Outcome, type ViewCall, view, viewUint } from "../chain/multicall.ts";
import { type Address, fromWad } from "../kernel/units.ts";
import { GAS } from "./gas.ts";
import { assetForPt, type MarketCurve, ptForAsset, spotPrice } from "./pendle-market.ts";
import type { Inspect, Protocol } from "./protocol.ts";
import { answer, known, less, MAX_OPEN_REQUESTS, NO_FEES, NO_REWARD, refusal, YEAR_SECONDS } from "./quotes.ts";
import { targetAt, targetOf, viewBool, viewLength } from "./targets.ts";

const adapterInterface = PendleAdapter__factory.createInterface();

const marketInterface = IPendleMarket__factory.createInterface();
const syInterface = IPendleSY__factory.createInterface();
const queueInterface = ILidoWithdrawalQueue__factory.createInterface();

interface MarketReading {
  readonly totalPt: number;
  readonly totalSy: number;
  readonly scalarRoot: number;
  readonly lnFeeRateRoot: number;
  readonly lnImpliedRate: number;
  readonly expiry: number;
}

/** The market as trades of `trader` meet it: Pendle may lower the fee for its routers. */
const stateFor = (market: Address, trader: Address): ViewCall<MarketReading> =>
  view(marketInterface, market, "readState", [trader], (row) => {
    const state = struct(row, 0);
    const float = (key: string): number => fromWad(uint(state, key));
    return {
      totalPt: float("totalPt"),
      totalSy: float("totalSy"),
      scalarRoot: float("scalarRoot"),
      lnFeeRateRoot: float("lnFeeRateRoot"),
      lnImpliedRate: float("lastLnImpliedRate"),
      expiry: int(state, "expiry"),
    };
  });

/** `amount` scaled by what the curve says of its size in ether. */
function quoteOf(size: bigint, received: (ether: number) => number | null): Outcome<bigint> {
  const ether = fromWad(size);
  const out = received(ether);
  return out === null ? refusal("the market cannot trade that much PT") : answer(less(size, 1 - out / ether));
}

const inspect: Inspect = ({ adapter, sizes, targets, timestamp }, now) => {
  const market = targetAt("pendle", targets, 1);
  const sy = targetAt("pendle", targets, 3);
  const queue = targetAt("pendle", targets, 4);
  const bought = now.need(stateFor(market, targetAt("pendle", targets, 2)));
  const sold = now.need(stateFor(market, adapter));
  const index = now.need(viewUint(syInterface, sy, "exchangeRate"));
  const isPaused = now.need(viewBool(syInterface, sy, "paused"));
  const isQueuePaused = now.need(viewBool(queueInterface, queue, "isPaused"));
  const largest = now.need(viewUint(queueInterface, queue, "MAX_STETH_WITHDRAWAL_AMOUNT"));
  const open = now.need(viewLength(adapterInterface, adapter, "openRequests"));
  return () => () => {
    const curveOf = ({ totalSy, expiry, ...state }: MarketReading): MarketCurve => ({
      ...state,
      totalAsset: totalSy * fromWad(index()),
      yearsLeft: (expiry - timestamp) / YEAR_SECONDS,
    });
    const entry = curveOf(bought());
    const exit = curveOf(sold());
    const isExpired = entry.yearsLeft <= 0;
    return {
      apy: {
        base: isExpired
          ? known(0, "PT past maturity earn nothing")
          : known(Math.expm1(entry.lnImpliedRate), "the yield fixed by a purchase now: readState.lastLnImpliedRate"),
        fees: NO_FEES,
        reward: NO_REWARD,
      },
      cap: null,
      enter: {
        closed: isExpired ? "the market is past its maturity" : isPaused() ? "the SY is paused" : null,
        quotes: sizes.map((size) =>
          isExpired
            ? refusal("the market is past its maturity")
            : quoteOf(size, (ether) => {
                const pt = ptForAsset(entry, ether);
                return pt === null ? null : pt * spotPrice(entry);
              }),
        ),
        source:
          "the market's formula on readState for the router, PT at the last trade's rate; the router's search may buy up to a basis point less",
      },
      leave: {
        closed: isPaused() ? "the SY is paused" : isQueuePaused() ? "Lido's withdrawal queue is paused" : null,
        quotes: sizes.map((size) =>
          isExpired ? answer<bigint>(size) : quoteOf(size, (ether) => assetForPt(exit, ether / spotPrice(exit))),
        ),
        source: isExpired
          ? "PT past maturity redeem at par"
          : "the market's formula on readState, PT at the last trade's rate; the adapter refuses what is below its counted value",
        instant: answer(0n),
        queued: (MAX_OPEN_REQUESTS - BigInt(open())) * largest(),
        delay: null,
      },
    };
  };
};

export const pendle = {
  id: "pendle",
  adapterContract: "PendleAdapter",
  hasAsyncExit: true,
  // Lido's queue, as lido.ts.
  exitDelayDays: 5,
  feedPrices: "underlying",
  gas: GAS.pendle,
  // An entry counts less the adapter's discount (bandBps, 50 in the plan) and the market's fee; an exit request fetches
  // at least what was counted, or is refused.
  shortfallBps: { Deallocate: 1, RequestExit: 1, Allocate: 60, Reposition: 0 },
  // The discount depends on the adapter's own start, so the rate is read there; its history starts with the adapter.
  targets: (adapter) =>
    ["rateSource", "market", "router", "sy", "queue"].map((name) => targetOf(adapterInterface, adapter, name)),
  rateAt: (targets) => viewUint(adapterInterface, targetAt("pendle", targets, 0), "rate"),
  inspect,
} as const satisfies Protocol;

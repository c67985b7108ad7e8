/** What the twins of Pendle's PT and LP share: reading a wstETH market and how its positions leave. */
import type { Interface } from "ethers";
import { ILidoWithdrawalQueue__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/lido/ILido.sol/ILidoWithdrawalQueue__factory.ts";
import { IPendleMarket__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/pendle/IPendle.sol/IPendleMarket__factory.ts";
import { IPendleSY__factory } from "../../types/ethers-contracts/factories/contracts/interfaces/external/pendle/IPendle.sol/IPendleSY__factory.ts";
import { int, struct, uint } from "../chain/fields.ts";
import { type Outcome, type ViewCall, view, viewUint } from "../chain/multicall.ts";
import { type Address, fromWad } from "../kernel/units.ts";
import type { YieldPart, YieldParts } from "../kernel/venue-state.ts";
import type { ProtocolId } from "./ids.ts";
import { liquidityFees, type MarketBooks } from "./pendle-fees.ts";
import { type MarketCurve, marketWorth } from "./pendle-market.ts";
import type { Inspect, RateWindow, VenueFacts } from "./protocol.ts";
import { answer, growth, known, less, MAX_OPEN_REQUESTS, refusal, YEAR_SECONDS } from "./quotes.ts";
import { targetAt, targetOf, viewBool, viewLength } from "./targets.ts";

const marketInterface = IPendleMarket__factory.createInterface();
const syInterface = IPendleSY__factory.createInterface();
const queueInterface = ILidoWithdrawalQueue__factory.createInterface();

interface MarketReading {
  readonly books: MarketBooks;
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
      books: { sy: uint(state, "totalSy"), lp: uint(state, "totalLp") },
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

export const pendleTargets =
  (adapterInterface: Interface) =>
  (adapter: Address): readonly ViewCall<Address>[] =>
    ["rateSource", "market", "router", "sy", "queue"].map((name) => targetOf(adapterInterface, adapter, name));

/** One kind of position in a market. Curves are in ether; null where the market refuses. */
export interface PendleSpec {
  readonly id: Extract<ProtocolId, `pendle${string}`>;
  readonly adapterInterface: Interface;
  /** Worth at the last trade's rate of what an amount buys. */
  readonly entered: (market: MarketCurve, ether: number) => number | null;
  /** What units worth an amount at the last trade's rate fetch. */
  readonly left: (market: MarketCurve, ether: number) => number | null;
  /** `staking` is the yield of SY, `fees` what trades pay to liquidity: nothing past maturity, but for the history of before. */
  readonly apy: (market: MarketCurve, staking: YieldPart, fees: () => YieldPart, isExpired: boolean) => YieldParts;
  readonly enterSource: string;
  readonly leaveSource: string;
  readonly expiredSource: string;
}

/** Targets are those of {@link pendleTargets}. */
export const inspectPendle =
  (spec: PendleSpec): Inspect =>
  ({ adapter, sizes, targets, timestamp }, now) => {
    const market = targetAt(spec.id, targets, 1);
    const sy = targetAt(spec.id, targets, 3);
    const queue = targetAt(spec.id, targets, 4);
    const bought = now.need(stateFor(market, targetAt(spec.id, targets, 2)));
    const sold = now.need(stateFor(market, adapter));
    const rateCall = viewUint(syInterface, sy, "exchangeRate");
    const index = now.need(rateCall);
    const isPaused = now.need(viewBool(syInterface, sy, "paused"));
    const isQueuePaused = now.need(viewBool(queueInterface, queue, "isPaused"));
    const largest = now.need(viewUint(queueInterface, queue, "MAX_STETH_WITHDRAWAL_AMOUNT"));
    const open = now.need(viewLength(spec.adapterInterface, adapter, "openRequests"));
    return (_next, past) => {
      const pastIndex = past.want(rateCall);
      const pastMarket = past.want(stateFor(market, adapter));
      return ({ seconds, events, isHistory }: RateWindow): VenueFacts => {
        const curveOf = ({ totalSy, expiry, books: _, ...state }: MarketReading): MarketCurve => ({
          ...state,
          totalAsset: totalSy * fromWad(index()),
          yearsLeft: (expiry - timestamp) / YEAR_SECONDS,
        });
        const entry = curveOf(bought());
        const exit = curveOf(sold());
        const isExpired = entry.yearsLeft <= 0;
        const matured = "the market is past its maturity";
        const staking = growth({ now: answer(index()), past: pastIndex(), seconds }, "SY.exchangeRate");
        const fees = (): YieldPart => {
          if (isExpired && isHistory === undefined) return known(0, "nobody trades past maturity");
          const before = pastMarket();
          const books = before.ok ? answer(before.value.books) : before;
          return liquidityFees(sold().books, books, events, marketWorth(exit) / fromWad(index()), seconds);
        };
        return {
          apy: spec.apy(entry, staking, fees, isExpired),
          cap: null,
          enter: {
            closed: isExpired ? matured : isPaused() ? "the SY is paused" : null,
            quotes: sizes.map((size) =>
              isExpired ? refusal(matured) : quoteOf(size, (ether) => spec.entered(entry, ether)),
            ),
            source: spec.enterSource,
          },
          leave: {
            closed: isPaused() ? "the SY is paused" : isQueuePaused() ? "Lido's withdrawal queue is paused" : null,
            quotes: sizes.map((size) =>
              isExpired ? answer<bigint>(size) : quoteOf(size, (ether) => spec.left(exit, ether)),
            ),
            source: isExpired ? spec.expiredSource : spec.leaveSource,
            instant: answer(0n),
            queued: (MAX_OPEN_REQUESTS - BigInt(open())) * largest(),
            delay: null,
          },
        };
      };
    };
  };

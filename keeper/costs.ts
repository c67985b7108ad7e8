/** What moves cost, from the venues' quotes at the pinned block; the twins' constant bounds where a venue quotes nothing. */
import type { CostInputs, ForecastSet, MarketSnapshot, StrategyReading } from "./kernel/artifacts.ts";
import { netAssetValue } from "./kernel/constraints.ts";
import { assets, BPS, fromWad } from "./kernel/units.ts";
import { entryRoom, entryTerms, shortfallAt } from "./kernel/venue-moves.ts";
import type { VenueReading } from "./kernel/venue-state.ts";
import { isProtocolId } from "./protocols/ids.ts";
import { protocolOf } from "./protocols/index.ts";

/** Gas of an execution besides its legs: signatures, reports, checks (measured in bench/gas.json). */
export const EXECUTION_GAS = 160_000n;
export const DEFAULT_LEG_GAS = 200_000n;
/** Costs are fractions below one; what takes all of it and more is as good as forbidden at this one. */
const HIGHEST_COST = 0.999_999;

const median = (values: readonly bigint[]): bigint => {
  const sorted = [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return sorted[Math.floor(sorted.length / 2)] ?? 0n;
};

/** Price that gas is charged at, wei: the median of the past, which one cheap or dear block does not move. */
export const gasPriceOf = ({ gas }: MarketSnapshot): bigint =>
  median(gas.baseFees.length > 0 ? gas.baseFees : [gas.baseFee]);

const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const fraction = (bps: number): number => bps / Number(BPS);

/**
 * What a venue takes of a unit that enters and of one that leaves, fractions of counted value. The optimizer's costs are linear,
 * the venue's are not: each is the average over the largest move this run could make (all that caps, budget and NAV let in; all
 * that is held), so no smaller move costs more than it is charged. What an adapter holds back when it counts an entry is
 * charged there and comes back with the exit. Where the twin cannot tell that part its constant bound stays as a floor.
 */
export function moveCosts(
  reading: StrategyReading,
  venue: VenueReading | undefined,
  nav: bigint,
): { readonly enter: number; readonly exit: number } {
  const bounds = isProtocolId(reading.protocol) ? protocolOf(reading.protocol).shortfallBps : null;
  const constant = {
    enter: fraction(bounds?.Allocate ?? 0),
    exit: fraction((reading.hasAsyncExit ? bounds?.RequestExit : bounds?.Deallocate) ?? 0),
  };
  if (venue === undefined || venue.kind === "held") return constant;
  const entering = smaller(entryRoom(reading, nav), entryTerms(venue).most ?? nav);
  // Of nothing nothing leaves: an empty position is charged for what this run could put in.
  const leaving = reading.liquid > 0n ? reading.liquid : entering;
  const enter = shortfallAt(venue.enter.curve, entering);
  const exit = shortfallAt(venue.leave.curve, leaving);
  const { discount } = venue;
  if (discount === null)
    return { enter: Math.max(constant.enter, enter ?? 0), exit: Math.max(constant.exit, exit ?? 0) };
  return {
    enter: enter === null ? constant.enter : 1 - (1 - enter) * (1 - discount),
    exit: exit === null ? constant.exit : Math.max(0, 1 - (1 - exit) / (1 - discount)),
  };
}

/** What moving costs: what the venue takes, the discount that valuation takes at once, the yield lost while waiting. */
export function costsOf(snapshot: MarketSnapshot, predicted: ForecastSet): CostInputs {
  const gasPrice = gasPriceOf(snapshot);
  const nav = netAssetValue(snapshot);
  const venueOf = new Map(snapshot.venues.map((venue) => [venue.strategyId, venue]));
  const legGas = snapshot.strategies.reduce<bigint>((most, strategy) => {
    const units = isProtocolId(strategy.protocol) ? protocolOf(strategy.protocol).gas.Allocate?.units : undefined;
    const gas = units === undefined ? DEFAULT_LEG_GAS : BigInt(units);
    return gas > most ? gas : most;
  }, 0n);
  return {
    perStrategy: snapshot.strategies.map((strategy) => {
      const { enter, exit } = moveCosts(strategy, venueOf.get(strategy.id), nav);
      const daily = predicted.strategies.find(({ id }) => id === strategy.id)?.meanDaily ?? 0;
      const discount = Math.max(0, 1 - fromWad(strategy.price.sellFactor));
      const waiting = strategy.hasAsyncExit ? strategy.exitDelayDays * Math.max(0, daily) : 0;
      return {
        id: strategy.id,
        enter: Math.min(HIGHEST_COST, enter + discount),
        exit: Math.min(HIGHEST_COST, exit + waiting),
      };
    }),
    fixedCost: assets(EXECUTION_GAS * gasPrice),
    legCost: assets(legGas * gasPrice),
  };
}

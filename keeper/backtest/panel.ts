/** Daily series of venues on one calendar, and what each figure is. */
import { DAYS_PER_YEAR, SECONDS_PER_DAY } from "../kernel/units.ts";
import { quantile } from "../math/quantiles.ts";
import { HistoryTooShortError, NoVenueError } from "./errors.ts";

/** Where a figure comes from; printed with every result. */
export type Source = "market price" | "protocol rate" | "APY only" | "reconstruction";

export interface Venue {
  readonly name: string;
  /** Source of what a holder earns. */
  readonly source: Source;
  /** Source of what forecasts see. */
  readonly signalSource: Source;
  /** Simple return of the day that a holder earns; NaN where nothing was recorded. */
  readonly realised: readonly number[];
  /** Simple return of the day by the protocol's rate, where there is one; else the same as `realised`. */
  readonly signal: readonly number[];
  /** True when the first figure after a gap covers the whole gap (prices), false when it is that day's only (rates, APY). */
  readonly bridgesGaps: boolean;
  /** Days between asking to leave and being paid; 0 when exits are sales. */
  readonly exitDays: number;
  /** Most that the venue takes from one vault, asset units; null: no limit known. */
  readonly capacity: number | null;
  /** One-way cost, basis points; null: the run's own. */
  readonly costBps: number | null;
  /** Market over redemption value at the end of each day, where the level is known and not only its changes. */
  readonly marketLevel: readonly number[] | null;
}

export interface Panel {
  /** YYYY-MM-DD of each day, consecutive. */
  readonly dates: readonly string[];
  /** End of each day, Unix seconds. */
  readonly ends: readonly number[];
  readonly venues: readonly Venue[];
  /** What was left out or looks odd, one line each. */
  readonly notes: readonly string[];
}

/** Families of price columns that one file may hold of the same token, before its name. */
export const PRICE_FAMILY = /^(flip|dex|yf|price|px)_(.+)$/i;

/** Whether a column is meant by a name in any case, or by its token: "wstETH" for "flip_WSTETH". */
export function answersTo(column: string, wanted: string): boolean {
  const folded = wanted.toLowerCase();
  return column.toLowerCase() === folded || PRICE_FAMILY.exec(column)?.[2]?.toLowerCase() === folded;
}

export const dayOf = (seconds: number): number => Math.floor(seconds / SECONDS_PER_DAY);
export const isoOf = (day: number): string => new Date(day * SECONDS_PER_DAY * 1000).toISOString().slice(0, 10);

/** One column as it stands in a file: days since 1970 and a value each, ascending. */
export interface RawColumn {
  readonly days: readonly number[];
  readonly values: readonly number[];
}

export interface RawVenue {
  readonly name: string;
  readonly realised: RawColumn;
  readonly signal: RawColumn | null;
  readonly source: Source;
  readonly signalSource: Source;
  readonly bridgesGaps: boolean;
  /** Market over redemption value, 1 = at par. */
  readonly marketLevel?: RawColumn;
}

/** An annual yield as the simple return of one day: the convention of the data (APY / 365). */
export const dailyOfApy = (apy: number): number => apy / DAYS_PER_YEAR;

/** Prices to returns; the return after a gap covers it. */
export function returnsOfPrices({ days, values }: RawColumn): RawColumn {
  const out: { day: number; value: number }[] = [];
  let last: number | null = null;
  values.forEach((price, i) => {
    if (Number.isNaN(price)) return;
    if (last !== null) out.push({ day: days[i] ?? 0, value: price / last - 1 });
    last = price;
  });
  return { days: out.map(({ day }) => day), values: out.map(({ value }) => value) };
}

const spanOf = ({ days, values }: RawColumn): { first: number; last: number; count: number } | null => {
  const known = days.filter((_, i) => !Number.isNaN(values[i] ?? Number.NaN));
  const first = known[0];
  const last = known[known.length - 1];
  return first === undefined || last === undefined ? null : { first, last, count: known.length };
};

function onGrid(column: RawColumn, first: number, length: number): number[] {
  const grid = new Array<number>(length).fill(Number.NaN);
  column.days.forEach((day, i) => {
    if (day >= first && day < first + length) grid[day - first] = column.values[i] ?? Number.NaN;
  });
  return grid;
}

/** What the data do not say of a venue. */
export interface VenueTerms {
  readonly exitDays?: number | undefined;
  readonly capacity?: number | undefined;
  readonly costBps?: number | undefined;
}

export interface PanelOptions {
  /** First and last day, since 1970; null: as far as the data reach. */
  readonly from: number | null;
  readonly to: number | null;
  /** Share of the days a venue must have; the others are left out and named. */
  readonly minimumCoverage: number;
  readonly minimumDays: number;
  readonly terms: ReadonlyMap<string, VenueTerms>;
}

/** Where a venue has no figures: before it began, after it ended, and in between. */
function gapNote(name: string, realised: readonly number[], firstDay: number): string {
  const isKnown = (value: number): boolean => !Number.isNaN(value);
  const begins = realised.findIndex(isKnown);
  const ends = realised.findLastIndex(isKnown);
  const inside = realised.slice(begins, ends + 1);
  let longest = 0;
  let run = 0;
  for (const value of inside) {
    run = isKnown(value) ? 0 : run + 1;
    longest = Math.max(longest, run);
  }
  const gaps = inside.filter((value) => !isKnown(value)).length;
  const parts = [
    ...(begins > 0 ? [`begins on ${isoOf(firstDay + begins)}, enters when it has enough history`] : []),
    ...(ends < realised.length - 1
      ? [`ends on ${isoOf(firstDay + ends)}, what is held of it is left at its last value`]
      : []),
    ...(gaps > 0
      ? [`${gaps} days without a figure in between, at most ${longest} running, which earn nothing here`]
      : []),
  ];
  return `${name}: ${parts.join("; ")}.`;
}

/** A series that stops less than this before the end of the window may only be late. */
const SURVIVES_DAYS = 7;

/** Aligns the columns on the calendar of the longest one within the window. */
export function buildPanel(raw: readonly RawVenue[], notes: readonly string[], options: PanelOptions): Panel {
  const spans = raw.flatMap((venue) => spanOf(venue.realised) ?? []);
  if (spans.length === 0) throw new NoVenueError("no column holds a number");
  const first = Math.max(options.from ?? Number.NEGATIVE_INFINITY, Math.min(...spans.map((s) => s.first)));
  const last = Math.min(options.to ?? Number.POSITIVE_INFINITY, Math.max(...spans.map((s) => s.last)));
  const length = last - first + 1;
  if (length < 1) {
    const reach = `${isoOf(Math.min(...spans.map((s) => s.first)))} to ${isoOf(Math.max(...spans.map((s) => s.last)))}`;
    throw new NoVenueError(`the data reach from ${reach}, and no day of that lies within the window asked for`);
  }
  if (!(length >= options.minimumDays)) {
    throw new HistoryTooShortError(Math.max(0, length), options.minimumDays, "warm-up and at least two scored days");
  }
  const said = [...notes];
  const venues = raw.flatMap((venue): Venue[] => {
    const realised = onGrid(venue.realised, first, length);
    const known = realised.filter((value) => !Number.isNaN(value)).length;
    if (known < options.minimumCoverage * length) {
      const share = ((100 * known) / length).toFixed(0);
      const end = realised.findLastIndex((value) => !Number.isNaN(value));
      // The whole window decides here, and nobody knew on the first day which series would stop.
      const hindsight =
        end >= 0 && end < length - SURVIVES_DAYS
          ? ` It ends on ${isoOf(first + end)}, so leaving it out uses hindsight: --min-coverage 0 keeps it.`
          : "";
      said.push(
        `${venue.name}: left out, it covers ${share} % of the days (--min-coverage ${options.minimumCoverage}).${hindsight}`,
      );
      return [];
    }
    if (known < length) said.push(gapNote(venue.name, realised, first));
    const nonZero = realised.filter((value) => value !== 0 && !Number.isNaN(value));
    if (nonZero.length === 0) {
      said.push(`${venue.name}: left out, every figure is zero.`);
      return [];
    }
    const terms = options.terms.get(venue.name);
    return [
      {
        name: venue.name,
        source: venue.source,
        signalSource: venue.signal === null ? venue.source : venue.signalSource,
        realised,
        signal: venue.signal === null ? realised : onGrid(venue.signal, first, length),
        bridgesGaps: venue.bridgesGaps,
        exitDays: terms?.exitDays ?? 0,
        capacity: terms?.capacity ?? null,
        costBps: terms?.costBps ?? null,
        marketLevel: venue.marketLevel === undefined ? null : onGrid(venue.marketLevel, first, length),
      },
    ];
  });
  if (venues.length === 0) throw new NoVenueError("every column was left out", said);
  const dates = Array.from({ length }, (_, t) => isoOf(first + t));
  return { dates, ends: dates.map((_, t) => (first + t + 1) * SECONDS_PER_DAY), venues, notes: said };
}

/** Figures beyond this are no yield of a lending market or pool, percent a year. */
const WILD_APY = 1000;
const WILD_SHARE = 0.05;

/**
 * Yields in percent to fractions. Wild ones become missing and are named; more than a few make the column unusable, which is
 * said by returning null.
 */
export function cleanApy(
  name: string,
  column: RawColumn,
  unit: "percent" | "fraction",
): { column: RawColumn | null; notes: string[] } {
  const scale = unit === "percent" ? 0.01 : 1;
  let wild = 0;
  let worst = 0;
  const values = column.values.map((value) => {
    if (Number.isNaN(value)) return Number.NaN;
    const percent = value * scale * 100;
    if (percent < -50 || percent > WILD_APY) {
      wild++;
      if (Math.abs(percent) > Math.abs(worst)) worst = percent;
      return Number.NaN;
    }
    return dailyOfApy(value * scale);
  });
  if (wild === 0) return { column: { days: column.days, values }, notes: [] };
  const fault = `${wild} of ${column.values.length} figures up to ${worst.toPrecision(4)} % a year`;
  if (wild > WILD_SHARE * column.values.length) return { column: null, notes: [`${name}: left out, ${fault}.`] };
  return { column: { days: column.days, values }, notes: [`${name}: ${fault} are treated as missing.`] };
}

/** True when a column of yields looks like fractions although percent was said: nothing pays 0.02 % a year for months. */
export function looksLikeFraction(values: readonly number[]): boolean {
  const known = values
    .filter((value) => !Number.isNaN(value) && value !== 0)
    .map(Math.abs)
    .sort((a, b) => a - b);
  return known.length > 10 && quantile(known, 0.5) < 0.2 && quantile(known, 0.9) < 1;
}

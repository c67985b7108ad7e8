/** What a venue's state says of a strategy's moves: whether, how much, and at what cost. Pure. */
import type { StrategyReading } from "./artifacts.ts";
import { type Assets, assets, BPS } from "./units.ts";
import type { MoveState, QuotePoint, VenueReading } from "./venue-state.ts";

export interface MoveTerms {
  /** Why nothing moves; null where something does. */
  readonly blockedBy: string | null;
  /** Largest size that the venue quoted, asset units; null where nothing was read that could tell. */
  readonly most: Assets | null;
}

const UNREAD: MoveTerms = { blockedBy: null, most: null };
const least = (first: bigint, ...others: readonly bigint[]): bigint =>
  others.reduce((smallest, value) => (value < smallest ? value : smallest), first);

/** A point that the venue priced. */
interface Quoted extends QuotePoint {
  readonly received: Assets;
  readonly shortfall: number;
}
const isQuoted = (point: QuotePoint): point is Quoted => point.received !== null && point.shortfall !== null;

function termsOf({ closed, curve }: MoveState): MoveTerms {
  if (closed !== null) return { blockedBy: closed, most: assets(0n) };
  const largest = curve.findLast(isQuoted);
  if (largest !== undefined) return { blockedBy: null, most: largest.size };
  const reason = curve[0]?.reason;
  // A curve without sizes was not asked for any.
  return reason === undefined ? UNREAD : { blockedBy: `no size is quoted: ${reason}`, most: assets(0n) };
}

const heldTerms = (reason: string): MoveTerms => ({ blockedBy: `the venue is held: ${reason}`, most: assets(0n) });

/** Of entries; `undefined` where the venue was not read, as of a strategy whose adapter is silent. */
export const entryTerms = (venue: VenueReading | undefined): MoveTerms =>
  venue === undefined ? UNREAD : venue.kind === "held" ? heldTerms(venue.reason) : termsOf(venue.enter);

/** Of exits by the venue's own quotes; what an adapter pays at once it says itself. */
export const exitTerms = (venue: VenueReading | undefined): MoveTerms =>
  venue === undefined ? UNREAD : venue.kind === "held" ? heldTerms(venue.reason) : termsOf(venue.leave);

/** Most that one exit may put into the venue's queue, asset units; null where there is none or none was read. */
export const queueRoom = (venue: VenueReading | undefined): Assets | null =>
  venue?.kind === "read" ? venue.leave.queued : null;

/** The most that can enter a strategy in one run: what its caps, its inflow budget, the venue and the NAV leave, asset units. */
export function entryRoom(reading: StrategyReading, nav: bigint): Assets {
  const { value, absoluteCap, relativeCapBps, inflowLeft, maxAllocate } = reading;
  const relativeCap = (nav * BigInt(relativeCapBps)) / BPS;
  const room = least(nav - value, absoluteCap - value, relativeCap - value, inflowLeft, maxAllocate);
  return assets(room > 0n ? room : 0n);
}

/** Sizes at which a strategy's venue is quoted beside the usual ones: all that may enter, all that may leave. */
export const sizesConsidered = (reading: StrategyReading, nav: bigint): readonly Assets[] =>
  [entryRoom(reading, nav), reading.liquid].filter((size) => size > 0n);

/**
 * Loss per unit of a move of up to `size`, fraction, never below zero; null where the curve has no answer. Cost grows faster
 * than size, so the average at the whole size bounds that of every part. A fixed fee makes small moves dearer per unit, so the
 * dearest of all quotes up to the first at or above the size counts.
 */
export function shortfallAt(curve: readonly QuotePoint[], size: bigint): number | null {
  const quoted = curve.filter(isQuoted);
  const last = quoted.findIndex((point) => point.size >= size);
  const within = last < 0 ? quoted : quoted.slice(0, last + 1);
  if (within.length === 0) return null;
  return Math.max(0, ...within.map(({ shortfall }) => shortfall));
}

/**
 * What a move of `size` brings at least by the curve, asset units, rounded down; null above the largest quote. What is
 * received grows slower than size, so it lies on or above the straight line between two quotes, the first being nothing for
 * nothing.
 */
export function receivedAt(curve: readonly QuotePoint[], size: bigint): bigint | null {
  const quoted = curve.filter(isQuoted);
  const place = quoted.findIndex((point) => point.size >= size);
  const above = quoted[place];
  if (above === undefined) return null;
  const below = quoted[place - 1] ?? { size: 0n, received: 0n };
  return below.received + ((above.received - below.received) * (size - below.size)) / (above.size - below.size);
}

/** Which block was when: a piecewise linear map from a few headers, refined where a sample shows it off. Pure. */
import { SECONDS_PER_DAY } from "../kernel/units.ts";

/** A block whose timestamp is known. */
export interface TimedBlock {
  readonly number: number;
  /** Unix seconds. */
  readonly timestamp: number;
}

/** Seconds of an Ethereum slot: blocks are never closer, so `days` of them reach back at least `days`. */
const SLOT_SECONDS = 12;

/** Ascending by number, each number once. */
export function sortTimed(points: readonly TimedBlock[]): readonly TimedBlock[] {
  const byNumber = new Map(points.map((point) => [point.number, point]));
  return [...byNumber.values()].sort((a, b) => a.number - b.number);
}

/** `count` block numbers, evenly spread over the last `days` before the pinned block. */
export function anchorBlocks(pinned: TimedBlock, days: number, count: number): readonly number[] {
  const span = Math.ceil((days * SECONDS_PER_DAY) / SLOT_SECONDS);
  const lowest = Math.max(0, pinned.number - span);
  const numbers = Array.from(
    { length: count },
    (_, index) => lowest + Math.round(((pinned.number - lowest) * index) / count),
  );
  return [...new Set(numbers)].filter((number) => number < pinned.number);
}

/** End of each of the last `days` days before the pinned block, ascending; the pinned block itself is not among them. */
export const dayTargets = (pinned: TimedBlock, days: number): readonly number[] =>
  Array.from({ length: days }, (_, index) => pinned.timestamp - (days - index) * SECONDS_PER_DAY);

interface Bracket {
  readonly below: TimedBlock;
  readonly above: TimedBlock;
}

/** Neighbours of a time among the known points (ascending); null outside them. */
function bracket(points: readonly TimedBlock[], time: number): Bracket | null {
  let low = 0;
  let high = points.length - 1;
  const first = points[low];
  const last = points[high];
  if (first === undefined || last === undefined || time < first.timestamp || time > last.timestamp) return null;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((points[middle]?.timestamp ?? Number.POSITIVE_INFINITY) <= time) low = middle;
    else high = middle;
  }
  const below = points[low];
  const above = points[high];
  return below === undefined || above === undefined ? null : { below, above };
}

/** The block nearest to a time by linear interpolation; null when the points do not reach there. */
export function blockAt(points: readonly TimedBlock[], time: number): number | null {
  const found = bracket(points, time);
  if (found === null) return null;
  const { below, above } = found;
  const width = above.timestamp - below.timestamp;
  if (width === 0) return below.number;
  return below.number + Math.round(((time - below.timestamp) / width) * (above.number - below.number));
}

/** Timestamp of a block by linear interpolation; null when the points do not reach there. */
export function timeOf(points: readonly TimedBlock[], number: number): number | null {
  const after = points.findIndex((point) => point.number >= number);
  const above = points[after];
  if (above === undefined) return null;
  if (above.number === number) return above.timestamp;
  const below = points[after - 1];
  if (below === undefined) return null;
  const share = (number - below.number) / (above.number - below.number);
  return Math.round(below.timestamp + share * (above.timestamp - below.timestamp));
}

export interface DaySample extends TimedBlock {
  /** The time the sample should have. */
  readonly target: number;
}

/** Blocks worth another read: of the days more than `tolerance` seconds off, those where a closer block exists. */
export function refineBlocks(
  samples: readonly DaySample[],
  points: readonly TimedBlock[],
  tolerance: number,
): readonly { readonly target: number; readonly block: number }[] {
  const known = new Set(points.map((point) => point.number));
  return samples.flatMap(({ target, timestamp }) => {
    if (Math.abs(timestamp - target) <= tolerance) return [];
    const found = bracket(points, target);
    if (found === null || found.above.number - found.below.number <= 1) return [];
    const guess = blockAt(points, target);
    if (guess === null) return [];
    // Inside the bracket: a guess that rounds onto a known neighbour would teach nothing.
    const block = Math.min(Math.max(guess, found.below.number + 1), found.above.number - 1);
    return known.has(block) ? [] : [{ target, block }];
  });
}

/** What the driver asks of a lending venue: make it pay this supply rate from this moment on. */
import type { Call } from "../block.ts";
import { LendingRateUnreachableError } from "../errors.ts";

export const RAY = 10n ** 27n;
export const SECONDS_PER_YEAR = 31_536_000n;

export interface LendingDemand {
  readonly venue: string;
  /**
   * Calls after which the venue pays `rate` (simple annual, fraction), computed from its state as it will be in a block
   * at `timestamp`. Requirements: nothing else touches the venue before them in that block.
   * @throws {LendingRateUnreachableError} when its rate model cannot pay that rate.
   */
  calls(rate: number, timestamp: number): Promise<readonly Call[]>;
  /** What it pays now, ray per year. */
  supplyRate(): Promise<bigint>;
}

/**
 * The borrowed amount in [0, capacity] at which `rateAt` first reaches `wanted`. Requirements: `rateAt` never falls.
 * Bisection on integers: exact, and indifferent to the kinks of rate models.
 */
export function solveDebt(venue: string, wanted: bigint, capacity: bigint, rateAt: (debt: bigint) => bigint): bigint {
  const reachable = rateAt(capacity);
  if (wanted < 0n || reachable < wanted)
    throw new LendingRateUnreachableError(venue, toFraction(wanted), toFraction(reachable));
  let low = 0n;
  let high = capacity;
  while (low < high) {
    const middle = (low + high) / 2n;
    if (rateAt(middle) < wanted) low = middle + 1n;
    else high = middle;
  }
  return low;
}

export const toFraction = (ray: bigint): number => Number(ray) / 1e27;

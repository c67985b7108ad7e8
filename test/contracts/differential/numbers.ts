/** Constants and rounding of the second reading. */
export const BPS = 10_000n;
export const WAD = 10n ** 18n;
export const VIRTUAL_SHARES = 10n ** 6n;
export const DAY = 86_400n;

/** Thrown where the chain must revert. */
export class Refused extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "Refused";
  }
}

export const up = (a: bigint, b: bigint, c: bigint): bigint => (a * b + c - 1n) / c;
export const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
export const most = (a: bigint, b: bigint): bigint => (a > b ? a : b);
/** a - b, not below zero. */
export const less = (a: bigint, b: bigint): bigint => (a > b ? a - b : 0n);

/**
 * Units as types, and the only crossing between floating point (statistics) and integers (money).
 * Amounts are `bigint` in asset units; ratios and rates on chain are WAD (1e18 = 1.0); statistics are `number`.
 */
import { FloatNotFiniteError } from "./errors.ts";

declare const unit: unique symbol;
type Unit<T, U extends string> = T & { readonly [unit]: U };

/** Amount in raw units of the vault's asset (WETH: 1e18 = 1 WETH). */
export type Assets = Unit<bigint, "assets">;
/** Vault shares in raw units. */
export type Shares = Unit<bigint, "shares">;
/** Fixed-point ratio or rate, 1e18 = 1.0. */
export type Wad = Unit<bigint, "wad">;
/** Checksummed 20-byte address. */
export type Address = Unit<string, "address">;
/** 0x-prefixed 32-byte hash. */
export type Hash = Unit<string, "hash">;

export const WAD = 1_000_000_000_000_000_000n as Wad;
export const BPS = 10_000n;
export const SECONDS_PER_DAY = 86_400;
export const DAYS_PER_YEAR = 365;

export const assets = (value: bigint): Assets => value as Assets;
export const shares = (value: bigint): Shares => value as Shares;
export const wad = (value: bigint): Wad => value as Wad;
export const address = (value: string): Address => value as Address;
export const hash = (value: string): Hash => value as Hash;

/** Fraction (1 = 100 %) to WAD, rounded toward zero. @throws {FloatNotFiniteError} on NaN or infinity. */
export function toWad(fraction: number): Wad {
  if (!Number.isFinite(fraction)) throw new FloatNotFiniteError(fraction);
  // Fifteen decimals are what a double holds; the rest would be noise presented as precision.
  return (BigInt(Math.trunc(fraction * 1e15)) * 1_000n) as Wad;
}

/** WAD to a float, for statistics and display only. */
export const fromWad = (value: bigint): number => Number(value) / 1e18;

/** `value * numerator / denominator`, rounded down; operands must not be negative. */
export const mulDivDown = (value: bigint, numerator: bigint, denominator: bigint): bigint =>
  (value * numerator) / denominator;

/** `value * numerator / denominator`, rounded up; operands must not be negative. */
export const mulDivUp = (value: bigint, numerator: bigint, denominator: bigint): bigint =>
  (value * numerator + denominator - 1n) / denominator;

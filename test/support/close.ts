/** Hardhat's chai matchers take `closeTo` over for integers and refuse fractions: floats are compared here. */
import { expect } from "chai";

/** `actual` lies within `tolerance` of `expected`. */
export function expectClose(actual: number | undefined, expected: number, tolerance: number): void {
  const distance = Math.abs((actual ?? Number.NaN) - expected);
  // Negated, so that NaN fails.
  if (!(distance <= tolerance)) expect.fail(`${actual} is ${distance} away from ${expected}, more than ${tolerance}`);
}

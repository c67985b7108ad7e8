/** A seeded generator for tests: the same seed gives the same amounts on every machine. */

const MASK = (1n << 64n) - 1n;

/** SplitMix64 (Steele, Lea, Flood 2014): 64 uniform bits per call. */
export class Seeded {
  #state: bigint;
  constructor(seed: bigint) {
    this.#state = seed & MASK;
  }

  next(): bigint {
    this.#state = (this.#state + 0x9e3779b97f4a7c15n) & MASK;
    let z = this.#state;
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK;
    return z ^ (z >> 31n);
  }

  /** Uniform in [low, high]; the bias of the modulus is below 2^-32 for the ranges of tests. */
  between(low: bigint, high: bigint): bigint {
    const wide = (this.next() << 64n) | this.next();
    return low + (wide % (high - low + 1n));
  }

  /** Every order of magnitude in [low, high] equally likely: dust is tried as often as fortunes. */
  magnitude(low: bigint, high: bigint): bigint {
    const bits = this.between(BigInt(low.toString(2).length), BigInt(high.toString(2).length));
    const floor = 1n << (bits - 1n);
    const amount = this.between(floor, 2n * floor - 1n);
    return amount < low ? low : amount > high ? high : amount;
  }
}

/** Seeded pseudo-random numbers: the only source of randomness in the keeper, so that every run can be replayed. */
import { InputError } from "./errors.ts";

export interface Rng {
  /** Uniform in [0, 1), 32 bits of resolution. */
  uniform(): number;
  /** Standard normal. */
  normal(): number;
  /** Uniform integer in [0, bound). @throws {RngBoundError} unless bound is an integer in 1..2^32. */
  int(bound: number): number;
  /** An independent stream: the same seed and label give the same stream, however much was drawn before. */
  fork(label: string): Rng;
}

export class RngBoundError extends InputError {
  readonly code = "RNG_BOUND";
  readonly bound: number;
  constructor(bound: number) {
    super(`A random integer below ${bound} does not exist. Pass an integer from 1 to 4294967296.`);
    this.bound = bound;
  }
}

export class RngSeedError extends InputError {
  readonly code = "RNG_SEED";
  readonly seed: number;
  constructor(seed: number) {
    super(`The seed ${seed} is not a safe integer. Pass one, so that the run can be replayed.`);
    this.seed = seed;
  }
}

const TWO_32 = 4_294_967_296;

/** FNV-1a over UTF-16 code units: spreads short labels over 32 bits. */
function hashLabel(seed: number, label: string): number {
  let state = (2_166_136_261 ^ seed) >>> 0;
  for (let i = 0; i < label.length; i++) {
    state = Math.imul(state ^ label.charCodeAt(i), 16_777_619) >>> 0;
  }
  return state;
}

/**
 * mulberry32 (T. Ettinger, public domain) for the uniforms, Box-Muller for the normals.
 * @throws {RngSeedError} when the seed is not a safe integer.
 */
export function createRng(seed: number): Rng {
  if (!Number.isSafeInteger(seed)) throw new RngSeedError(seed);
  // The high word is folded in: seeds that differ by 2^32 must not give one stream.
  const origin = ((seed >>> 0) ^ Math.imul(Math.floor(seed / TWO_32), 0x9e3779b1)) >>> 0;
  let state = origin;
  let spare: number | null = null;

  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / TWO_32;
  };

  return {
    uniform,
    normal() {
      if (spare !== null) {
        const value = spare;
        spare = null;
        return value;
      }
      // 1 - u lies in (0, 1]: the logarithm of zero cannot occur.
      const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
      const angle = 2 * Math.PI * uniform();
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
    int(bound) {
      if (!Number.isInteger(bound) || bound < 1 || bound > TWO_32) throw new RngBoundError(bound);
      return Math.floor(uniform() * bound);
    },
    fork: (label) => createRng(hashLabel(origin, label)),
  };
}

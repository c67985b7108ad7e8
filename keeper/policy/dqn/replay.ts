/** Prioritized replay (Schaul et al. 2016) on a sum tree: sampling and updating take log2(capacity) steps. */
import type { Rng } from "../../kernel/rng.ts";
import { requireCount } from "../../math/checks.ts";
import { DimensionMismatchError } from "../../math/errors.ts";

/** Non-negative masses of `size` leaves, with their sums. */
export class SumTree {
  readonly size: number;
  readonly #leaves: number;
  readonly #sums: Float64Array;

  constructor(size: number) {
    requireCount("leaves", size, 1);
    this.size = size;
    this.#leaves = 2 ** Math.ceil(Math.log2(size));
    this.#sums = new Float64Array(2 * this.#leaves);
  }

  get total(): number {
    return this.#sums[1] ?? 0;
  }

  get(index: number): number {
    return this.#sums[this.#leaves + index] ?? 0;
  }

  /** Sums are formed anew on the way up, not changed by differences: no rounding accumulates. */
  set(index: number, mass: number): void {
    const sums = this.#sums;
    let at = this.#leaves + index;
    sums[at] = mass;
    for (at >>= 1; at >= 1; at >>= 1) sums[at] = (sums[2 * at] ?? 0) + (sums[2 * at + 1] ?? 0);
  }

  /** The leaf in which `mass`, in [0, total), falls; never an empty one while there is mass. */
  find(mass: number): number {
    const sums = this.#sums;
    let at = 1;
    let rest = mass;
    while (at < this.#leaves) {
      const left = sums[2 * at] ?? 0;
      if (rest < left || (sums[2 * at + 1] ?? 0) === 0) at = 2 * at;
      else {
        rest -= left;
        at = 2 * at + 1;
      }
    }
    return at - this.#leaves;
  }
}

export interface Transition {
  readonly state: ArrayLike<number>;
  readonly action: number;
  /** Discounted sum of the rewards on the way. */
  readonly reward: number;
  /** Discount of the value of `next`; 0 behind a terminal state. */
  readonly discount: number;
  readonly next: ArrayLike<number>;
}

export interface ReplayState {
  readonly states: Float32Array;
  readonly next: Float32Array;
  readonly actions: Int32Array;
  readonly rewards: Float32Array;
  readonly discounts: Float32Array;
  readonly priorities: Float64Array;
  readonly filled: number;
  readonly at: number;
  readonly highest: number;
}

export class Replay {
  readonly capacity: number;
  readonly inputs: number;
  readonly states: Float32Array;
  readonly next: Float32Array;
  readonly actions: Int32Array;
  readonly rewards: Float32Array;
  readonly discounts: Float32Array;
  readonly #tree: SumTree;
  #filled = 0;
  #at = 0;
  /** New transitions get the highest priority seen, so that each is learned from at least once. */
  #highest = 1;

  constructor(capacity: number, inputs: number) {
    this.capacity = capacity;
    this.inputs = inputs;
    this.#tree = new SumTree(capacity);
    this.states = new Float32Array(capacity * inputs);
    this.next = new Float32Array(capacity * inputs);
    this.actions = new Int32Array(capacity);
    this.rewards = new Float32Array(capacity);
    this.discounts = new Float32Array(capacity);
  }

  get filled(): number {
    return this.#filled;
  }

  add({ state, action, reward, discount, next }: Transition): void {
    const at = this.#at;
    this.states.set(state, at * this.inputs);
    this.next.set(next, at * this.inputs);
    this.actions[at] = action;
    this.rewards[at] = reward;
    this.discounts[at] = discount;
    this.#tree.set(at, this.#highest);
    this.#at = (at + 1) % this.capacity;
    this.#filled = Math.min(this.capacity, this.#filled + 1);
  }

  /**
   * Draws one transition from each of `count` equal parts of the mass.
   * @param indices filled with the slots. @param weights filled with (n p)^-beta over the largest of the batch.
   */
  sample(rng: Rng, count: number, beta: number, indices: Int32Array, weights: Float32Array): void {
    const { total } = this.#tree;
    let largest = 0;
    for (let k = 0; k < count; k++) {
      const index = this.#tree.find(((k + rng.uniform()) / count) * total);
      indices[k] = index;
      const weight = ((this.#filled * this.#tree.get(index)) / total) ** -beta;
      weights[k] = weight;
      largest = Math.max(largest, weight);
    }
    for (let k = 0; k < count; k++) weights[k] = (weights[k] ?? 0) / largest;
  }

  setPriority(index: number, error: number, alpha: number): void {
    const priority = (Math.abs(error) + 1e-3) ** alpha;
    this.#tree.set(index, priority);
    this.#highest = Math.max(this.#highest, priority);
  }

  save(): ReplayState {
    const n = this.#filled;
    return {
      states: this.states.slice(0, n * this.inputs),
      next: this.next.slice(0, n * this.inputs),
      actions: this.actions.slice(0, n),
      rewards: this.rewards.slice(0, n),
      discounts: this.discounts.slice(0, n),
      priorities: Float64Array.from({ length: n }, (_, i) => this.#tree.get(i)),
      ...{ filled: n, at: this.#at, highest: this.#highest },
    };
  }

  /** @throws {DimensionMismatchError} */
  restore(state: ReplayState): void {
    if (state.states.length !== state.filled * this.inputs || state.filled > this.capacity)
      throw new DimensionMismatchError("replayed states", this.capacity * this.inputs, state.states.length);
    this.states.set(state.states);
    this.next.set(state.next);
    this.actions.set(state.actions);
    this.rewards.set(state.rewards);
    this.discounts.set(state.discounts);
    state.priorities.forEach((priority, i) => {
      this.#tree.set(i, priority);
    });
    this.#filled = state.filled;
    this.#at = state.at;
    this.#highest = state.highest;
  }
}

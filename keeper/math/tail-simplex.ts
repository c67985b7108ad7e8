/**
 * minimise z + sum_s max(0, L_s'w - z) / k subject to sum w = budget, lower <= w <= upper: the least CVaR of the losses L w with a
 * tail of k observations (Rockafellar and Uryasev 2000), as the piecewise-linear problem it is and not as a linear programme with
 * a column per observation. A simplex method over (w, z) whose steps run through as many kinks as still descend, as Barrodale and
 * Roberts (1973, SIAM J. Numer. Anal. 10:839-848) did for least absolute deviations.
 *
 * At a vertex n + 1 rows hold as equations: the budget, weights at a bound, losses equal to z. `edges[r]` is the move that
 * gives up row r and keeps the others, a column of the rows' inverse. A start need not be a vertex: a weight between its bounds
 * has a row that holds it where it is, and gives it up as soon as moving it gains.
 */

export interface TailProblem {
  /** Row-major, size x assets. */
  readonly losses: Float64Array;
  readonly size: number;
  readonly assets: number;
  readonly lower: ArrayLike<number>;
  readonly upper: ArrayLike<number>;
  /** Observations in the tail, at least 1; need not be whole. */
  readonly tail: number;
}

export interface TailVertex {
  readonly weights: Float64Array;
  /** Weights of the observations, each in [0, 1 / tail] and of sum one to rounding: the multipliers of the tail. */
  readonly tailWeights: Float64Array;
  readonly pivots: number;
}

const LOWER = 0;
const UPPER = 1;
const FIXED = 2;
const HELD = 3;
const KINK = 4;
const BUDGET = 5;

/** A rate of descent, per unit of length of the move, that is rounding: losses are of order one. */
const FLAT = 1e-11;
/** Moves smaller than this in a weight, relatively to the largest one of the same edge, are rounding. */
const FAINT = 1e-13;
const SMALLEST_PIVOT = 1e-9;
/** Rounding that a vertex may carry before its rows are inverted anew. */
const DRIFT = 1e-12;
const MOST_STALLS = 40;

class Walk {
  readonly #problem: TailProblem;
  readonly #n: number;
  /** Row r of the inverse's transpose: how (w, z) moves when row r gives way by one. */
  readonly #edges: Float64Array[];
  readonly #kind: Uint8Array;
  /** Asset of a bound's row, observation of a kink's. */
  readonly #index: Int32Array;
  readonly weights: Float64Array;
  #threshold = 0;
  /** L_s'w - z; exactly zero for kinks. */
  readonly #excess: Float64Array;
  readonly #isTail: Uint8Array;
  readonly #isKink: Uint8Array;
  readonly #gradient: Float64Array;
  readonly #moves: Float64Array;
  readonly #breaks: Float64Array;
  readonly #candidates: Int32Array;

  constructor(problem: TailProblem, start: ArrayLike<number>) {
    const { size, assets: n, lower, upper, losses, tail } = problem;
    this.#problem = problem;
    this.#n = n;
    this.#kind = new Uint8Array(n + 1);
    this.#index = new Int32Array(n + 1);
    this.weights = Float64Array.from({ length: n }, (_, i) => start[i] ?? 0);
    this.#excess = new Float64Array(size);
    this.#isTail = new Uint8Array(size);
    this.#isKink = new Uint8Array(size);
    this.#gradient = new Float64Array(n + 1);
    this.#moves = new Float64Array(size);
    this.#breaks = new Float64Array(size);
    this.#candidates = new Int32Array(size);

    // The budget decides the weight with most room; every other one has a row of its own.
    let balancing = 0;
    const room = (i: number): number =>
      Math.min((this.weights[i] ?? 0) - (lower[i] ?? 0), (upper[i] ?? 0) - (this.weights[i] ?? 0));
    for (let i = 1; i < n; i++) if (room(i) > room(balancing)) balancing = i;
    const level = this.#lossesAt();
    const order = [...level.keys()].sort((a, b) => (level[b] ?? 0) - (level[a] ?? 0) || a - b);
    const quantile = order[Math.min(size, Math.ceil(tail)) - 1] ?? 0;
    this.#threshold = level[quantile] ?? 0;
    for (let i = 0; i < n; i++) {
      this.#index[i] = i;
      const low = lower[i] ?? 0;
      const high = upper[i] ?? 0;
      const w = this.weights[i] ?? 0;
      this.#kind[i] = low === high ? FIXED : w === low ? LOWER : w === high ? UPPER : HELD;
    }
    this.#kind[balancing] = BUDGET;
    this.#kind[n] = KINK;
    this.#index[n] = quantile;
    this.#isKink[quantile] = 1;
    this.#edges = Array.from({ length: n + 1 }, () => new Float64Array(n + 1));
    const kink = quantile * n;
    const loss = (i: number): number => losses[kink + i] ?? 0;
    for (let r = 0; r < n; r++) {
      const edge = this.#edges[r];
      if (edge === undefined) continue;
      edge[r] = 1;
      if (r !== balancing) edge[balancing] = -1;
      edge[n] = r === balancing ? loss(balancing) : loss(r) - loss(balancing);
    }
    const last = this.#edges[n];
    if (last !== undefined) last[n] = -1;
    this.#measure(level);
  }

  #lossesAt(): Float64Array {
    const { losses, size, assets: n } = this.#problem;
    const held = [...this.weights.keys()].filter((i) => this.weights[i] !== 0);
    const out = new Float64Array(size);
    for (let s = 0; s < size; s++) {
      let total = 0;
      for (let k = 0; k < held.length; k++) {
        const i = held[k] ?? 0;
        total += (losses[s * n + i] ?? 0) * (this.weights[i] ?? 0);
      }
      out[s] = total;
    }
    return out;
  }

  /** Excesses, the tail and the gradient from the weights. */
  #measure(level: Float64Array): void {
    const { losses, size, assets: n, tail } = this.#problem;
    this.#gradient.fill(0);
    let count = 0;
    for (let s = 0; s < size; s++) {
      this.#excess[s] = this.#isKink[s] === 1 ? 0 : (level[s] ?? 0) - this.#threshold;
      this.#isTail[s] = (this.#excess[s] ?? 0) > 0 ? 1 : 0;
      if (this.#isTail[s] === 0) continue;
      count++;
      for (let i = 0; i < n; i++) this.#gradient[i] = (this.#gradient[i] ?? 0) + (losses[s * n + i] ?? 0);
    }
    for (let i = 0; i < n; i++) this.#gradient[i] = (this.#gradient[i] ?? 0) / tail;
    this.#gradient[n] = 1 - count / tail;
  }

  /** Observation s comes into the tail, or leaves it. */
  #cross(s: number, isIn: boolean): void {
    const { losses, assets: n, tail } = this.#problem;
    if (this.#isTail[s] === (isIn ? 1 : 0)) return;
    this.#isTail[s] = isIn ? 1 : 0;
    const sign = (isIn ? 1 : -1) / tail;
    for (let i = 0; i < n; i++) this.#gradient[i] = (this.#gradient[i] ?? 0) + sign * (losses[s * n + i] ?? 0);
    this.#gradient[n] = (this.#gradient[n] ?? 0) - sign;
  }

  #slope(edge: Float64Array): number {
    let total = 0;
    for (let i = 0; i <= this.#n; i++) total += (this.#gradient[i] ?? 0) * (edge[i] ?? 0);
    return total;
  }

  /** Row to give up and direction of the steepest descent; null at the optimum. */
  steepest(): { row: number; sign: 1 | -1; rate: number } | null {
    const perTail = 1 / this.#problem.tail;
    let best: { row: number; sign: 1 | -1; rate: number } | null = null;
    let steepness = FLAT;
    for (let r = 0; r <= this.#n; r++) {
      const kind = this.#kind[r];
      if (kind === BUDGET || kind === FIXED) continue;
      const edge = this.#edges[r];
      if (edge === undefined) continue;
      const slope = this.#slope(edge);
      let rate = 0;
      let sign: 1 | -1 = 1;
      if (kind === KINK) {
        if (slope > 0) {
          rate = slope;
          sign = -1;
        } else rate = -slope - perTail;
      } else if (slope < 0 && kind !== UPPER) rate = -slope;
      else if (slope > 0 && kind !== LOWER) {
        rate = slope;
        sign = -1;
      }
      if (!(rate > 0)) continue;
      let square = 0;
      for (let i = 0; i <= this.#n; i++) square += (edge[i] ?? 0) ** 2;
      const relative = rate / Math.sqrt(square);
      if (relative <= steepness) continue;
      steepness = relative;
      best = { row: r, sign, rate };
    }
    return best;
  }

  /**
   * Walks along an edge until it no longer descends or a bound stops it, and exchanges the row for the one met.
   * @returns the length of the step, or null when the walk has lost its footing.
   */
  pivot(row: number, sign: 1 | -1, rate: number): number | null {
    const { losses, size, assets: n, lower, upper, tail } = this.#problem;
    const edge = this.#edges[row];
    if (edge === undefined) return null;
    let largest = 0;
    for (let i = 0; i < n; i++) largest = Math.max(largest, Math.abs(edge[i] ?? 0));
    let stop = Number.POSITIVE_INFINITY;
    let stopAt = -1;
    const moved: number[] = [];
    for (let i = 0; i < n; i++) {
      const d = sign * (edge[i] ?? 0);
      if (Math.abs(d) <= FAINT * largest) continue;
      moved.push(i);
      const left = d < 0 ? (this.weights[i] ?? 0) - (lower[i] ?? 0) : (upper[i] ?? 0) - (this.weights[i] ?? 0);
      const at = Math.max(0, left) / Math.abs(d);
      if (at < stop) {
        stop = at;
        stopAt = i;
      }
    }
    const moves = this.#moves;
    const shift = sign * (edge[n] ?? 0);
    const steps = Float64Array.from(moved, (i) => sign * (edge[i] ?? 0));
    const columns = Int32Array.from(moved);
    let count = 0;
    for (let s = 0; s < size; s++) {
      let total = -shift;
      const at = s * n;
      for (let k = 0; k < columns.length; k++) total += (losses[at + (columns[k] ?? 0)] ?? 0) * (steps[k] ?? 0);
      if (this.#isKink[s] === 1) {
        moves[s] = s === this.#index[row] && this.#kind[row] === KINK ? sign : 0;
        continue;
      }
      moves[s] = total;
      // A loss on its way out of the tail, or into it: the kink lies ahead.
      const isAhead = this.#isTail[s] === 1 ? total < 0 : total > 0;
      if (!isAhead) continue;
      const where = Math.max(0, -(this.#excess[s] ?? 0) / total);
      if (where >= stop) continue;
      this.#breaks[s] = where;
      this.#candidates[count++] = s;
    }
    const end = this.#lastDescending(count, rate * tail);
    if (end < 0 && stopAt < 0) return null;
    const length = end >= 0 ? (this.#breaks[end] ?? 0) : stop;
    for (let i = 0; i < moved.length; i++) {
      const at = moved[i] ?? 0;
      this.weights[at] = (this.weights[at] ?? 0) + length * (steps[i] ?? 0);
    }
    this.#threshold += length * shift;
    const given = this.#kind[row] === KINK ? (this.#index[row] ?? -1) : -1;
    for (let s = 0; s < size; s++) this.#excess[s] = (this.#excess[s] ?? 0) + length * (moves[s] ?? 0);
    // What was passed has changed sides; ties with the end have reached the kink and stay on their side of it.
    for (let k = 0; k < count; k++) {
      const s = this.#candidates[k] ?? 0;
      if (s !== end && (this.#breaks[s] ?? 0) < length) this.#cross(s, (moves[s] ?? 0) > 0);
    }
    if (given >= 0) {
      this.#isKink[given] = 0;
      this.#cross(given, sign > 0);
    }
    if (end >= 0) {
      this.#cross(end, false);
      this.#excess[end] = 0;
      this.#isKink[end] = 1;
    } else {
      const isLow = sign * (edge[stopAt] ?? 0) < 0;
      this.weights[stopAt] = (isLow ? lower[stopAt] : upper[stopAt]) ?? 0;
    }
    return this.#exchange(row, end, stopAt, sign) ? length : null;
  }

  /** The breakpoint, among the first `count` candidates, at which the moves passed make up for the rate; -1 when none does. */
  #lastDescending(count: number, rate: number): number {
    const list = this.#candidates;
    const key = (k: number): number => this.#breaks[list[k] ?? 0] ?? 0;
    const gain = (k: number): number => Math.abs(this.#moves[list[k] ?? 0] ?? 0);
    const swap = (a: number, b: number): void => {
      const kept = list[a] ?? 0;
      list[a] = list[b] ?? 0;
      list[b] = kept;
    };
    let low = 0;
    let high = count - 1;
    let left = rate;
    // Weighted selection, three ways: no sorting of what is never reached.
    while (low <= high) {
      const a = key(low);
      const b = key((low + high) >> 1);
      const c = key(high);
      const pivot = Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
      let below = low;
      let above = high;
      let before = 0;
      let here = 0;
      let steepest = -1;
      for (let k = low; k <= above; ) {
        const at = key(k);
        if (at < pivot) {
          before += gain(k);
          swap(k++, below++);
        } else if (at > pivot) swap(k, above--);
        else {
          here += gain(k);
          const s = list[k] ?? 0;
          if (steepest < 0 || Math.abs(this.#moves[s] ?? 0) > Math.abs(this.#moves[steepest] ?? 0)) steepest = s;
          k++;
        }
      }
      if (before >= left) high = below - 1;
      else if (before + here >= left) return steepest;
      else {
        left -= before + here;
        low = above + 1;
      }
    }
    return -1;
  }

  /** Row `row` becomes the kink of observation `end`, or the bound of asset `stopAt`. */
  #exchange(row: number, end: number, stopAt: number, sign: 1 | -1): boolean {
    const { losses, assets: n, lower, upper } = this.#problem;
    const leaving = this.#edges[row];
    if (leaving === undefined) return false;
    const along = (edge: Float64Array): number => {
      if (end < 0) return edge[stopAt] ?? 0;
      let total = -(edge[n] ?? 0);
      for (let i = 0; i < n; i++) total += (losses[end * n + i] ?? 0) * (edge[i] ?? 0);
      return total;
    };
    const own = along(leaving);
    if (!(Math.abs(own) > SMALLEST_PIVOT)) return false;
    const isLow = sign * own < 0;
    this.#kind[row] = end >= 0 ? KINK : lower[stopAt] === upper[stopAt] ? FIXED : isLow ? LOWER : UPPER;
    this.#index[row] = end >= 0 ? end : stopAt;
    const amounts = this.#edges.map(along);
    for (let i = 0; i <= n; i++) leaving[i] = (leaving[i] ?? 0) / own;
    for (let r = 0; r <= n; r++) {
      const amount = amounts[r] ?? 0;
      const edge = this.#edges[r];
      if (r === row || amount === 0 || edge === undefined) continue;
      for (let i = 0; i <= n; i++) edge[i] = (edge[i] ?? 0) - amount * (leaving[i] ?? 0);
    }
    return true;
  }

  /** Largest miss of a row that is to hold: what steps have added up to. */
  drift(): number {
    const level = this.#lossesAt();
    let worst = 0;
    for (let r = 0; r <= this.#n; r++)
      if (this.#kind[r] === KINK)
        worst = Math.max(worst, Math.abs((level[this.#index[r] ?? 0] ?? 0) - this.#threshold));
    return worst;
  }

  /** Moves back onto the kinks by their edges, and measures anew. */
  settle(): void {
    const level = this.#lossesAt();
    const misses = Float64Array.from({ length: this.#n + 1 }, (_, r) =>
      this.#kind[r] === KINK ? (level[this.#index[r] ?? 0] ?? 0) - this.#threshold : 0,
    );
    for (let r = 0; r <= this.#n; r++) {
      const edge = this.#edges[r];
      const miss = misses[r] ?? 0;
      if (miss === 0 || edge === undefined) continue;
      for (let i = 0; i < this.#n; i++) this.weights[i] = (this.weights[i] ?? 0) - miss * (edge[i] ?? 0);
      this.#threshold -= miss * (edge[this.#n] ?? 0);
    }
    this.#measure(this.#lossesAt());
  }

  tailWeights(): Float64Array {
    const share = 1 / this.#problem.tail;
    const out = Float64Array.from(this.#isTail, (isIn) => isIn * share);
    for (let r = 0; r <= this.#n; r++) {
      if (this.#kind[r] !== KINK) continue;
      const edge = this.#edges[r];
      const slope = edge === undefined ? 0 : this.#slope(edge);
      out[this.#index[r] ?? 0] = Math.min(share, Math.max(0, -slope));
    }
    return out;
  }
}

/**
 * @param start feasible weights; nearer to the optimum means fewer pivots.
 * @returns null when degeneracy or rounding stops the walk: the caller has a sturdier way.
 */
export function solveTail(problem: TailProblem, start: ArrayLike<number>, mostPivots: number): TailVertex | null {
  const walk = new Walk(problem, start);
  let stalls = 0;
  let settled = 0;
  for (let pivots = 0; pivots < mostPivots; pivots++) {
    const found = walk.steepest();
    if (found === null) {
      if (walk.drift() <= DRIFT || settled >= 3) {
        return { weights: walk.weights, tailWeights: walk.tailWeights(), pivots };
      }
      walk.settle();
      settled++;
      continue;
    }
    const length = walk.pivot(found.row, found.sign, found.rate);
    if (length === null) return null;
    stalls = length > 0 ? 0 : stalls + 1;
    if (stalls > MOST_STALLS) return null;
  }
  return null;
}

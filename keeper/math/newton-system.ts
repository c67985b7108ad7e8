/**
 * The Newton system of ./interior-point.ts: (H + D) dx - A' dy = r, A dx + E dy = b.
 * Columns without curvature ("flat") and short rows that tie such columns to others (trades: "soft") are eliminated by
 * division; rows that touch many columns ("hard") go through a small Schur complement. What is left to factorise is one
 * matrix of the Hessian's order.
 *
 * Near the optimum 1/D of a free flat column is 1e15 and more. Differences of such terms are therefore written as sums of
 * products (Lagrange's identity), and the largest flat column of a row is recovered from the row, not from its own equation.
 */
import type { ConvexProgramme } from "./certificate.ts";
import { factorize, solveFactored } from "./cholesky.ts";

/** One eliminated row: its flat columns with their coefficients here and in the hard rows. */
interface SoftRow {
  readonly row: number;
  readonly flat: readonly number[];
  readonly values: readonly number[];
  /** Coefficients of the flat columns in each hard row that has one of them: (position in `hard`, values). */
  readonly across: readonly { readonly at: number; readonly values: readonly number[] }[];
  /** Positions in the dense block and coefficients. */
  readonly dense: readonly number[];
  readonly denseValues: readonly number[];
}

/** A flat column of hard rows only. */
interface LooseColumn {
  readonly column: number;
  readonly entries: readonly { readonly at: number; readonly value: number }[];
}

interface Layout {
  readonly dense: readonly number[];
  readonly soft: readonly SoftRow[];
  readonly hard: readonly number[];
  readonly loose: readonly LooseColumn[];
  /** h x k coefficients of the hard rows over the dense block. */
  readonly hardDense: Float64Array;
}

/** Most columns of the Hessian that a row may have and still be eliminated by division. */
const SHORT = 2;

function layOut(programme: ConvexProgramme, isMoving: Uint8Array): Layout {
  const { rows } = programme;
  const order = programme.hessian?.length ?? 0;
  const denseAt = new Int32Array(programme.cost.length).fill(-1);
  const dense: number[] = [];
  for (let j = 0; j < order; j++) if (isMoving[j] === 1) denseAt[j] = dense.push(j) - 1;
  const isFlat = (j: number): boolean => isMoving[j] === 1 && denseAt[j] === -1;
  const owned = new Set<number>();
  const softRows: number[] = [];
  const hard: number[] = [];
  const byLength = rows
    .map((_, i) => i)
    .sort((a, b) => (rows[a]?.indices.length ?? 0) - (rows[b]?.indices.length ?? 0) || a - b);
  for (const i of byLength) {
    const indices = rows[i]?.indices ?? [];
    const flat = indices.filter(isFlat);
    const curved = indices.filter((j) => (denseAt[j] ?? -1) >= 0);
    const isSoft = flat.length > 0 && flat.length <= 4 && curved.length <= SHORT && !flat.some((j) => owned.has(j));
    if (isSoft) for (const j of flat) owned.add(j);
    (isSoft ? softRows : hard).push(i);
  }
  const k = dense.length;
  const hardDense = new Float64Array(hard.length * k);
  const hardFlat = new Map<number, { at: number; value: number }[]>();
  hard.forEach((i, at) => {
    rows[i]?.indices.forEach((j, e) => {
      const value = rows[i]?.values[e] ?? 0;
      const position = denseAt[j] ?? -1;
      if (position >= 0) hardDense[at * k + position] = (hardDense[at * k + position] ?? 0) + value;
      else if (isFlat(j)) hardFlat.set(j, [...(hardFlat.get(j) ?? []), { at, value }]);
    });
  });
  const soft = softRows.map((row): SoftRow => {
    const entries = (rows[row]?.indices ?? []).map((j, e) => ({ j, value: rows[row]?.values[e] ?? 0 }));
    const flat = entries.filter(({ j }) => isFlat(j));
    const curved = entries.filter(({ j }) => (denseAt[j] ?? -1) >= 0);
    const touched = [...new Set(flat.flatMap(({ j }) => (hardFlat.get(j) ?? []).map(({ at }) => at)))];
    const valueIn = (j: number, at: number): number => hardFlat.get(j)?.find((entry) => entry.at === at)?.value ?? 0;
    return {
      row,
      flat: flat.map(({ j }) => j),
      values: flat.map(({ value }) => value),
      across: touched.map((at) => ({ at, values: flat.map(({ j }) => valueIn(j, at)) })),
      dense: curved.map(({ j }) => denseAt[j] ?? 0),
      denseValues: curved.map(({ value }) => value),
    };
  });
  const loose = [...hardFlat].filter(([j]) => !owned.has(j)).map(([column, entries]) => ({ column, entries }));
  return { dense, soft, hard, loose, hardDense };
}

/** sum_j a_j b_j g_j - (sum a v g)(sum b v g) / pivot with pivot = soft + sum v^2 g, without the cancellation. */
function reducedProduct(
  a: readonly number[],
  b: readonly number[],
  v: readonly number[],
  g: readonly number[],
  soft: number,
  pivot: number,
): number {
  let total = 0;
  for (let j = 0; j < g.length; j++) {
    total += (soft * (a[j] ?? 0) * (b[j] ?? 0) * (g[j] ?? 0)) / pivot;
    for (let l = 0; l < j; l++) {
      const first = (a[j] ?? 0) * (v[l] ?? 0) - (a[l] ?? 0) * (v[j] ?? 0);
      const second = (b[j] ?? 0) * (v[l] ?? 0) - (b[l] ?? 0) * (v[j] ?? 0);
      total += ((g[j] ?? 0) / pivot) * (g[l] ?? 0) * first * second;
    }
  }
  return total;
}

/** A soft row's numbers at the current diagonal. */
interface Pivot {
  /** 1/D of its flat columns. */
  readonly g: number[];
  /** What each hard row loses of this row's multiplier. */
  readonly shares: number[];
  soft: number;
  pivot: number;
}

export class NewtonSystem {
  readonly #programme: ConvexProgramme;
  readonly #layout: Layout;
  readonly #hessian: Float64Array;
  readonly #order: number;
  readonly #matrix: Float64Array;
  readonly #schur: Float64Array;
  /** Hard rows over the dense block after the soft rows are eliminated, and M^-1 times them. */
  readonly #coupling: Float64Array;
  readonly #solved: Float64Array;
  readonly #pivots: readonly Pivot[];
  #diagonal: Float64Array = new Float64Array(0);
  #softness: Float64Array = new Float64Array(0);

  /** @param hessian the Hessian block, row-major, in the unit of the right-hand sides. */
  constructor(programme: ConvexProgramme, hessian: Float64Array, isMoving: Uint8Array) {
    this.#programme = programme;
    this.#layout = layOut(programme, isMoving);
    this.#hessian = hessian;
    this.#order = programme.hessian?.length ?? 0;
    const k = this.#layout.dense.length;
    const h = this.#layout.hard.length;
    this.#matrix = new Float64Array(k * k);
    this.#schur = new Float64Array(h * h);
    this.#solved = new Float64Array(h * k);
    this.#coupling = new Float64Array(h * k);
    this.#pivots = this.#layout.soft.map(() => ({ g: [], shares: [], soft: 0, pivot: 1 }));
  }

  /** Refreshed once a round, used by its factorisation and both its solves. */
  #refresh({ flat, values, across }: SoftRow, into: Pivot, softness: number): void {
    into.soft = softness;
    let pivot = softness;
    for (let e = 0; e < flat.length; e++) {
      const inverse = 1 / (this.#diagonal[flat[e] ?? 0] ?? 1);
      into.g[e] = inverse;
      pivot += (values[e] ?? 0) ** 2 * inverse;
    }
    into.pivot = pivot;
    for (let c = 0; c < across.length; c++) {
      let share = 0;
      for (let e = 0; e < flat.length; e++) share += (across[c]?.values[e] ?? 0) * (values[e] ?? 0) * (into.g[e] ?? 0);
      into.shares[c] = share / pivot;
    }
  }

  /** @returns false when rounding has eaten the positive definiteness. */
  factorize(diagonal: Float64Array, softness: Float64Array): boolean {
    this.#diagonal = diagonal;
    this.#softness = softness;
    const { dense, soft, hard, loose, hardDense } = this.#layout;
    const k = dense.length;
    const h = hard.length;
    const matrix = this.#matrix;
    const schur = this.#schur.fill(0);
    const coupling = this.#coupling;
    coupling.set(hardDense);
    for (let a = 0; a < k; a++) {
      const source = (dense[a] ?? 0) * this.#order;
      for (let b = 0; b <= a; b++) matrix[a * k + b] = this.#hessian[source + (dense[b] ?? 0)] ?? 0;
      const own = matrix[a * k + a] ?? 0;
      matrix[a * k + a] = own + (diagonal[dense[a] ?? 0] ?? 0) + 1e-16 * Math.abs(own);
    }
    for (let at = 0; at < h; at++) schur[at * h + at] = softness[hard[at] ?? 0] ?? 0;
    for (const { column, entries } of loose) {
      for (const one of entries) {
        for (const other of entries) {
          if (other.at > one.at) continue;
          const cell = one.at * h + other.at;
          schur[cell] = (schur[cell] ?? 0) + (one.value * other.value) / (diagonal[column] ?? 1);
        }
      }
    }
    soft.forEach((row, s) => {
      const numbers = this.#pivots[s];
      if (numbers === undefined) return;
      this.#refresh(row, numbers, softness[row.row] ?? 0);
      const { g, soft: own, pivot, shares } = numbers;
      for (let e = 0; e < row.dense.length; e++) {
        const a = row.dense[e] ?? 0;
        const va = row.denseValues[e] ?? 0;
        for (let f = 0; f < row.dense.length; f++) {
          const b = row.dense[f] ?? 0;
          if (b <= a) matrix[a * k + b] = (matrix[a * k + b] ?? 0) + (va * (row.denseValues[f] ?? 0)) / pivot;
        }
      }
      row.across.forEach((one, c) => {
        for (let e = 0; e < row.dense.length; e++) {
          const cell = one.at * k + (row.dense[e] ?? 0);
          coupling[cell] = (coupling[cell] ?? 0) - (shares[c] ?? 0) * (row.denseValues[e] ?? 0);
        }
        for (const other of row.across) {
          if (other.at > one.at) continue;
          const cell = one.at * h + other.at;
          schur[cell] = (schur[cell] ?? 0) + reducedProduct(one.values, other.values, row.values, g, own, pivot);
        }
      });
    });
    if (!factorize(matrix, k)) return false;
    for (let at = 0; at < h; at++) {
      const column = this.#solved.subarray(at * k, at * k + k);
      column.set(coupling.subarray(at * k, at * k + k));
      solveFactored(matrix, column, k);
      for (let other = 0; other <= at; other++) {
        let total = 0;
        for (let a = 0; a < k; a++) total += (coupling[other * k + a] ?? 0) * (column[a] ?? 0);
        schur[at * h + other] = (schur[at * h + other] ?? 0) + total;
      }
    }
    // Rows that repeat each other make the complement singular; a whiff of softness picks one of the equal multipliers.
    for (let at = 0; at < h; at++) schur[at * h + at] = (schur[at * h + at] ?? 0) * (1 + 1e-14) + 1e-300;
    return factorize(schur, h);
  }

  solve(r: Float64Array, b: Float64Array, dx: Float64Array, dy: Float64Array): void {
    const { dense, soft, hard, loose } = this.#layout;
    const k = dense.length;
    const h = hard.length;
    const rightX = Float64Array.from(dense, (j) => r[j] ?? 0);
    const rightY = Float64Array.from(hard, (i) => b[i] ?? 0);
    for (const { column, entries } of loose) {
      const moved = (r[column] ?? 0) / (this.#diagonal[column] ?? 1);
      for (const { at, value } of entries) rightY[at] = (rightY[at] ?? 0) - value * moved;
    }
    soft.forEach((row, s) => {
      const numbers = this.#pivots[s];
      if (numbers === undefined) return;
      const { g, soft: own, pivot, shares } = numbers;
      const slopes = row.flat.map((j) => r[j] ?? 0);
      const target = b[row.row] ?? 0;
      let pulled = 0;
      for (let e = 0; e < slopes.length; e++) pulled += (slopes[e] ?? 0) * (row.values[e] ?? 0) * (g[e] ?? 0);
      const scaled = (target - pulled) / pivot;
      for (let e = 0; e < row.dense.length; e++) {
        const a = row.dense[e] ?? 0;
        rightX[a] = (rightX[a] ?? 0) + (row.denseValues[e] ?? 0) * scaled;
      }
      row.across.forEach(({ at, values }, c) => {
        const bent = reducedProduct(values, slopes, row.values, g, own, pivot);
        rightY[at] = (rightY[at] ?? 0) - (shares[c] ?? 0) * target - bent;
      });
    });
    solveFactored(this.#matrix, rightX, k);
    for (let at = 0; at < h; at++) {
      let total = 0;
      for (let a = 0; a < k; a++) total += (this.#coupling[at * k + a] ?? 0) * (rightX[a] ?? 0);
      rightY[at] = (rightY[at] ?? 0) - total;
    }
    solveFactored(this.#schur, rightY, h);
    for (let at = 0; at < h; at++) {
      const y = rightY[at] ?? 0;
      dy[hard[at] ?? 0] = y;
      for (let a = 0; a < k; a++) rightX[a] = (rightX[a] ?? 0) + y * (this.#solved[at * k + a] ?? 0);
    }
    dx.fill(0);
    for (let a = 0; a < k; a++) dx[dense[a] ?? 0] = rightX[a] ?? 0;
    for (const { column, entries } of loose) {
      const slope = entries.reduce((total, { at, value }) => total + value * (rightY[at] ?? 0), r[column] ?? 0);
      dx[column] = slope / (this.#diagonal[column] ?? 1);
    }
    soft.forEach((row, s) => {
      const numbers = this.#pivots[s];
      if (numbers !== undefined) this.#recover(row, numbers, r, b, rightX, rightY, dx, dy);
    });
    this.#recoverLoose(b, dx, dy);
  }

  /** Moves of a soft row's flat columns and of its multiplier. */
  #recover(
    row: SoftRow,
    { g, soft, pivot }: Pivot,
    r: Float64Array,
    b: Float64Array,
    denseMoves: Float64Array,
    hardMoves: Float64Array,
    dx: Float64Array,
    dy: Float64Array,
  ): void {
    const slopes = row.flat.map((j, e) =>
      row.across.reduce((total, { at, values }) => total + (values[e] ?? 0) * (hardMoves[at] ?? 0), r[j] ?? 0),
    );
    let target = b[row.row] ?? 0;
    for (let e = 0; e < row.dense.length; e++)
      target -= (row.denseValues[e] ?? 0) * (denseMoves[row.dense[e] ?? 0] ?? 0);
    const pulled = slopes.reduce((total, s, e) => total + s * (row.values[e] ?? 0) * (g[e] ?? 0), 0);
    const y = (target - pulled) / pivot;
    dy[row.row] = y;
    const stiffest = g.reduce((most, value, e) => (value > (g[most] ?? 0) ? e : most), 0);
    let left = target - soft * y;
    row.flat.forEach((j, e) => {
      if (e === stiffest) return;
      const move = ((slopes[e] ?? 0) + (row.values[e] ?? 0) * y) * (g[e] ?? 0);
      dx[j] = move;
      left -= (row.values[e] ?? 0) * move;
    });
    dx[row.flat[stiffest] ?? 0] = left / (row.values[stiffest] ?? 1);
  }

  /** A free flat column that only one hard row has (idle in the budget) follows from that row. */
  #recoverLoose(b: Float64Array, dx: Float64Array, dy: Float64Array): void {
    for (const { column, entries } of this.#layout.loose) {
      const [only, ...others] = entries;
      if (only === undefined || others.length > 0 || !((this.#diagonal[column] ?? 1) < 1e-6)) continue;
      const index = this.#layout.hard[only.at] ?? 0;
      const row = this.#programme.rows[index];
      if (row === undefined) continue;
      let left = (b[index] ?? 0) - (this.#softness[index] ?? 0) * (dy[index] ?? 0);
      for (let e = 0; e < row.indices.length; e++) {
        const j = row.indices[e] ?? 0;
        if (j !== column) left -= (row.values[e] ?? 0) * (dx[j] ?? 0);
      }
      dx[column] = left / only.value;
    }
  }
}

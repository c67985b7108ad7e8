/** Covariance of return samples: Ledoit-Wolf shrinkage toward a scaled identity, and a check that it is one. */
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { requireFinite, requireInside } from "./checks.ts";
import { DimensionMismatchError, EmptySampleError, NotPositiveSemidefiniteError } from "./errors.ts";

export interface ShrunkCovariance {
  /** Row-major n x n, population normalisation (1/S) as in Ledoit and Wolf. */
  readonly matrix: readonly (readonly number[])[];
  /** Weight of the scaled identity, 0..1. */
  readonly shrinkage: number;
}

/** Columns centred; checked for shape and finiteness. */
function centred(rows: readonly (readonly number[])[]): Matrix {
  const first = rows[0];
  if (first === undefined || rows.length < 2) throw new EmptySampleError("covariance", 2, rows.length);
  if (first.length === 0) throw new EmptySampleError("columns of the covariance", 1, 0);
  for (const row of rows) {
    if (row.length !== first.length) throw new DimensionMismatchError("return row", first.length, row.length);
    requireFinite("return row", row);
  }
  return new Matrix(rows.map((row) => [...row])).center("column");
}

/**
 * Ledoit and Wolf (2004), "A well-conditioned estimator for large-dimensional covariance matrices", JMVA 88:365-411.
 * @param rows S observations (rows) of n returns.
 */
export function ledoitWolf(rows: readonly (readonly number[])[]): ShrunkCovariance {
  const data = centred(rows);
  const size = data.rows;
  const n = data.columns;
  const sample = data.transpose().mmul(data).div(size);
  const target = sample.trace() / n;

  // Sums of squares of each pair's products, without an S x n x n array.
  const squared = Matrix.pow(data, 2);
  const beta = squared.transpose().mmul(squared).sum();
  const sampleNorm = Matrix.pow(sample, 2).sum();
  const distance = (sampleNorm - 2 * target * sample.trace() + n * target * target) / n;
  const error = (beta / size - sampleNorm) / (n * size);
  // A sample that already is a scaled identity (n = 1, or constants) has nothing to shrink.
  const bounded = Math.min(error, distance);
  const shrinkage = bounded <= 0 || distance <= 0 ? 0 : bounded / distance;

  const matrix = sample.mul(1 - shrinkage).add(Matrix.eye(n, n, shrinkage * target));
  return { matrix: matrix.to2DArray(), shrinkage };
}

/**
 * Smallest and largest eigenvalue.
 * @throws {NotPositiveSemidefiniteError} when the smallest is negative beyond rounding.
 */
export function requirePositiveSemidefinite(matrix: readonly (readonly number[])[]): { min: number; max: number } {
  for (const row of matrix) {
    if (row.length !== matrix.length) throw new DimensionMismatchError("covariance row", matrix.length, row.length);
    requireFinite("covariance row", row);
  }
  const values = new EigenvalueDecomposition(new Matrix(matrix.map((row) => [...row])), {
    assumeSymmetric: true,
  }).realEigenvalues;
  const min = Math.min(...values);
  const max = Math.max(...values);
  // n * eps * max is the rounding of the decomposition itself.
  if (min < -1e-14 * matrix.length * Math.abs(max)) throw new NotPositiveSemidefiniteError(min, max);
  return { min, max };
}

/**
 * Oracle approximating shrinkage (Chen, Wiesel, Eldar, Hero 2010, IEEE Trans. Signal Process. 58:5016-5029, equation 23), in the
 * form scikit-learn computes: population covariance, shrunk toward a scaled identity.
 */
export function oracleShrinkage(rows: readonly (readonly number[])[]): ShrunkCovariance {
  const data = centred(rows);
  const size = data.rows;
  const n = data.columns;
  const sample = data.transpose().mmul(data).div(size);
  const target = sample.trace() / n;
  const average = Matrix.pow(sample, 2).sum() / (n * n);
  const numerator = average + target * target;
  const denominator = (size + 1) * (average - (target * target) / n);
  const shrinkage = denominator === 0 ? 1 : Math.min(numerator / denominator, 1);
  return {
    matrix: sample
      .mul(1 - shrinkage)
      .add(Matrix.eye(n, n, shrinkage * target))
      .to2DArray(),
    shrinkage,
  };
}

/** Sample covariance, unbiased (1 / (S - 1)). */
export function sampleCovariance(rows: readonly (readonly number[])[]): number[][] {
  const data = centred(rows);
  return data
    .transpose()
    .mmul(data)
    .div(data.rows - 1)
    .to2DArray();
}

/**
 * Exponentially weighted covariance (RiskMetrics 1996) around the weighted mean; the last row is the newest.
 * @param halfLife observations after which a weight has halved.
 */
export function ewmaCovariance(rows: readonly (readonly number[])[], halfLife: number): number[][] {
  requireInside("half-life", halfLife, 0, Number.MAX_VALUE);
  const checked = centred(rows);
  const size = checked.rows;
  const n = checked.columns;
  const raw = rows.map((_, s) => 0.5 ** ((size - 1 - s) / halfLife));
  const total = raw.reduce((all, weight) => all + weight, 0);
  const mean = Array.from(
    { length: n },
    (_, i) => raw.reduce((all, weight, s) => all + weight * (rows[s]?.[i] ?? 0), 0) / total,
  );
  const out = Matrix.zeros(n, n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let value = 0;
      raw.forEach((weight, s) => {
        value += weight * ((rows[s]?.[i] ?? 0) - (mean[i] ?? 0)) * ((rows[s]?.[j] ?? 0) - (mean[j] ?? 0));
      });
      out.set(i, j, value / total);
      out.set(j, i, value / total);
    }
  }
  return out.to2DArray();
}

/** Eigenvalues clipped from below: the projection onto the positive semidefinite cone in the Frobenius norm. */
function clipped(matrix: Matrix, floor: number): Matrix {
  const { eigenvectorMatrix: vectors, realEigenvalues: values } = new EigenvalueDecomposition(matrix, {
    assumeSymmetric: true,
  });
  const scaledVectors = vectors.clone();
  values.forEach((value, k) => {
    for (let i = 0; i < scaledVectors.rows; i++)
      scaledVectors.set(i, k, scaledVectors.get(i, k) * Math.max(value, floor));
  });
  const product = scaledVectors.mmul(vectors.transpose());
  return product.add(product.transpose()).div(2);
}

export interface RepairedCovariance {
  readonly matrix: readonly (readonly number[])[];
  /** Frobenius distance to what was given. */
  readonly distance: number;
  readonly wasRepaired: boolean;
}

/**
 * The nearest positive semidefinite matrix to a symmetric one (Higham 1988, Linear Algebra Appl. 103:103-118). With
 * `keepVariances` the diagonal stays as it is: Higham's alternating projections with Dykstra's correction (2002, IMA J. Numer.
 * Anal. 22:329-343), which is farther away but leaves every asset's own risk alone.
 */
export function repairCovariance(given: readonly (readonly number[])[], keepVariances = false): RepairedCovariance {
  for (const row of given) {
    if (row.length !== given.length) throw new DimensionMismatchError("covariance row", given.length, row.length);
    requireFinite("covariance row", row);
  }
  const original = new Matrix(given.map((row) => [...row]));
  const symmetric = original.clone().add(original.transpose()).div(2);
  const values = new EigenvalueDecomposition(symmetric, { assumeSymmetric: true }).realEigenvalues;
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const smallest = Math.min(...values);
  const distanceTo = (matrix: Matrix): number => Matrix.sub(matrix, original).norm("frobenius");
  if (smallest >= 0) return { matrix: symmetric.to2DArray(), distance: distanceTo(symmetric), wasRepaired: false };
  // Clipping at zero leaves eigenvalues a rounding below it; this lifts them by that rounding.
  const lift = 4e-16 * given.length * largest;
  if (!keepVariances) {
    const matrix = clipped(symmetric, lift);
    return { matrix: matrix.to2DArray(), distance: distanceTo(matrix), wasRepaired: true };
  }
  let current = symmetric.clone();
  let correction = Matrix.zeros(given.length, given.length);
  for (let round = 0; round < 1000; round++) {
    const corrected = Matrix.sub(current, correction);
    const projected = clipped(corrected, lift);
    correction = Matrix.sub(projected, corrected);
    const next = projected.clone();
    for (let i = 0; i < given.length; i++) next.set(i, i, symmetric.get(i, i));
    const moved = Matrix.sub(next, current).norm("frobenius");
    current = next;
    if (moved <= 1e-14 * largest * given.length) break;
  }
  // The last projection restored the diagonal; shrinking the rest a little restores definiteness as well.
  for (let k = -14; k <= 0; k++) {
    const keep = 1 - 10 ** k;
    const matrix = current.clone().mul(keep);
    for (let i = 0; i < given.length; i++) matrix.set(i, i, symmetric.get(i, i));
    const least = Math.min(...new EigenvalueDecomposition(matrix, { assumeSymmetric: true }).realEigenvalues);
    if (least >= 0 || k === 0) return { matrix: matrix.to2DArray(), distance: distanceTo(matrix), wasRepaired: true };
  }
  return { matrix: current.to2DArray(), distance: distanceTo(current), wasRepaired: true };
}

/** Above this, weights move visibly with the last digits of the data. */
const ILL_CONDITIONED = 1e8;

/** The condition number, and a warning a person can act on when it is too large. */
export function conditionOf(matrix: readonly (readonly number[])[]): { condition: number; warning: string | null } {
  const { min, max } = requirePositiveSemidefinite(matrix);
  const condition = min > 0 ? max / min : Number.POSITIVE_INFINITY;
  const warning =
    condition <= ILL_CONDITIONED
      ? null
      : `The covariance has condition number ${condition.toExponential(2)}: some assets repeat each other or the sample is short. Use shrinkage.`;
  return { condition, warning };
}

/** Covariance of return samples: Ledoit-Wolf shrinkage toward a scaled identity, and a check that it is one. */
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { requireFinite } from "./checks.ts";
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

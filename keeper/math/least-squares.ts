/** Linear least squares by Householder QR, and nonlinear least squares by Levenberg-Marquardt. */

export interface LinearFit {
  readonly coefficients: Float64Array;
  /** Sum of squared residuals. */
  readonly squares: number;
  /** False when the columns are linearly dependent to rounding; coefficients of dependent columns are then zero. */
  readonly fullRank: boolean;
  /** Upper triangle of R, k x k row by row: the covariance is s2 (R'R)^-1. */
  readonly r: Float64Array;
}

/** A column whose part orthogonal to the columns before it is below this share of its length counts as dependent. */
const DEPENDENT = 1e-10;

/** Minimizes |y - X b| for columns X; `columns` and `y` are left as they are. */
export function linearLeastSquares(columns: readonly Float64Array[], y: Float64Array): LinearFit {
  const n = y.length;
  const k = columns.length;
  const a = columns.map((column) => Float64Array.from(column));
  const rhs = Float64Array.from(y);
  const r = new Float64Array(k * k);
  const used: number[] = [];
  let row = 0;
  for (let c = 0; c < k; c++) {
    const x = a[c];
    if (x === undefined) continue;
    let below = 0;
    let whole = 0;
    for (let i = 0; i < n; i++) {
      const square = (x[i] ?? 0) ** 2;
      whole += square;
      if (i >= row) below += square;
    }
    if (row >= n || !(below > DEPENDENT ** 2 * whole)) continue;
    const pivot = x[row] ?? 0;
    const alpha = pivot > 0 ? -Math.sqrt(below) : Math.sqrt(below);
    const v = x.slice(row);
    v[0] = pivot - alpha;
    let length = 0;
    for (const value of v) length += value * value;
    const reflect = (target: Float64Array): void => {
      let product = 0;
      for (let i = 0; i < v.length; i++) product += (v[i] ?? 0) * (target[row + i] ?? 0);
      const factor = (2 * product) / length;
      for (let i = 0; i < v.length; i++) target[row + i] = (target[row + i] ?? 0) - factor * (v[i] ?? 0);
    };
    if (length > 0) {
      for (let j = c; j < k; j++) {
        const target = a[j];
        if (target !== undefined) reflect(target);
      }
      reflect(rhs);
    }
    for (let j = c; j < k; j++) r[row * k + j] = a[j]?.[row] ?? 0;
    used.push(c);
    row++;
  }
  const coefficients = new Float64Array(k);
  for (let i = used.length - 1; i >= 0; i--) {
    let value = rhs[i] ?? 0;
    for (let j = i + 1; j < used.length; j++) {
      const column = used[j] ?? 0;
      value -= (r[i * k + column] ?? 0) * (coefficients[column] ?? 0);
    }
    const column = used[i] ?? 0;
    coefficients[column] = value / (r[i * k + column] ?? 1);
  }
  let squares = 0;
  for (let i = used.length; i < n; i++) squares += (rhs[i] ?? 0) ** 2;
  return { coefficients, squares, fullRank: used.length === k, r };
}

/** Solves the symmetric positive definite system A x = b (row by row) by Cholesky; null when A is not definite. */
export function solveDefinite(a: Float64Array, b: Float64Array): Float64Array | null {
  const n = b.length;
  const l = new Float64Array(n * n);
  const x = Float64Array.from(b);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let value = a[i * n + j] ?? 0;
      for (let k = 0; k < j; k++) value -= (l[i * n + k] ?? 0) * (l[j * n + k] ?? 0);
      if (i === j) {
        if (!(value > 0)) return null;
        l[i * n + i] = Math.sqrt(value);
      } else l[i * n + j] = value / (l[j * n + j] ?? 1);
    }
  }
  for (let i = 0; i < n; i++) {
    let value = x[i] ?? 0;
    for (let k = 0; k < i; k++) value -= (l[i * n + k] ?? 0) * (x[k] ?? 0);
    x[i] = value / (l[i * n + i] ?? 1);
  }
  for (let i = n - 1; i >= 0; i--) {
    let value = x[i] ?? 0;
    for (let k = i + 1; k < n; k++) value -= (l[k * n + i] ?? 0) * (x[k] ?? 0);
    x[i] = value / (l[i * n + i] ?? 1);
  }
  return x;
}

export interface ResidualFunction {
  readonly length: number;
  /** Writes the residuals at x into out and returns their sum of squares; NaN where the model is not defined. */
  evaluate(x: Float64Array, out: Float64Array): number;
}

export interface NonlinearFit {
  readonly x: Float64Array;
  readonly squares: number;
  readonly iterations: number;
  /** J'J at the solution, row by row. */
  readonly normal: Float64Array;
}

export interface LevenbergOptions {
  readonly maxIterations: number;
  /** Stops when a step promises a smaller relative decrease of the sum of squares than this. */
  readonly tolerance: number;
}

/**
 * Levenberg-Marquardt with Nielsen's damping and a forward-difference Jacobian. The sums of squares here have large
 * residuals, where Gauss-Newton steps still descend but converge linearly: the tolerance is on the promised decrease.
 */
export function levenbergMarquardt(f: ResidualFunction, start: Float64Array, options: LevenbergOptions): NonlinearFit {
  const k = start.length;
  const n = f.length;
  const x = Float64Array.from(start);
  let residuals = new Float64Array(n);
  let trial = new Float64Array(n);
  let squares = f.evaluate(x, residuals);
  const jacobian = Array.from({ length: k }, () => new Float64Array(n));
  const normal = new Float64Array(k * k);
  const damped = new Float64Array(k * k);
  const gradient = new Float64Array(k);
  let lambda = -1;
  let growth = 2;
  let iterations = 0;
  let stalled = 0;
  for (; iterations < options.maxIterations && Number.isFinite(squares); iterations++) {
    for (let j = 0; j < k; j++) {
      const column = jacobian[j];
      if (column === undefined) continue;
      const at = x[j] ?? 0;
      const h = 1e-6 * Math.max(1, Math.abs(at));
      x[j] = at + h;
      const moved = f.evaluate(x, column);
      x[j] = at;
      for (let i = 0; i < n; i++) column[i] = Number.isFinite(moved) ? ((column[i] ?? 0) - (residuals[i] ?? 0)) / h : 0;
    }
    let largest = 0;
    for (let a = 0; a < k; a++) {
      const left = jacobian[a];
      if (left === undefined) continue;
      for (let b = 0; b <= a; b++) {
        const right = jacobian[b];
        if (right === undefined) continue;
        let value = 0;
        for (let i = 0; i < n; i++) value += (left[i] ?? 0) * (right[i] ?? 0);
        normal[a * k + b] = value;
        normal[b * k + a] = value;
      }
      largest = Math.max(largest, normal[a * k + a] ?? 0);
      let value = 0;
      for (let i = 0; i < n; i++) value -= (left[i] ?? 0) * (residuals[i] ?? 0);
      gradient[a] = value;
    }
    if (!(largest > 0)) break;
    if (lambda < 0) lambda = 1e-4;
    let accepted = false;
    let promised = 0;
    for (let attempt = 0; attempt < 12 && !accepted; attempt++) {
      damped.set(normal);
      for (let a = 0; a < k; a++) damped[a * k + a] = (normal[a * k + a] ?? 0) * (1 + lambda) + 1e-12 * largest;
      const step = solveDefinite(damped, gradient);
      if (step === null) {
        lambda *= growth;
        growth *= 2;
        continue;
      }
      promised = 0;
      for (let a = 0; a < k; a++) {
        promised += (step[a] ?? 0) * ((gradient[a] ?? 0) + lambda * (normal[a * k + a] ?? 0) * (step[a] ?? 0));
      }
      if (promised <= options.tolerance * squares) break;
      const candidate = Float64Array.from(x, (value, a) => value + (step[a] ?? 0));
      const after = f.evaluate(candidate, trial);
      const ratio = (squares - after) / promised;
      if (Number.isFinite(after) && after < squares) {
        accepted = true;
        stalled = squares - after < options.tolerance * squares ? stalled + 1 : 0;
        x.set(candidate);
        squares = after;
        [residuals, trial] = [trial, residuals];
        lambda *= Math.max(1 / 5, 1 - (2 * ratio - 1) ** 3);
        lambda = Math.max(lambda, 1e-10);
        growth = 2;
      } else {
        lambda *= growth;
        growth *= 2;
      }
    }
    if (!accepted || stalled >= 2) break;
  }
  return { x, squares, iterations, normal };
}

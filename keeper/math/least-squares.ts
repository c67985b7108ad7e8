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
  const x = Float64Array.from(b);
  return solveDefiniteInto(a, x, new Float64Array(a.length)) ? x : null;
}

/** The same: x holds b and then the solution, `l` is room for the factor. False when A is not definite. */
function solveDefiniteInto(a: Float64Array, x: Float64Array, l: Float64Array): boolean {
  const n = x.length;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let value = a[i * n + j] ?? 0;
      for (let k = 0; k < j; k++) value -= (l[i * n + k] ?? 0) * (l[j * n + k] ?? 0);
      if (i === j) {
        if (!(value > 0)) return false;
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
  return true;
}

export interface ResidualFunction {
  readonly length: number;
  /** Writes the residuals at x into out and returns their sum of squares; NaN where the model is not defined. */
  evaluate(x: Float64Array, out: Float64Array): number;
  /** Writes a cheap approximation of J'J and -J'r, row by row, given the residuals at x. */
  approximate?(x: Float64Array, residuals: Float64Array, normal: Float64Array, gradient: Float64Array): void;
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
  /** Steps from the function's own approximation: every step taken still lowers the true sum of squares. */
  readonly approximate?: boolean;
  /**
   * Keeps a Jacobian for several steps, corrected by what each step showed (Broyden 1965): one evaluation a step instead of one
   * for every parameter. "loose" ends on a corrected Jacobian's word, "confirmed" computes a fresh one first.
   */
  readonly secant?: "loose" | "confirmed";
}

/** Forward differences, one parameter's column after the other; a direction in which f is not defined counts as flat. */
function fillJacobian(
  f: ResidualFunction,
  x: Float64Array,
  residuals: Float64Array,
  jacobian: Float64Array,
  moved: Float64Array,
): void {
  const n = residuals.length;
  for (let j = 0; j < x.length; j++) {
    const at = x[j] ?? 0;
    const h = 1e-6 * Math.max(1, Math.abs(at));
    x[j] = at + h;
    const isDefined = Number.isFinite(f.evaluate(x, moved));
    x[j] = at;
    const column = j * n;
    for (let i = 0; i < n; i++) jacobian[column + i] = isDefined ? ((moved[i] ?? 0) - (residuals[i] ?? 0)) / h : 0;
  }
}

/** J'J and -J'r. */
function fillNormal(
  jacobian: Float64Array,
  residuals: Float64Array,
  normal: Float64Array,
  gradient: Float64Array,
): void {
  const k = gradient.length;
  const n = residuals.length;
  for (let a = 0; a < k; a++) {
    const left = a * n;
    for (let b = 0; b <= a; b++) {
      const right = b * n;
      let value = 0;
      for (let i = 0; i < n; i++) value += (jacobian[left + i] ?? 0) * (jacobian[right + i] ?? 0);
      normal[a * k + b] = value;
      normal[b * k + a] = value;
    }
    let value = 0;
    for (let i = 0; i < n; i++) value -= (jacobian[left + i] ?? 0) * (residuals[i] ?? 0);
    gradient[a] = value;
  }
}

/** Broyden's rank-one correction: the Jacobian that explains the last step and else is as before. `before` is overwritten. */
function correct(jacobian: Float64Array, step: Float64Array, before: Float64Array, after: Float64Array): void {
  const n = before.length;
  let length = 0;
  for (let j = 0; j < step.length; j++) length += (step[j] ?? 0) ** 2;
  if (!(length > 0)) return;
  for (let i = 0; i < n; i++) before[i] = (after[i] ?? 0) - (before[i] ?? 0);
  for (let j = 0; j < step.length; j++) {
    const s = step[j] ?? 0;
    const column = j * n;
    for (let i = 0; i < n; i++) before[i] = (before[i] ?? 0) - s * (jacobian[column + i] ?? 0);
  }
  for (let j = 0; j < step.length; j++) {
    const share = (step[j] ?? 0) / length;
    const column = j * n;
    for (let i = 0; i < n; i++) jacobian[column + i] = (jacobian[column + i] ?? 0) + share * (before[i] ?? 0);
  }
}

/** Dampings tried before an iteration counts as stuck; few where the slope itself may be what is wrong. */
const ATTEMPTS = 12;
const APPROXIMATE_ATTEMPTS = 3;

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
  const approximate = options.approximate === true && f.approximate !== undefined;
  const attempts = approximate ? APPROXIMATE_ATTEMPTS : ATTEMPTS;
  const jacobian = new Float64Array(approximate ? 0 : k * n);
  const normal = new Float64Array(k * k);
  const damped = new Float64Array(k * k);
  const gradient = new Float64Array(k);
  const factor = new Float64Array(k * k);
  const step = new Float64Array(k);
  const candidate = new Float64Array(k);
  let lambda = -1;
  let growth = 2;
  let iterations = 0;
  let stalled = 0;
  // Whether the Jacobian of this iteration is computed, not carried over.
  let isFresh = true;
  for (; iterations < options.maxIterations && Number.isFinite(squares); iterations++) {
    if (approximate) f.approximate?.(x, residuals, normal, gradient);
    else {
      if (isFresh) fillJacobian(f, x, residuals, jacobian, trial);
      fillNormal(jacobian, residuals, normal, gradient);
    }
    let largest = 0;
    for (let a = 0; a < k; a++) largest = Math.max(largest, normal[a * k + a] ?? 0);
    if (!(largest > 0)) break;
    if (lambda < 0) lambda = 1e-4;
    let accepted = false;
    let promised = 0;
    for (let attempt = 0; attempt < (isFresh ? attempts : 1) && !accepted; attempt++) {
      damped.set(normal);
      for (let a = 0; a < k; a++) damped[a * k + a] = (normal[a * k + a] ?? 0) * (1 + lambda) + 1e-12 * largest;
      step.set(gradient);
      if (!solveDefiniteInto(damped, step, factor)) {
        lambda *= growth;
        growth *= 2;
        continue;
      }
      promised = 0;
      for (let a = 0; a < k; a++) {
        promised += (step[a] ?? 0) * ((gradient[a] ?? 0) + lambda * (normal[a * k + a] ?? 0) * (step[a] ?? 0));
      }
      if (promised <= options.tolerance * squares) break;
      for (let a = 0; a < k; a++) candidate[a] = (x[a] ?? 0) + (step[a] ?? 0);
      const after = f.evaluate(candidate, trial);
      const ratio = (squares - after) / promised;
      if (Number.isFinite(after) && after < squares) {
        accepted = true;
        stalled = squares - after < options.tolerance * squares ? stalled + 1 : 0;
        x.set(candidate);
        squares = after;
        if (options.secant !== undefined) correct(jacobian, step, residuals, trial);
        [residuals, trial] = [trial, residuals];
        lambda *= Math.max(1 / 5, 1 - (2 * ratio - 1) ** 3);
        lambda = Math.max(lambda, 1e-10);
        growth = 2;
      } else {
        lambda *= growth;
        growth *= 2;
      }
    }
    const isStuck = !accepted || stalled >= 2;
    if (isStuck && (isFresh || (options.secant === "loose" && promised <= options.tolerance * squares))) break;
    isFresh = isStuck || options.secant === undefined;
  }
  return { x, squares, iterations, normal };
}

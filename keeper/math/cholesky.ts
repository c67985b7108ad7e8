/**
 * Cholesky factors on Float64Array, row-major, lower triangle. Two rows by two columns at a time: every value loaded is used
 * twice, which makes the inner loop about twice as fast as the textbook one.
 */

/** Factorises the leading `size` rows in place; `stride` is the row length. False when a pivot is not positive. */
export function factorize(a: Float64Array, size: number, stride = size): boolean {
  for (let i = 0; i < size; i += 2) {
    const hasPair = i + 1 < size;
    const ri = i * stride;
    const qi = hasPair ? ri + stride : ri;
    for (let j = 0; j + 1 < i; j += 2) {
      const rj = j * stride;
      const qj = rj + stride;
      let a00 = 0;
      let a01 = 0;
      let a10 = 0;
      let a11 = 0;
      for (let k = 0; k < j; k++) {
        const x = a[ri + k] ?? 0;
        const y = a[qi + k] ?? 0;
        const u = a[rj + k] ?? 0;
        const v = a[qj + k] ?? 0;
        a00 += x * u;
        a01 += x * v;
        a10 += y * u;
        a11 += y * v;
      }
      const first = a[rj + j] ?? 0;
      const cross = a[qj + j] ?? 0;
      const second = a[qj + j + 1] ?? 0;
      const x0 = ((a[ri + j] ?? 0) - a00) / first;
      const y0 = ((a[qi + j] ?? 0) - a10) / first;
      const x1 = ((a[ri + j + 1] ?? 0) - a01 - x0 * cross) / second;
      const y1 = ((a[qi + j + 1] ?? 0) - a11 - y0 * cross) / second;
      a[ri + j] = x0;
      a[ri + j + 1] = x1;
      if (hasPair) {
        a[qi + j] = y0;
        a[qi + j + 1] = y1;
      }
    }
    let own = a[ri + i] ?? 0;
    let cross = hasPair ? (a[qi + i] ?? 0) : 0;
    let next = hasPair ? (a[qi + i + 1] ?? 0) : 1;
    for (let k = 0; k < i; k++) {
      const x = a[ri + k] ?? 0;
      const y = a[qi + k] ?? 0;
      own -= x * x;
      cross -= x * y;
      next -= y * y;
    }
    if (!(own > 0)) return false;
    const pivot = Math.sqrt(own);
    a[ri + i] = pivot;
    if (!hasPair) break;
    cross /= pivot;
    next -= cross * cross;
    if (!(next > 0)) return false;
    a[qi + i] = cross;
    a[qi + i + 1] = Math.sqrt(next);
  }
  return true;
}

/** L x = b in place. */
export function solveLower(factor: Float64Array, b: Float64Array, size: number, stride = size): void {
  for (let i = 0; i < size; i++) {
    const row = i * stride;
    let even = 0;
    let odd = 0;
    let k = 0;
    for (; k + 1 < i; k += 2) {
      even += (factor[row + k] ?? 0) * (b[k] ?? 0);
      odd += (factor[row + k + 1] ?? 0) * (b[k + 1] ?? 0);
    }
    if (k < i) even += (factor[row + k] ?? 0) * (b[k] ?? 0);
    b[i] = ((b[i] ?? 0) - even - odd) / (factor[row + i] ?? 1);
  }
}

/** L' x = b in place; goes by rows so that memory is read in order. */
export function solveUpper(factor: Float64Array, b: Float64Array, size: number, stride = size): void {
  for (let i = size - 1; i >= 0; i--) {
    const row = i * stride;
    const value = (b[i] ?? 0) / (factor[row + i] ?? 1);
    b[i] = value;
    for (let k = 0; k < i; k++) b[k] = (b[k] ?? 0) - value * (factor[row + k] ?? 0);
  }
}

/** L L' x = b in place. */
export function solveFactored(factor: Float64Array, b: Float64Array, size: number, stride = size): void {
  solveLower(factor, b, size, stride);
  solveUpper(factor, b, size, stride);
}

/** A factor of a principal submatrix that grows and shrinks by one index in O(size^2). */
export class UpdatableFactor {
  readonly #stride: number;
  readonly #factor: Float64Array;
  readonly #members: number[] = [];
  constructor(capacity: number) {
    this.#stride = capacity;
    this.#factor = new Float64Array(capacity * capacity);
  }

  get members(): readonly number[] {
    return this.#members;
  }

  /** Adds an index; false when the grown matrix is not positive definite. */
  add(matrix: Float64Array, order: number, index: number): boolean {
    const size = this.#members.length;
    const row = this.#factor.subarray(size * this.#stride, size * this.#stride + size);
    for (let k = 0; k < size; k++) row[k] = matrix[index * order + (this.#members[k] ?? 0)] ?? 0;
    solveLower(this.#factor, row, size, this.#stride);
    let pivot = matrix[index * order + index] ?? 0;
    const scale = pivot;
    for (let k = 0; k < size; k++) pivot -= (row[k] ?? 0) ** 2;
    // Below the rounding of the subtraction above, the pivot's sign means nothing.
    if (!(pivot > 1e-15 * scale * (size + 1))) return false;
    this.#factor[size * this.#stride + size] = Math.sqrt(pivot);
    this.#members.push(index);
    return true;
  }

  /** Removes an index: its row goes, and Givens rotations bring the rest back to triangular form. */
  remove(index: number): void {
    const at = this.#members.indexOf(index);
    const size = this.#members.length;
    const stride = this.#stride;
    const f = this.#factor;
    this.#members.splice(at, 1);
    for (let i = at + 1; i < size; i++) {
      f.copyWithin((i - 1) * stride, i * stride, i * stride + i + 1);
      const row = (i - 1) * stride;
      const a = f[row + i - 1] ?? 0;
      const b = f[row + i] ?? 0;
      const radius = Math.hypot(a, b);
      const c = a / radius;
      const s = b / radius;
      f[row + i - 1] = radius;
      // The rows below have not moved yet: rotate their columns i-1 and i where they are.
      for (let k = i + 1; k < size; k++) {
        const other = k * stride;
        const x = f[other + i - 1] ?? 0;
        const y = f[other + i] ?? 0;
        f[other + i - 1] = c * x + s * y;
        f[other + i] = c * y - s * x;
      }
    }
  }

  /** Solves the submatrix's system in place; element k belongs to member k. */
  solve(b: Float64Array): void {
    solveFactored(this.#factor, b, this.#members.length, this.#stride);
  }
}

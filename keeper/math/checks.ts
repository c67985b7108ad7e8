/** Guards shared by the numerics and by the stages' configurations. */
import { EmptySampleError, ParameterOutOfRangeError, SampleNotFiniteError } from "./errors.ts";

/** @throws {EmptySampleError | SampleNotFiniteError} */
export function requireFinite(what: string, values: ArrayLike<number>, atLeast = 1): void {
  if (values.length < atLeast) throw new EmptySampleError(what, atLeast, values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? Number.NaN;
    if (!Number.isFinite(value)) throw new SampleNotFiniteError(what, i, value);
  }
}

/** @throws {ParameterOutOfRangeError} unless low <= value <= high. */
export function requireBetween(parameter: string, value: number, low: number, high: number): void {
  if (!(value >= low && value <= high)) throw new ParameterOutOfRangeError(parameter, value, `from ${low} to ${high}`);
}

/** @throws {ParameterOutOfRangeError} unless low < value < high. */
export function requireInside(parameter: string, value: number, low: number, high: number): void {
  if (!(value > low && value < high))
    throw new ParameterOutOfRangeError(parameter, value, `between ${low} and ${high}`);
}

/** @throws {ParameterOutOfRangeError} unless an integer of at least low. */
export function requireCount(parameter: string, value: number, low: number): void {
  if (!(Number.isSafeInteger(value) && value >= low)) {
    throw new ParameterOutOfRangeError(parameter, value, `an integer of at least ${low}`);
  }
}

/** What the numerics refuse to compute, and why. */
import { HoldError, InputError } from "../kernel/errors.ts";

export class EmptySampleError extends HoldError {
  readonly code = "EMPTY_SAMPLE";
  readonly what: string;
  readonly needed: number;
  readonly got: number;
  constructor(what: string, needed: number, got: number) {
    super(`The ${what} needs at least ${needed} observations and has ${got}. Collect more history.`);
    this.what = what;
    this.needed = needed;
    this.got = got;
  }
}

export class SampleNotFiniteError extends HoldError {
  readonly code = "SAMPLE_NOT_FINITE";
  readonly what: string;
  readonly index: number;
  readonly value: number;
  constructor(what: string, index: number, value: number) {
    super(`Observation ${index} of the ${what} is ${value}. Find its source: it must not be averaged away.`);
    this.what = what;
    this.index = index;
    this.value = value;
  }
}

export class DimensionMismatchError extends InputError {
  readonly code = "DIMENSION_MISMATCH";
  readonly what: string;
  readonly expected: number;
  readonly got: number;
  constructor(what: string, expected: number, got: number) {
    super(`The ${what} has length ${got} where ${expected} is needed. Align the inputs.`);
    this.what = what;
    this.expected = expected;
    this.got = got;
  }
}

export class ParameterOutOfRangeError extends InputError {
  readonly code = "PARAMETER_OUT_OF_RANGE";
  readonly parameter: string;
  readonly value: number;
  readonly range: string;
  constructor(parameter: string, value: number, range: string) {
    super(`${parameter} is ${value}; it must be ${range}.`);
    this.parameter = parameter;
    this.value = value;
    this.range = range;
  }
}

export class NotPositiveSemidefiniteError extends HoldError {
  readonly code = "NOT_POSITIVE_SEMIDEFINITE";
  readonly smallestEigenvalue: number;
  readonly largestEigenvalue: number;
  constructor(smallestEigenvalue: number, largestEigenvalue: number) {
    super(
      `The covariance has eigenvalue ${smallestEigenvalue} beside ${largestEigenvalue}: it is no covariance. ` +
        "Check the alignment of the return series.",
    );
    this.smallestEigenvalue = smallestEigenvalue;
    this.largestEigenvalue = largestEigenvalue;
  }
}

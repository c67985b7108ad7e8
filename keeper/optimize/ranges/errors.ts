/** What the range policy cannot vouch for. */
import { HoldError, InputError } from "../../kernel/errors.ts";

export class RangeSeriesError extends InputError {
  readonly code = "RANGE_SERIES";
  readonly index: number;
  readonly value: number;
  constructor(what: string, index: number, value: number, remedy: string) {
    super(`Element ${index} of the ${what} is ${value}. ${remedy}`);
    this.index = index;
    this.value = value;
  }
}

/** The price does not move at all: a stub or a frozen feed, from which no width follows. */
export class RangeStillError extends HoldError {
  readonly code = "RANGE_PRICE_STILL";
  readonly observations: number;
  constructor(observations: number) {
    super(
      `${observations} observations show no movement of the price that could be measured. Check the source: a frozen feed looks like this.`,
    );
    this.observations = observations;
  }
}

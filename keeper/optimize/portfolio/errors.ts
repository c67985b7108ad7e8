/** What a portfolio objective refuses, beyond infeasible limits. */
import { HoldError, InputError } from "../../kernel/errors.ts";

export class UnreachableTargetError extends HoldError {
  readonly code = "PORTFOLIO_TARGET_UNREACHABLE";
  readonly what: string;
  readonly wanted: number;
  readonly reachable: number;
  constructor(what: string, wanted: number, relation: "at most" | "at least" | "below", reachable: number) {
    super(
      `The ${what} ${wanted} is out of reach: within the limits it is ${relation === "below" ? "at most" : relation} ${reachable}. ` +
        "Ask for less, or relax the limits.",
    );
    this.what = what;
    this.wanted = wanted;
    this.reachable = reachable;
  }
}

/** A method that takes no such limits was given some. */
export class UnsupportedLimitError extends InputError {
  readonly code = "PORTFOLIO_LIMIT_UNSUPPORTED";
  readonly method: string;
  readonly limit: string;
  constructor(method: string, limit: string) {
    super(`The ${method} takes no ${limit}. Leave it out, or choose an objective that does.`);
    this.method = method;
    this.limit = limit;
  }
}

/** A view about nothing, or certain views that repeat or contradict each other: no posterior follows from them. */
export class ViewsSingularError extends InputError {
  readonly code = "PORTFOLIO_VIEWS_SINGULAR";
  /** Position of the first view that adds nothing to those before it. */
  readonly view: number;
  constructor(view: number) {
    super(
      `View ${view + 1} is about no asset, or follows with certainty from the views before it. ` +
        "Leave it out, or give it a variance above 0.",
    );
    this.view = view;
  }
}

/** Risk cannot be shared out when an asset has none, or when the whole has none. */
export class RisklessError extends HoldError {
  readonly code = "PORTFOLIO_RISKLESS";
  readonly what: string;
  readonly variance: number;
  constructor(what: string, variance: number, remedy = "Leave it out.") {
    super(`The variance of ${what} is ${variance}: its share of the risk is not defined. ${remedy}`);
    this.what = what;
    this.variance = variance;
  }
}

/** The Sharpe ratio has no greatest value: a portfolio without risk earns more than the risk-free return. */
export class SharpeUnboundedError extends HoldError {
  readonly code = "PORTFOLIO_SHARPE_UNBOUNDED";
  readonly excess: number;
  constructor(excess: number) {
    super(
      `A portfolio without risk earns ${excess} more than the risk-free return: the Sharpe ratio has no greatest value. ` +
        "Leave the riskless asset out, or raise the risk-free return to what it earns.",
    );
    this.excess = excess;
  }
}

/** The search over which positions to hold would take too long to prove. */
export class TooManyCombinationsError extends HoldError {
  readonly code = "PORTFOLIO_TOO_MANY_COMBINATIONS";
  readonly nodes: number;
  readonly gap: number;
  constructor(nodes: number, gap: number) {
    super(
      `After ${nodes} nodes the best choice of positions is proven to ${gap} only. Allow more nodes or fewer candidates.`,
    );
    this.nodes = nodes;
    this.gap = gap;
  }
}

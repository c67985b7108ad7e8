/** The last look at an answer before anyone sees it: what is not proven, or breaks a limit, is an error and no allocation. */
import { NotConvergedError } from "../errors.ts";
import type { Portfolio } from "./problem.ts";

/** Looser than any solver here promises; beyond it the figures are not the answer to the question. */
const WIDEST_GAP = 1e-6;
const WIDEST_VIOLATION = 1e-7;

/** Of an optimum of zero every difference is a large share: there the objective's unit is the measure. */
const ZERO = 1e-12;

/**
 * The answer, if it is proven. Of an optimum of zero, where the gap says nothing, it is restated in units of what losses or
 * variances are counted in.
 * @param unit what the objective is counted in: a return or a variance; asked for only where the gap does not suffice.
 * @throws {NotConvergedError} for an answer whose certificate does not hold.
 */
export function requireProof(portfolio: Portfolio, unit: number | (() => number)): Portfolio {
  const { objective, certificate, rounds, weights } = portfolio;
  const { primal, dual, infeasibility } = certificate;
  let { gap } = certificate;
  if (!(gap <= WIDEST_GAP)) {
    const apart = Math.abs(primal - dual);
    const measure = typeof unit === "number" ? unit : unit();
    if (apart <= ZERO * measure) gap = apart === 0 ? 0 : apart / measure;
  }
  const isNumber = Number.isFinite(objective) && weights.every(Number.isFinite);
  if (!(gap <= WIDEST_GAP && isNumber && infeasibility <= WIDEST_VIOLATION))
    throw new NotConvergedError(rounds, gap, infeasibility);
  return gap === certificate.gap ? portfolio : { ...portfolio, certificate: { ...certificate, gap } };
}

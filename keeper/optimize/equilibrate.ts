/**
 * A quadratic programme in units of its own answer. Where one asset's variance is millions of times another's, the interior point's
 * residuals, which are relative to the largest coefficient, say nothing about the small ones, and those decide the answer: there
 * each column is counted in the amount that carries as much curvature as the whole answer does.
 */
import { type ConvexProgramme, curvature } from "../math/certificate.ts";
import { dot } from "../math/statistics.ts";
import type { LinearAnswer } from "./simplicial.ts";

/** The same programme in other units, and the way back. */
export interface Equilibrated {
  readonly programme: ConvexProgramme;
  readonly restore: (answer: LinearAnswer) => LinearAnswer;
}

/** @returns null when the answer has no curvature to count in. */
export function equilibrated(programme: ConvexProgramme, answer: ArrayLike<number>): Equilibrated | null {
  const { hessian, cost, lower, upper, rows } = programme;
  const unit = dot(answer, curvature(programme, answer));
  if (hessian === null || !(unit > 0)) return null;
  const amounts = cost.map((_, j) => {
    const own = hessian[j]?.[j] ?? 0;
    return own > unit ? Math.sqrt(unit / own) : 1;
  });
  const amount = (j: number): number => amounts[j] ?? 1;
  return {
    programme: {
      ...programme,
      cost: cost.map((value, j) => (value * amount(j)) / unit),
      hessian: hessian.map((row, i) => row.map((value, j) => (value * amount(i) * amount(j)) / unit)),
      lower: lower.map((value, j) => value / amount(j)),
      upper: upper.map((value, j) => value / amount(j)),
      rows: rows.map(({ indices, values }) => ({
        indices,
        values: values.map((value, k) => value * amount(indices[k] ?? -1)),
      })),
    },
    restore: ({ x, multipliers }) => ({
      x: x.map((value, j) => Math.min(upper[j] ?? 0, Math.max(lower[j] ?? 0, value * amount(j)))),
      multipliers: multipliers.map((value) => value * unit),
    }),
  };
}

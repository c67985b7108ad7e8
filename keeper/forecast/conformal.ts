/** Split conformal prediction intervals (Vovk; Lei et al. 2018, Theorem 2.2) from absolute rolling residuals. */

/** Residuals needed for a finite interval of this level. */
export const residualsNeeded = (level: number): number => Math.ceil(level / (1 - level) - 1e-9);

/**
 * The ceil((n + 1) level)-th smallest absolute residual: half the interval's width.
 * Infinite when there are too few residuals; callers check `residualsNeeded` first.
 */
export function conformalRadius(residuals: readonly number[], level: number): number {
  const sorted = Float64Array.from(residuals, Math.abs).sort();
  const rank = Math.ceil((sorted.length + 1) * level - 1e-9);
  return rank > sorted.length ? Number.POSITIVE_INFINITY : (sorted[rank - 1] ?? Number.NaN);
}

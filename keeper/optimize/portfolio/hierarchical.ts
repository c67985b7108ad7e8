/**
 * Hierarchical risk parity (Lopez de Prado 2016, J. Portfolio Management 42(4):59-69): cluster by correlation distance with
 * single linkage, lay the assets out by the tree, split the layout in halves and share each split by inverse variance.
 * It needs no inverse and no optimum, so what is certified is the sum of the weights.
 */
import { requireFinite } from "../../math/checks.ts";
import { DimensionMismatchError, EmptySampleError } from "../../math/errors.ts";
import { dot, sum } from "../../math/statistics.ts";
import { RisklessError } from "./errors.ts";
import type { Portfolio } from "./problem.ts";

type Rows = readonly (readonly number[])[];

/** Euclidean distance between the columns of sqrt((1 - rho) / 2), as in the paper. */
function distances(covariance: Rows): number[][] {
  const n = covariance.length;
  const base = covariance.map((row, i) =>
    row.map((value, j) => {
      const rho = value / Math.sqrt((covariance[i]?.[i] ?? 1) * (covariance[j]?.[j] ?? 1));
      return Math.sqrt(Math.max(0, (1 - Math.min(1, Math.max(-1, rho))) / 2));
    }),
  );
  return Array.from({ length: n }, (_, i) =>
    Array.from({ length: n }, (_unused, j) => {
      let total = 0;
      for (let k = 0; k < n; k++) total += ((base[i]?.[k] ?? 0) - (base[j]?.[k] ?? 0)) ** 2;
      return Math.sqrt(total);
    }),
  );
}

/** Leaves in the order of the single-linkage tree; ties go to the lower index. */
export function treeOrder(covariance: Rows): number[] {
  const distance = distances(covariance);
  let clusters: { readonly members: readonly number[]; readonly gaps: readonly number[] }[] = covariance.map(
    (_, i) => ({
      members: [i],
      gaps: distance[i] ?? [],
    }),
  );
  while (clusters.length > 1) {
    let best = { a: 0, b: 1, gap: Number.POSITIVE_INFINITY };
    clusters.forEach((one, a) => {
      for (let b = a + 1; b < clusters.length; b++) {
        const gap = (clusters[b]?.members ?? []).reduce(
          (least, m) => Math.min(least, one.gaps[m] ?? Number.POSITIVE_INFINITY),
          Number.POSITIVE_INFINITY,
        );
        if (gap < best.gap) best = { a, b, gap };
      }
    });
    const first = clusters[best.a];
    const second = clusters[best.b];
    if (first === undefined || second === undefined) break;
    const merged = {
      members: [...first.members, ...second.members],
      gaps: first.gaps.map((gap, i) => Math.min(gap, second.gaps[i] ?? gap)),
    };
    clusters = [...clusters.filter((_, i) => i !== best.a && i !== best.b), merged];
  }
  return [...(clusters[0]?.members ?? [])];
}

/** Variance of a cluster held by inverse variance. */
function clusterVariance(covariance: Rows, members: readonly number[]): number {
  const inverse = members.map((i) => 1 / (covariance[i]?.[i] ?? 1));
  const total = sum(inverse);
  const weights = inverse.map((value) => value / total);
  return dot(
    members.map((i) =>
      dot(
        members.map((j) => covariance[i]?.[j] ?? 0),
        weights,
      ),
    ),
    weights,
  );
}

export function hierarchicalRiskParity(names: readonly string[], covariance: Rows): Portfolio {
  const n = names.length;
  if (covariance.length !== n) throw new DimensionMismatchError("covariance", n, covariance.length);
  if (n === 0) throw new EmptySampleError("assets of a portfolio", 1, 0);
  covariance.forEach((row, i) => {
    if (row.length !== n) throw new DimensionMismatchError("covariance row", n, row.length);
    requireFinite("covariance row", row);
    if (!((row[i] ?? 0) > 0)) throw new RisklessError(names[i] ?? "", row[i] ?? Number.NaN);
  });
  const weights = new Array<number>(n).fill(1);
  const pending: (readonly number[])[] = [treeOrder(covariance)];
  for (let part = pending.pop(); part !== undefined; part = pending.pop()) {
    if (part.length < 2) continue;
    const left = part.slice(0, part.length >> 1);
    const right = part.slice(part.length >> 1);
    const a = clusterVariance(covariance, left);
    const b = clusterVariance(covariance, right);
    const share = a + b > 0 ? b / (a + b) : 0.5;
    for (const i of left) weights[i] = (weights[i] ?? 0) * share;
    for (const i of right) weights[i] = (weights[i] ?? 0) * (1 - share);
    pending.push(left, right);
  }
  const variance = dot(
    covariance.map((row) => dot(row, weights)),
    weights,
  );
  const off = Math.abs(sum(weights) - 1);
  return {
    weights,
    objective: Math.sqrt(Math.max(0, variance)),
    certificate: { primal: off, dual: 0, gap: off, infeasibility: off },
    method: "single linkage and recursive bisection",
    rounds: n - 1,
  };
}

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

/** Euclidean distance between the columns of sqrt((1 - rho) / 2), as in the paper; row-major. */
function distances(covariance: Rows): Float64Array {
  const n = covariance.length;
  const base = new Float64Array(n * n);
  covariance.forEach((row, i) => {
    row.forEach((value, j) => {
      const rho = value / Math.sqrt((covariance[i]?.[i] ?? 1) * (covariance[j]?.[j] ?? 1));
      base[i * n + j] = Math.sqrt(Math.max(0, (1 - Math.min(1, Math.max(-1, rho))) / 2));
    });
  });
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      let total = 0;
      for (let k = 0; k < n; k++) {
        const difference = (base[i * n + k] ?? 0) - (base[j * n + k] ?? 0);
        total += difference * difference;
      }
      out[i * n + j] = Math.sqrt(total);
      out[j * n + i] = Math.sqrt(total);
    }
  }
  return out;
}

/**
 * Leaves in the order of the single-linkage tree; ties go to the clusters formed first. Each cluster keeps its nearest later one, so
 * that a merge costs a pass over the clusters and not over all pairs of assets.
 */
export function treeOrder(covariance: Rows): number[] {
  const n = covariance.length;
  // A cluster lives in the slot of one of its members; `born` says which were formed first.
  const gaps = distances(covariance);
  const members: number[][] = covariance.map((_, i) => [i]);
  const born = Int32Array.from(covariance.keys());
  const nearest = new Int32Array(n).fill(-1);
  const live = [...covariance.keys()];
  const gap = (a: number, b: number): number => gaps[a * n + b] ?? 0;
  const age = (a: number): number => born[a] ?? 0;
  const look = (a: number): void => {
    let best = -1;
    for (const b of live) {
      if (age(b) <= age(a)) continue;
      const isNearer = best < 0 || gap(a, b) < gap(a, best) || (gap(a, b) === gap(a, best) && age(b) < age(best));
      if (isNearer) best = b;
    }
    nearest[a] = best;
  };
  for (const a of live) look(a);
  for (let merge = 0; merge + 1 < n; merge++) {
    let first = -1;
    for (const a of live) {
      const b = nearest[a] ?? -1;
      if (b < 0) continue;
      const other = first < 0 ? Number.POSITIVE_INFINITY : gap(first, nearest[first] ?? first);
      if (first < 0 || gap(a, b) < other || (gap(a, b) === other && age(a) < age(first))) first = a;
    }
    const second = nearest[first] ?? -1;
    members[first] = [...(members[first] ?? []), ...(members[second] ?? [])];
    live.splice(live.indexOf(second), 1);
    born[first] = n + merge;
    nearest[first] = -1;
    for (const a of live) {
      if (a === first) continue;
      const closest = Math.min(gap(a, first), gap(a, second));
      gaps[a * n + first] = closest;
      gaps[first * n + a] = closest;
      const b = nearest[a] ?? -1;
      // The merged cluster is later than all others: it is the nearest where nothing formed before it is as near.
      if (b === first || b === second) look(a);
      else if (b < 0 || closest < gap(a, b)) nearest[a] = first;
    }
  }
  return members[live[0] ?? -1] ?? [];
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

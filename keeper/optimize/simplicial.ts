/**
 * Simplicial decomposition (von Hohenbalken 1977): a convex QP through linear programmes over the same constraints and
 * small QPs over the convex hull of the vertices found. Finite for polytopes, and as sturdy as the simplex method, which
 * the active-set QP of HiGHS is not on degenerate, nearly linear programmes.
 */
import { LuDecomposition, Matrix } from "ml-matrix";
import { type ConvexProgramme, gradientAt } from "../math/certificate.ts";
import { dot } from "../math/statistics.ts";

export interface LinearAnswer {
  readonly x: Float64Array;
  readonly multipliers: Float64Array;
}

/** Weight below which a vertex has left the hull's support. */
const LEFT = 1e-15;

/** Newton direction on the plane sum = 0, proximal so that flat directions have a (long) step instead of none. */
function direction(
  gram: readonly (readonly number[])[],
  slopes: readonly number[],
  support: readonly number[],
): number[] {
  const k = support.length;
  const largest = support.reduce((most, i) => Math.max(most, Math.abs(gram[i]?.[i] ?? 0)), 0);
  // Far below the curvature that matters and far above the rounding of the factorisation.
  const proximal = 1e-12 * Math.max(largest, 1e-3);
  const system = Matrix.zeros(k + 1, k + 1);
  support.forEach((i, row) => {
    support.forEach((j, column) => {
      system.set(row, column, (gram[i]?.[j] ?? 0) + (i === j ? proximal : 0));
    });
    system.set(row, k, 1);
    system.set(k, row, 1);
  });
  const right = Matrix.columnVector([...support.map((i) => -(slopes[i] ?? 0)), 0]);
  return new LuDecomposition(system).solve(right).to1DArray().slice(0, k);
}

/** Minimises the objective over the hull of the vertices, from a feasible mixture: an active set over the simplex. */
function mixVertices(
  gram: readonly (readonly number[])[],
  costs: readonly number[],
  start: readonly number[],
): number[] {
  const mixture = [...start];
  let support = [...mixture.keys()];
  for (let round = 0; round < 20 * mixture.length + 20 && support.length > 1; round++) {
    const slopes = costs.map((cost, i) => cost + dot(gram[i] ?? [], mixture));
    const step = direction(gram, slopes, support);
    if (step.some((value) => !Number.isFinite(value))) return mixture;
    let length = 1;
    let leaving = -1;
    support.forEach((i, at) => {
      const change = step[at] ?? 0;
      const room = change < 0 ? -(mixture[i] ?? 0) / change : Number.POSITIVE_INFINITY;
      if (room < length) {
        length = room;
        leaving = i;
      }
    });
    support.forEach((i, at) => {
      mixture[i] = Math.max(0, (mixture[i] ?? 0) + length * (step[at] ?? 0));
    });
    if (leaving >= 0) {
      mixture[leaving] = 0;
      support = support.filter((i) => i !== leaving);
    } else if (Math.max(...step.map(Math.abs)) < 1e-14) break;
  }
  const total = mixture.reduce((all, value) => all + value, 0);
  return mixture.map((value) => value / total);
}

/**
 * @param linear minimises a linear cost over the programme's constraints; null when it cannot.
 * @param isGoodEnough our own certificate of a point with its multipliers.
 * @returns the last point and the multipliers of the linear programme at its gradient.
 */
export function minimizeByVertices(
  programme: ConvexProgramme,
  linear: (cost: Float64Array) => LinearAnswer | null,
  isGoodEnough: (answer: LinearAnswer) => boolean,
): LinearAnswer | null {
  const first = linear(programme.cost);
  if (first === null) return null;
  let vertices: Float64Array[] = [first.x];
  let mixture = [1];
  let x = first.x;
  let last: LinearAnswer | null = null;
  const limit = 20 * programme.cost.length + 100;
  for (let round = 0; round < limit; round++) {
    const answer = linear(gradientAt(programme, x));
    if (answer === null) return last;
    last = { x, multipliers: answer.multipliers };
    if (isGoodEnough(last)) return last;
    const kept = vertices.map((_, i) => (mixture[i] ?? 0) > LEFT);
    vertices = [...vertices.filter((_, i) => kept[i] === true), answer.x];
    const start = [...mixture.filter((_, i) => kept[i] === true), 0];
    const curved = vertices.map((vertex) =>
      gradientAt({ ...programme, cost: new Float64Array(vertex.length) }, vertex),
    );
    const gram = vertices.map((vertex) => curved.map((column) => dot(vertex, column)));
    mixture = mixVertices(
      gram,
      vertices.map((vertex) => dot(programme.cost, vertex)),
      start,
    );
    x = Float64Array.from(x, (_, j) =>
      vertices.reduce((total, vertex, i) => total + (mixture[i] ?? 0) * (vertex[j] ?? 0), 0),
    );
  }
  return last;
}

/** O1, O2 and O5: mean-variance problems beside cvxopt and R quadprog in the same run. */
import { createRng } from "../../keeper/kernel/rng.ts";
import { solveBoxQuadratic } from "../../keeper/math/box-quadratic.ts";
import { atReturn, traceCriticalLine } from "../../keeper/math/critical-line.ts";
import { dot } from "../../keeper/math/statistics.ts";
import { MeanVariance } from "../../keeper/optimize/portfolio/mean-variance.ts";
import { longOnly, type PortfolioProblem } from "../../keeper/optimize/portfolio/problem.ts";
import { covarianceOf, meansOf, type Sample, toSample } from "../../keeper/optimize/portfolio/sample.ts";
import type { Solver } from "../../keeper/optimize/solver.ts";
import { factorSample, named } from "../../test/support/portfolio.ts";
import { CORRECT, figureOf, isRight, median, ratioTo } from "./beside.ts";
import { askPython, askQuadprog } from "./peers.ts";
import type { Target } from "./target.ts";

interface Quadratic {
  readonly sample: Sample;
  readonly matrix: Float64Array;
  readonly mu: Float64Array;
}

function quadraticOf(n: number, size: number, seed: number): Quadratic {
  const sample = toSample(factorSample(createRng(seed), n, size));
  const yearly = 365 * (sample.size / (sample.size - 1));
  return {
    sample,
    matrix: covarianceOf(sample).map((value) => value * yearly),
    mu: Float64Array.from(meansOf(sample), (m) => m * 365),
  };
}

const boxOf = ({ matrix, mu }: Quadratic, cap: number) => ({
  matrix,
  cost: new Float64Array(mu.length),
  lower: new Float64Array(mu.length),
  upper: new Float64Array(mu.length).fill(cap),
  budget: 1,
});

const QUADRATICS: readonly (readonly [n: number, size: number, seed: number, cap: number, ratio: number])[] = [
  [10, 365, 101, 0.25, 1.2],
  [50, 500, 104, 0.1, 3],
  [200, 1000, 105, 0.05, 5],
  [1000, 1500, 106, 0.02, 1.8],
];

export function o1(): Target[] {
  const problems = QUADRATICS.map(([n, size, seed, cap, ratio]) => ({
    id: `n=${n}`,
    n,
    cap,
    ratio,
    problem: boxOf(quadraticOf(n, size, seed), cap),
  }));
  const own = problems.map(({ problem }) => {
    const milliseconds = median(() => {
      solveBoxQuadratic(problem);
    });
    const found = solveBoxQuadratic(problem);
    return { milliseconds, variance: found === null ? Number.NaN : dot(found.gradient, found.x) };
  });
  const python = askPython(
    problems.map(({ id, n, cap, problem }) => ({
      id,
      kind: "variance-cvxopt",
      data: problem.matrix,
      size: n,
      n,
      more: { cap },
    })),
  );
  const quadprog = askQuadprog(problems.map(({ id, n, cap, problem }) => ({ id, n, cap, matrix: problem.matrix })));
  return problems.map(({ id, ratio: wanted }, k) => {
    const { milliseconds = Number.NaN, variance = Number.NaN } = own[k] ?? {};
    const cvxopt = python.get(`${id} variance-cvxopt`);
    const r = quadprog.get(id);
    const ratio = ratioTo(milliseconds, [
      ...(cvxopt === undefined ? [] : [{ milliseconds: cvxopt.milliseconds, isRight: isRight(cvxopt, variance) }]),
      ...(r === undefined
        ? []
        : [{ milliseconds: r.milliseconds, isRight: Math.abs(r.variance / variance - 1) < CORRECT }]),
    ]);
    return {
      id: `O1 ${id}`,
      group: "O1",
      target: `least variance, box and budget, at least ${wanted} x faster than the best of cvxopt and R quadprog`,
      value: milliseconds,
      unit: "ms",
      pass: ratio === null ? null : ratio >= wanted,
      peers: {
        "cvxopt ms": figureOf(cvxopt, variance),
        "R quadprog ms": r?.milliseconds ?? "not installed: skipped",
        ...(cvxopt === undefined ? {} : { "cvxopt variance above ours, relative": cvxopt.value / variance - 1 }),
      },
      ...(ratio === null ? {} : { ratio }),
    };
  });
}

export function o2(): Target {
  const quadratic = quadraticOf(200, 1000, 105);
  const problem = boxOf(quadratic, 0.05);
  let points = 0;
  const value = median(() => {
    const line = traceCriticalLine(problem, quadratic.mu);
    points = 0;
    if (line === null) return;
    const first = line.corners[0]?.expectedReturn ?? 0;
    const last = line.corners.at(-1)?.expectedReturn ?? 0;
    for (let k = 0; k < 100; k++) if (atReturn(line, first + (k / 99) * (last - first)) !== null) points++;
  });
  return {
    id: "O2",
    group: "O2",
    target: "100-point exact frontier, n = 200, at most 50 ms",
    value,
    unit: "ms",
    pass: points >= 99 && value <= 50,
    peers: { points },
  };
}

function limited(n: number, cap: number): PortfolioProblem {
  const groups = [0, 1, 2, 3, 4].map((g) => ({
    name: `group ${g}`,
    members: Array.from({ length: n }, (_, i) => i).filter((i) => i % 5 === g),
    lower: 0,
    upper: 0.3,
  }));
  return { ...longOnly(named(n), cap), groups, turnover: { from: named(n).map(() => 1 / n), limit: 0.25 } };
}

export function o5(solver: Solver): Target {
  const n = 200;
  const { matrix, mu } = quadraticOf(n, 1000, 105);
  const rows = Array.from({ length: n }, (_, i) => [...matrix.subarray(i * n, (i + 1) * n)]);
  const mv = new MeanVariance(limited(n, 0.05), solver, [...mu], rows);
  const wanted = mu.reduce((a, b) => a + b, 0) / n;
  let found = mv.targetReturn(wanted);
  const value = median(() => {
    found = mv.targetReturn(wanted);
  });
  const variance = found.weights.reduce((total, w, i) => total + w * dot(rows[i] ?? [], found.weights), 0);
  const more = { cap: 0.05, groups: 5, groupCap: 0.3, turnover: 0.25, mu: [...mu], target: wanted };
  const cvxopt = askPython([{ id: "n=200", kind: "limited-cvxopt", data: matrix, size: n, n, more }]).get(
    "n=200 limited-cvxopt",
  );
  const { gap } = found.certificate;
  return {
    id: "O5",
    group: "O5",
    target: "turnover, groups and target return, n = 200, within 1e-9 in at most 50 ms",
    value,
    unit: "ms",
    pass: gap <= 1e-9 && value <= 50,
    peers: {
      gap,
      "cvxopt ms": figureOf(cvxopt, variance),
      "HiGHS QP ms, recorded on another machine": 161,
    },
    ...(cvxopt === undefined ? {} : { ratio: cvxopt.milliseconds / value }),
  };
}

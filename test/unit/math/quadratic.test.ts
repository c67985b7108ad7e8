import { expect } from "chai";
import { createRng, type Rng } from "../../../keeper/kernel/rng.ts";
import { type BoxQuadratic, solveBoxQuadratic } from "../../../keeper/math/box-quadratic.ts";
import { type ConvexProgramme, infeasibility, lowerBound, objectiveAt } from "../../../keeper/math/certificate.ts";
import { factorize, solveFactored, UpdatableFactor } from "../../../keeper/math/cholesky.ts";
import { atMaximumSharpe, atReturn, atRisk, traceCriticalLine } from "../../../keeper/math/critical-line.ts";
import { solveInterior } from "../../../keeper/math/interior-point.ts";
import { dot } from "../../../keeper/math/statistics.ts";
import { covarianceOf, toSample } from "../../../keeper/optimize/portfolio/sample.ts";
import { factorSample } from "../../support/portfolio.ts";

function randomMatrix(rng: Rng, n: number, rank: number, ridge: number): Float64Array {
  const factors = Array.from({ length: rank }, () => Float64Array.from({ length: n }, () => rng.normal()));
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      for (const f of factors) out[i * n + j] = (out[i * n + j] ?? 0) + (f[i] ?? 0) * (f[j] ?? 0);
    }
    out[i * n + i] = (out[i * n + i] ?? 0) + ridge;
  }
  return out;
}

function randomBox(rng: Rng): BoxQuadratic {
  const n = 1 + rng.int(40);
  const lower = Float64Array.from({ length: n }, () => (rng.uniform() < 0.3 ? (0.2 * rng.uniform()) / n : 0));
  const upper = lower.map((low) => low + (1.2 / n) * (0.1 + 3 * rng.uniform()));
  const least = lower.reduce((a, b) => a + b, 0);
  const most = upper.reduce((a, b) => a + b, 0);
  return {
    matrix: randomMatrix(rng, n, 2 + rng.int(n + 3), 0.01 + rng.uniform()),
    cost: Float64Array.from({ length: n }, () => rng.normal()),
    lower,
    upper,
    budget: least + (0.02 + 0.96 * rng.uniform()) * (most - least),
  };
}

const asRows = (matrix: Float64Array, n: number): number[][] =>
  Array.from({ length: n }, (_, i) => [...matrix.subarray(i * n, i * n + n)]);

function asProgramme({ matrix, cost, lower, upper, budget }: BoxQuadratic): ConvexProgramme {
  const n = cost.length;
  const side = Float64Array.of(budget);
  return {
    cost,
    hessian: asRows(matrix, n),
    lower,
    upper,
    rowLower: side,
    rowUpper: side,
    rows: [{ indices: [...cost.keys()], values: [...cost].map(() => 1) }],
  };
}

describe("cholesky", () => {
  it("solves systems, and keeps a factor while indices come and go", () => {
    const rng = createRng(11);
    for (let k = 0; k < 50; k++) {
      const n = 1 + rng.int(30);
      const matrix = randomMatrix(rng, n, n, 1);
      const wanted = Float64Array.from({ length: n }, () => rng.normal());
      const right = Float64Array.from({ length: n }, (_, i) => dot(matrix.subarray(i * n, i * n + n), wanted));
      const factor = matrix.slice();
      expect(factorize(factor, n)).to.equal(true);
      solveFactored(factor, right, n);
      right.forEach((value, i) => {
        expect(value).to.be.closeTo(wanted[i] ?? Number.NaN, 1e-9);
      });
      const updatable = new UpdatableFactor(n);
      for (let i = 0; i < n; i++) updatable.add(matrix, n, i);
      for (let i = 0; i < n; i += 2) updatable.remove(i);
      for (let i = 0; i < n; i += 4) updatable.add(matrix, n, i);
      const members = updatable.members;
      const b = Float64Array.from(members, (i) =>
        members.reduce((total, j, at) => total + (matrix[i * n + j] ?? 0) * (at + 1), 0),
      );
      updatable.solve(b);
      b.forEach((value, at) => {
        expect(value).to.be.closeTo(at + 1, 1e-8);
      });
    }
  });

  it("says no to an indefinite matrix", () => {
    expect(factorize(Float64Array.of(1, 2, 2, 1), 2)).to.equal(false);
    const factor = new UpdatableFactor(2);
    expect(factor.add(Float64Array.of(1, 1, 1, 1), 2, 0)).to.equal(true);
    expect(factor.add(Float64Array.of(1, 1, 1, 1), 2, 1)).to.equal(false);
  });
});

describe("solveBoxQuadratic", () => {
  it("ends in a certified optimum on 1,000 random boxes, or says that it did not", () => {
    let solved = 0;
    for (let seed = 0; seed < 1000; seed++) {
      const problem = randomBox(createRng(seed));
      const answer = solveBoxQuadratic(problem);
      if (answer === null) continue;
      const programme = asProgramme(problem);
      const primal = objectiveAt(programme, answer.x);
      const dual = lowerBound(programme, answer.x, Float64Array.of(answer.price));
      expect(primal - dual, `seed ${seed}`).to.be.below(1e-10 * Math.max(1, Math.abs(primal)));
      expect(infeasibility(programme, answer.x), `seed ${seed}`).to.be.below(1e-12);
      solved++;
    }
    expect(solved).to.be.above(990);
  });

  it("meets the optimality conditions at sizes that start from exchanges, singular and dense answers included", () => {
    for (const n of [16, 47, 130]) {
      for (let seed = 0; seed < 24; seed++) {
        const rng = createRng(700 + seed);
        // Few rows: singular. Many, or a heavy diagonal: nearly every variable ends between its bounds.
        const rows = [Math.ceil(n / 2), 2 * n, 6 * n][seed % 3] ?? n;
        const matrix = covarianceOf(toSample(factorSample(rng, n, rows)));
        if (seed % 2 === 0) for (let i = 0; i < n; i++) matrix[i * n + i] = 1.5 * (matrix[i * n + i] ?? 0);
        const own = matrix[0] ?? 1;
        const cap = seed % 4 === 0 ? 1 : 3 / n;
        const cost = Float64Array.from({ length: n }, () => (seed % 5 === 0 ? 0.1 * own * rng.normal() : 0));
        const upper = new Float64Array(n).fill(cap);
        const problem = { matrix, cost, lower: new Float64Array(n), upper, budget: 1 };
        const answer = solveBoxQuadratic(problem);
        // Only without a heavy diagonal and with fewer rows than variables may there be none.
        expect(answer !== null || (seed % 2 === 1 && seed % 3 === 0), `n ${n}, seed ${seed}`).to.equal(true);
        if (answer === null) continue;
        const { x, price } = answer;
        expect(Math.abs(x.reduce((a, b) => a + b, 0) - 1)).to.be.below(1e-13);
        x.forEach((value, i) => {
          const slope = dot(matrix.subarray(i * n, (i + 1) * n), x) + (cost[i] ?? 0) - price;
          const room = 1e-10 * own;
          expect(value, `n ${n}, seed ${seed}, variable ${i}`).to.be.within(0, cap);
          if (value < cap) expect(slope, `n ${n}, seed ${seed}, variable ${i}`).to.be.above(-room);
          if (value > 0) expect(slope, `n ${n}, seed ${seed}, variable ${i}`).to.be.below(room);
        });
      }
    }
  });

  it("recovers from a start that cycles, and says no when nothing fits", () => {
    for (let seed = 0; seed < 200; seed++) {
      const rng = createRng(40 + seed);
      const problem = randomBox(rng);
      const free = solveBoxQuadratic(problem);
      const start = Int8Array.from(problem.cost, () => rng.int(3) - 1);
      const started = solveBoxQuadratic(problem, start);
      if (free === null || started === null) continue;
      started.x.forEach((value, i) => {
        expect(value, `seed ${seed}`).to.be.closeTo(free.x[i] ?? Number.NaN, 1e-8);
      });
    }
    const lower = new Float64Array(20);
    const upper = new Float64Array(20).fill(0.04);
    const matrix = Float64Array.from({ length: 400 }, (_, k) => (k % 21 === 0 ? 1 : 0));
    expect(solveBoxQuadratic({ matrix, cost: new Float64Array(20), lower, upper, budget: 1 })).to.equal(null);
  });
});

describe("solveInterior", () => {
  it("certifies the same boxes, singular ones included", () => {
    for (let seed = 0; seed < 300; seed++) {
      const rng = createRng(5000 + seed);
      const problem = randomBox(rng);
      const n = problem.cost.length;
      const matrix = seed % 3 === 0 ? randomMatrix(rng, n, 1, 0) : problem.matrix;
      const programme = asProgramme({ ...problem, matrix });
      const { x, multipliers } = solveInterior(programme);
      const primal = objectiveAt(programme, x);
      expect(primal - lowerBound(programme, x, multipliers), `seed ${seed}`).to.be.below(
        1e-9 * Math.max(1, Math.abs(primal)),
      );
      expect(infeasibility(programme, x), `seed ${seed}`).to.be.below(1e-10);
    }
  });

  it("ends in an uncertified point, not in an exception, when there is nothing to find", () => {
    const programme = asProgramme({ ...randomBox(createRng(3)), budget: 1e3 });
    const { x } = solveInterior(programme);
    expect(x.every(Number.isFinite)).to.equal(true);
    expect(infeasibility(programme, x)).to.be.above(1);
  });
});

describe("traceCriticalLine", () => {
  it("passes through the optimum of every tolerance, and reads target return, risk and Sharpe off it", () => {
    let lines = 0;
    for (let seed = 0; seed < 200; seed++) {
      const rng = createRng(9000 + seed);
      const problem = { ...randomBox(rng), budget: 0 };
      const n = problem.cost.length;
      const total = (v: Float64Array): number => v.reduce((a, b) => a + b, 0);
      const box = { ...problem, cost: new Float64Array(n), budget: (total(problem.lower) + total(problem.upper)) / 2 };
      // Equal means are the degenerate case: several assets change places at once.
      const mu = Float64Array.from({ length: n }, () => (seed % 4 === 0 ? rng.int(3) : rng.normal()));
      const line = traceCriticalLine(box, mu);
      if (line === null) continue;
      lines++;
      const variance = (w: Float64Array): number =>
        w.reduce((all, wi, i) => all + wi * dot(box.matrix.subarray(i * n, i * n + n), w), 0);
      const utility = (w: Float64Array, t: number): number => variance(w) / 2 - t * dot(mu, w);
      for (const [k, corner] of line.corners.entries()) {
        const next = line.corners[k + 1];
        if (next === undefined || next.tolerance - corner.tolerance < 1e-9) continue;
        const tolerance = (corner.tolerance + next.tolerance) / 2;
        const exact = solveBoxQuadratic({ ...box, cost: mu.map((m) => -tolerance * m) });
        const wanted = (corner.expectedReturn + next.expectedReturn) / 2;
        const walked = atReturn(line, wanted);
        if (exact === null || walked === null) continue;
        const scale = Math.max(1, Math.abs(utility(exact.x, tolerance)));
        expect(utility(walked, tolerance) - utility(exact.x, tolerance), `seed ${seed}`).to.be.within(
          -1e-9 * scale,
          1e-9 * scale,
        );
        const back = atRisk(line, box.matrix, Math.sqrt(variance(walked)));
        expect(dot(mu, back ?? []), `seed ${seed}`).to.be.closeTo(
          dot(mu, walked),
          1e-6 * Math.max(1, Math.abs(wanted)),
        );
      }
      const least = line.corners[0];
      const riskFree = (least?.expectedReturn ?? 0) - 0.3;
      const best = atMaximumSharpe(line, box.matrix, riskFree);
      if (best === null) continue;
      const ratio = (w: Float64Array): number => (dot(mu, w) - riskFree) / Math.sqrt(variance(w));
      for (const { weights } of line.corners) expect(ratio(weights), `seed ${seed}`).to.be.below(ratio(best) + 1e-9);
    }
    expect(lines).to.be.above(180);
  });
});

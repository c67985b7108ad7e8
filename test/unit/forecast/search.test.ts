import { expect } from "chai";
import { Coordinates } from "../../../keeper/forecast/arima/coordinates.ts";
import { THOROUGH } from "../../../keeper/forecast/arima/fit.ts";
import { problemOf } from "../../../keeper/forecast/arima/model.ts";
import type { ArimaOrder } from "../../../keeper/forecast/arima/order.ts";
import { nonDecreasing } from "../../../keeper/forecast/conformal.ts";
import { createRng } from "../../../keeper/kernel/rng.ts";
import { Innovations, standardizedInnovations } from "../../../keeper/math/innovations.ts";
import { levenbergMarquardt, type ResidualFunction } from "../../../keeper/math/least-squares.ts";

const noise = (seed: number, n: number): number[] => {
  const rng = createRng(seed);
  return Array.from({ length: n }, () => rng.normal());
};

function seasonalArma(n: number): number[] {
  const e = noise(8, n);
  const y: number[] = [];
  e.forEach((shock, t) => {
    y.push(0.6 * (y[t - 1] ?? 0) + shock + 0.4 * (e[t - 1] ?? 0) + 0.5 * (e[t - 4] ?? 0) + 0.2 * (e[t - 5] ?? 0));
  });
  return y;
}

const ORDER: ArimaOrder = { p: 1, d: 0, q: 1, P: 0, D: 0, Q: 1, m: 4 };

function residualsOf(n: number): { f: ResidualFunction; at: Coordinates } {
  const problem = problemOf({ y: seasonalArma(n) }, ORDER, "none");
  const at = new Coordinates(ORDER, n);
  const f: ResidualFunction = {
    length: n,
    evaluate(x, out) {
      at.set(x);
      return problem.residuals(at, out);
    },
    approximate(x, residuals, normal, gradient) {
      at.set(x);
      at.gaussNewton(residuals, normal, gradient);
    },
  };
  return { f, at };
}

describe("order search", () => {
  it("its cheap Gauss-Newton system is that of differences, up to what does not grow with the series", () => {
    const n = 4000;
    const { f } = residualsOf(n);
    const x = Float64Array.of(0.5, -0.3, -0.4);
    const k = x.length;
    const base = new Float64Array(n);
    f.evaluate(x, base);
    const columns = Array.from(x, (value, j) => {
      const moved = Float64Array.from(x);
      moved[j] = value + 1e-6;
      const out = new Float64Array(n);
      f.evaluate(moved, out);
      return out.map((r, i) => (r - (base[i] ?? 0)) / 1e-6);
    });
    const normal = new Float64Array(k * k);
    const gradient = new Float64Array(k);
    f.approximate?.(x, base, normal, gradient);
    const product = (a: Float64Array, b: Float64Array): number => a.reduce((sum, v, i) => sum + v * (b[i] ?? 0), 0);
    columns.forEach((left, a) => {
      expect((gradient[a] ?? 0) / n, `slope ${a}`).to.be.closeTo(-product(left, base) / n, 0.01);
      columns.forEach((right, b) => {
        expect((normal[a * k + b] ?? 0) / n, `${a}, ${b}`).to.be.closeTo(product(left, right) / n, 0.02);
      });
    });
  });

  it("a kept Jacobian ends at the minimum of a fresh one, and ranks orders for fewer evaluations", () => {
    const { f } = residualsOf(300);
    let evaluations = 0;
    const counted: ResidualFunction = {
      ...f,
      evaluate(x, out) {
        evaluations++;
        return f.evaluate(x, out);
      },
    };
    const cost = (options: Parameters<typeof levenbergMarquardt>[2]): { squares: number; evaluations: number } => {
      const before = evaluations;
      const { squares } = levenbergMarquardt(counted, new Float64Array(3), options);
      return { squares, evaluations: evaluations - before };
    };
    const plain = cost({ maxIterations: 200, tolerance: 1e-13 });
    expect(cost(THOROUGH).squares / plain.squares).to.be.closeTo(1, 1e-10);
    const quick = cost({ maxIterations: 200, tolerance: 1e-6, secant: "loose" });
    expect(quick.squares / plain.squares).to.be.closeTo(1, 1e-5);
    expect(quick.evaluations).to.be.below(cost({ maxIterations: 200, tolerance: 1e-6 }).evaluations);
  });

  it("kept buffers give what fresh ones give", () => {
    const n = 50;
    const series = Float64Array.from(noise(3, 2 * n));
    const kept = new Innovations(2, 1, n, 2);
    const out = new Float64Array(2 * n);
    for (const [a, b, c] of [
      [0.5, 0.3, 0.9],
      [-0.2, 0.1, -0.4],
      [0.5, 0.3, 0.9],
    ] as const) {
      const model = { phi: Float64Array.of(a, b), theta: Float64Array.of(c) };
      const logs = kept.standardize(model.phi, model.theta, series, out);
      const fresh = new Float64Array(2 * n);
      expect(standardizedInnovations(model, series, n, fresh)).to.equal(logs);
      expect(Array.from(out)).to.deep.equal(Array.from(fresh));
    }
    expect(kept.standardize(Float64Array.of(1.1, 0), Float64Array.of(0), series, out)).to.be.NaN;
  });
});

describe("widths over the path", () => {
  it("share their mean where they would fall, and keep their total", () => {
    expect(Array.from(nonDecreasing(Float64Array.of(1, 3, 2, 4)))).to.deep.equal([1, 2.5, 2.5, 4]);
    expect(Array.from(nonDecreasing(Float64Array.of(3, 2, 1)))).to.deep.equal([2, 2, 2]);
    expect(Array.from(nonDecreasing(Float64Array.of(0.1, 0.2, 0.3)))).to.deep.equal([0.1, 0.2, 0.3]);
    expect(nonDecreasing(new Float64Array(0))).to.have.length(0);
  });
});

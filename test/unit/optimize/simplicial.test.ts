import { expect } from "chai";
import { createRng } from "../../../keeper/kernel/rng.ts";
import {
  type ConvexProgramme,
  gradientAt,
  infeasibility,
  lowerBound,
  objectiveAt,
} from "../../../keeper/math/certificate.ts";
import { minimizeByVertices } from "../../../keeper/optimize/simplicial.ts";

/** Weights on the unit simplex: the linear minimum is the cheapest corner, and its multiplier the cheapest cost. */
function simplexProgramme(seed: number, n: number): ConvexProgramme {
  const rng = createRng(seed);
  const factors = Array.from({ length: n }, () => Array.from({ length: n }, () => rng.normal()));
  const hessian = factors.map((a) =>
    factors.map((b) => a.reduce((total, value, k) => total + value * (b[k] ?? 0), 0) / n),
  );
  return {
    cost: Float64Array.from({ length: n }, () => 0.3 * rng.normal()),
    hessian,
    lower: new Float64Array(n),
    upper: new Float64Array(n).fill(1),
    rowLower: Float64Array.of(1),
    rowUpper: Float64Array.of(1),
    rows: [{ indices: Array.from({ length: n }, (_, i) => i), values: Array.from({ length: n }, () => 1) }],
  };
}

describe("minimizeByVertices", () => {
  it("reaches a certified optimum with equal slopes on its support on 100 random simplex problems", () => {
    for (let seed = 0; seed < 100; seed++) {
      const n = 2 + (seed % 20);
      const programme = simplexProgramme(seed, n);
      const cheapest = (cost: Float64Array) => {
        const least = Math.min(...cost);
        return {
          x: cost.map((value, i) => Number(i === cost.indexOf(least) && value === least)),
          multipliers: Float64Array.of(least),
        };
      };
      const gap = (x: Float64Array, y: Float64Array): number => objectiveAt(programme, x) - lowerBound(programme, x, y);
      const answer = minimizeByVertices(programme, cheapest, ({ x, multipliers }) => gap(x, multipliers) <= 1e-10);
      if (answer === null) expect.fail(`seed ${seed} has no answer`);
      expect(gap(answer.x, answer.multipliers), `seed ${seed}`).to.be.within(-1e-12, 1e-10);
      expect(infeasibility(programme, answer.x), `seed ${seed}`).to.be.below(1e-12);
      // KKT: on the support all slopes are equal, off it none is smaller.
      const slopes = gradientAt(programme, answer.x);
      const least = Math.min(...slopes);
      answer.x.forEach((w, i) => {
        if (w > 1e-6) expect(slopes[i], `seed ${seed}`).to.be.closeTo(least, 1e-4);
      });
    }
  });

  it("the certificate never exceeds the true optimum, whatever the multipliers", () => {
    const rng = createRng(4);
    const programme = simplexProgramme(1, 5);
    for (let k = 0; k < 500; k++) {
      const raw = Array.from({ length: 5 }, () => rng.uniform());
      const total = raw.reduce((a, b) => a + b, 0);
      const x = Float64Array.from(raw, (value) => value / total);
      expect(lowerBound(programme, x, [10 * rng.normal()])).to.be.at.most(objectiveAt(programme, x) + 1e-12);
    }
  });
});

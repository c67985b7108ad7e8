import { expect } from "chai";
import { createRng, RngBoundError, RngSeedError } from "../../../keeper/kernel/rng.ts";

describe("createRng", () => {
  it("gives the published mulberry32 stream for seed 1", () => {
    const rng = createRng(1);
    expect([rng.uniform(), rng.uniform(), rng.uniform()]).to.deep.equal([
      0.6270739405881613, 0.002735721180215478, 0.5274470399599522,
    ]);
  });

  it("replays from the same seed and differs for seeds 2^32 apart", () => {
    const draw = (seed: number): number[] => {
      const rng = createRng(seed);
      return [rng.uniform(), rng.normal(), rng.int(1000)];
    };
    expect(draw(7)).to.deep.equal(draw(7));
    expect(draw(7)).to.not.deep.equal(draw(7 + 4_294_967_296));
  });

  it("forks the same stream for a label whatever was drawn before", () => {
    const used = createRng(5);
    used.normal();
    expect(used.fork("bootstrap").uniform()).to.equal(createRng(5).fork("bootstrap").uniform());
    expect(used.fork("a").uniform()).to.not.equal(used.fork("b").uniform());
  });

  it("draws normals with mean 0 and variance 1 and integers that reach both ends", () => {
    const rng = createRng(42);
    const n = 100_000;
    let sum = 0;
    let squares = 0;
    const seen = new Set<number>();
    for (let i = 0; i < n; i++) {
      const x = rng.normal();
      sum += x;
      squares += x * x;
      seen.add(rng.int(6));
    }
    expect(Math.abs(sum / n)).to.be.below(0.015);
    expect(Math.abs(squares / n - 1)).to.be.below(0.02);
    expect([...seen].sort()).to.deep.equal([0, 1, 2, 3, 4, 5]);
  });

  it("error: RngBoundError and RngSeedError name what was passed", () => {
    expect(() => createRng(1).int(0)).to.throw(RngBoundError);
    expect(() => createRng(1).int(1.5)).to.throw(RngBoundError);
    expect(() => createRng(Number.NaN)).to.throw(RngSeedError);
  });
});

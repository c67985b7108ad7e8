import { expect } from "chai";
import { type BatchSeries, forecastBatch, isRefusal } from "../../../keeper/forecast/batch.ts";
import { createRng } from "../../../keeper/kernel/rng.ts";
import { ParameterOutOfRangeError } from "../../../keeper/math/errors.ts";

function pools(count: number, days: number): BatchSeries[] {
  return Array.from({ length: count }, (_, k) => {
    const rng = createRng(300 + k);
    let level = 3;
    const values = Array.from({ length: days }, (_unused, t) => {
      level += 0.05 * (3 - level) + 0.1 * rng.normal();
      return t % 17 === k ? Number.NaN : level;
    });
    return { name: `pool ${k}`, values, period: 1 };
  });
}

describe("forecastBatch", function () {
  this.timeout(60_000);
  const options = { horizon: 7, levels: [0.8] };

  it("gives the same bytes on threads as in one, in the order of the series", async () => {
    const series = pools(5, 130);
    const alone = await forecastBatch(series, { ...options, threads: 0 });
    for (const threads of [1, 2, 3])
      expect(JSON.stringify(await forecastBatch(series, { ...options, threads })), `${threads}`).to.equal(
        JSON.stringify(alone),
      );
    expect(alone.map(({ name }) => name)).to.deep.equal(series.map(({ name }) => name));
    expect(alone.some(isRefusal)).to.equal(false);
  });

  it("reports each series once, and a series without data stops nobody", async () => {
    const series = [...pools(2, 130), { name: "gone", values: [Number.NaN, Number.NaN], period: 1 }];
    const seen: number[] = [];
    const answers = await forecastBatch(series, { ...options, threads: 2, onProgress: (done) => seen.push(done) });
    expect(seen).to.deep.equal([1, 2, 3]);
    expect(answers.map(isRefusal)).to.deep.equal([false, false, true]);
    const [, , gone] = answers;
    if (gone === undefined || !isRefusal(gone)) expect.fail("the empty series was forecast");
    else expect(gone.refused).to.have.property("code").that.equals("EMPTY_SAMPLE");
  });

  it("error: counts are checked before a thread starts; no series is no work", async () => {
    for (const changes of [{ threads: -1 }, { threads: 1.5 }, { horizon: 0 }]) {
      const error: unknown = await forecastBatch([], { ...options, ...changes }).catch((thrown: unknown) => thrown);
      expect(error, JSON.stringify(changes)).to.be.instanceOf(ParameterOutOfRangeError);
    }
    expect(await forecastBatch([], options)).to.deep.equal([]);
  });
});

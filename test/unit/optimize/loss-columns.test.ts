import { deepStrictEqual, ok } from "node:assert";
import { createRng } from "../../../keeper/kernel/rng.ts";
import { addGram, PANEL_ROWS, panelFor } from "../../../keeper/math/gram.ts";
import { expectedLosses, portfolioLosses, toLossColumns } from "../../../keeper/optimize/portfolio/loss-columns.ts";
import { covarianceOf, secondMoments, toSample } from "../../../keeper/optimize/portfolio/sample.ts";

const isNear = (a: number, b: number, scale: number): boolean => Math.abs(a - b) <= 1e-13 * scale;

describe("sums over a sample, four assets and two products at a time", () => {
  // Sizes on both sides of a pair, of four, and of a panel.
  const shapes = [1, 2, 3, 4, 5, 7, 8].flatMap((assets) =>
    [2, PANEL_ROWS - 1, PANEL_ROWS, PANEL_ROWS + 1, 2 * PANEL_ROWS, 2 * PANEL_ROWS + 3].map((size) => ({
      assets,
      size,
    })),
  );

  for (const scale of [1e-6, 1, 1e6])
    it(`equal the sums as they are written, at returns of ${scale}`, () => {
      const rng = createRng(7);
      for (const { assets, size } of shapes) {
        const rows = Array.from({ length: size }, () => Array.from({ length: assets }, () => scale * rng.normal()));
        const sample = toSample(rows);
        const columns = toLossColumns(sample, sample.unit);
        const weights = Float64Array.from({ length: assets }, (_, i) => (i % 3 === 1 ? 0 : rng.uniform() - 0.2));
        const q = Float64Array.from({ length: size }, () => (rng.uniform() < 0.3 ? 0 : rng.uniform()));

        const losses = portfolioLosses(columns, weights);
        rows.forEach((row, s) => {
          const loss = row.reduce((all, value, i) => all - value * (weights[i] ?? 0), 0);
          ok(isNear((losses[s] ?? 0) * sample.unit, loss, assets * sample.unit));
        });
        const prices = expectedLosses(columns, q);
        const means = Array.from(
          { length: assets },
          (_, i) => rows.reduce((all, row) => all + (row[i] ?? 0), 0) / size,
        );
        const some = secondMoments(sample, new Float64Array(assets), (s) => (q[s] ?? 0) > 0);
        const covariance = covarianceOf(sample);
        for (let i = 0; i < assets; i++) {
          const price = rows.reduce((all, row, s) => all - (q[s] ?? 0) * (row[i] ?? 0), 0);
          ok(isNear((prices[i] ?? 0) * sample.unit, price, size * sample.unit));
          for (let j = 0; j < assets; j++) {
            const product = (s: number): number => (rows[s]?.[i] ?? 0) * (rows[s]?.[j] ?? 0);
            const kept = rows.reduce((all, _, s) => all + ((q[s] ?? 0) > 0 ? product(s) : 0), 0);
            ok(isNear((some[i * assets + j] ?? 0) * sample.unit ** 2, kept, size * sample.unit ** 2));
            const centred = rows.reduce(
              (all, row) => all + ((row[i] ?? 0) - (means[i] ?? 0)) * ((row[j] ?? 0) - (means[j] ?? 0)),
              0,
            );
            ok(isNear(covariance[i * assets + j] ?? 0, centred / size, sample.unit ** 2));
          }
        }
      }
    });

  it("reads only the rows it is told to, and writes only the lower triangle", () => {
    for (const columns of [3, 4]) {
      const panel = panelFor(columns);
      for (let a = 0; a < columns; a++) panel.fill(a + 1, a * PANEL_ROWS, a * PANEL_ROWS + PANEL_ROWS);
      const out = new Float64Array(columns * columns);
      addGram(panel, columns, 5, out);
      deepStrictEqual(
        [...out],
        Array.from(out, (_, at) => {
          const a = Math.floor(at / columns);
          const b = at % columns;
          return b <= a ? 5 * (a + 1) * (b + 1) : 0;
        }),
      );
    }
  });
});

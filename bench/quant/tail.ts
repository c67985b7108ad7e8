/** O3 and O4: least CVaR and least EVaR, certified, beside scipy and cvxopt in the same run. */
import { createRng } from "../../keeper/kernel/rng.ts";
import { leastEvar } from "../../keeper/optimize/portfolio/evar.ts";
import { longOnly } from "../../keeper/optimize/portfolio/problem.ts";
import { type Sample, toSample } from "../../keeper/optimize/portfolio/sample.ts";
import { leastCvar } from "../../keeper/optimize/portfolio/tail.ts";
import type { Solver } from "../../keeper/optimize/solver.ts";
import { factorSample, named } from "../../test/support/portfolio.ts";
import { ALPHA, figureOf, fixture, furthest, isRight, matrixOf, median, ratioTo } from "./beside.ts";
import { askPython } from "./peers.ts";
import type { Target } from "./target.ts";

/** Size, seed, and how many times faster than scipy-HiGHS; 0 where only SLSQP is the measure. */
const CVAR: readonly (readonly [n: number, size: number, seed: number, ratio: number])[] = [
  [10, 365, 101, 0],
  [30, 1000, 102, 0],
  [100, 2000, 103, 3],
  [50, 2500, 203, 3],
  [50, 10_000, 204, 8],
];

const sampleOf = (n: number, size: number, seed: number): Sample => {
  const text = fixture(`ret_${n}_${size}.csv`);
  return toSample(text === null ? factorSample(createRng(seed), n, size) : matrixOf(text));
};

export function o3(solver: Solver): Target[] {
  const problems = CVAR.map(([n, size, seed, ratio]) => {
    const sample = sampleOf(n, size, seed);
    let found = leastCvar(longOnly(named(n)), solver, sample, 1 - ALPHA);
    const milliseconds = median(() => {
      found = leastCvar(longOnly(named(n)), solver, sample, 1 - ALPHA);
    });
    return { id: `${n}x${size}`, n, size, sample, wanted: ratio, found, milliseconds };
  });
  const answers = askPython(
    problems.flatMap(({ id, n, size, sample }) =>
      ["cvar-highs", "cvar-slsqp"].map((kind) => ({
        id,
        kind,
        data: sample.values,
        size,
        n,
        more: { alpha: ALPHA },
      })),
    ),
  );
  const speed = problems.map(({ id, wanted, found, milliseconds }): Target => {
    const highs = answers.get(`${id} cvar-highs`);
    const slsqp = answers.get(`${id} cvar-slsqp`);
    const ratio =
      highs === undefined ? null : ratioTo(milliseconds, [{ ...highs, isRight: isRight(highs, found.objective) }]);
    const overSlsqp = slsqp === undefined ? null : slsqp.milliseconds / milliseconds;
    const judged = ratio === null || overSlsqp === null ? null : ratio >= wanted && overSlsqp >= 1;
    return {
      id: `O3 ${id}`,
      group: "O3",
      target: `least CVaR certified to 1e-9, ${wanted > 0 ? `at least ${wanted} x scipy-HiGHS and ` : ""}never slower than SLSQP`,
      value: milliseconds,
      unit: "ms",
      pass: found.certificate.gap > 1e-9 ? false : judged,
      peers: {
        gap: found.certificate.gap,
        "scipy-HiGHS ms": figureOf(highs, found.objective),
        "SLSQP ms": slsqp?.milliseconds ?? "not installed: skipped",
        ...(slsqp === undefined
          ? {}
          : { "SLSQP CVaR above the optimum, %": 100 * (slsqp.value / found.objective - 1) }),
        ...(overSlsqp === null ? {} : { "ratio to SLSQP": overSlsqp }),
      },
      ...(ratio === null ? {} : { ratio }),
    };
  });
  return [...speed, ...smallScale(solver, problems.slice(0, 3))];
}

/** Daily deviations of yields, 2e-4, instead of shares': the scale at which SLSQP stops where it starts. */
const SMALL = 0.01;

function smallScale(
  solver: Solver,
  problems: readonly { id: string; n: number; size: number; sample: Sample; found: { weights: readonly number[] } }[],
): Target[] {
  const answers = askPython(
    problems.map(({ id, n, size, sample }) => ({
      id,
      kind: "cvar-slsqp",
      data: sample.values,
      size,
      n,
      more: { alpha: ALPHA, scale: SMALL },
      repeats: 1,
    })),
  );
  return problems.map(({ id, n, sample, found }) => {
    const small = { ...sample, values: sample.values.map((value) => SMALL * value), unit: SMALL * sample.unit };
    const ours = leastCvar(longOnly(named(n)), solver, small, 1 - ALPHA);
    const moved = furthest(ours.weights, found.weights);
    const slsqp = answers.get(`${id} cvar-slsqp`);
    return {
      id: `O3 scale ${id}`,
      group: "O3",
      target: "returns x 0.01 give the same weights to 1e-7, beside what SLSQP gives",
      value: moved,
      unit: "largest change of a weight",
      pass: moved <= 1e-7,
      peers:
        slsqp === undefined
          ? { SLSQP: "not installed: skipped" }
          : {
              "SLSQP CVaR over the optimum": slsqp.value / ours.objective,
              "SLSQP largest distance from 1/N": furthest(
                slsqp.weights,
                slsqp.weights.map(() => 1 / n),
              ),
              "SLSQP says": slsqp.success ? "success" : "failure",
            },
    };
  });
}

const EVAR: readonly (readonly [n: number, size: number, seed: number])[] = [
  [10, 365, 101],
  [20, 1000, 202],
  [30, 1000, 102],
  [50, 2500, 203],
  [100, 2000, 103],
];

export function o4(solver: Solver): Target[] {
  const problems = EVAR.map(([n, size, seed]) => {
    const sample = sampleOf(n, size, seed);
    let found = leastEvar(longOnly(named(n)), solver, sample, 1 - ALPHA);
    const milliseconds = median(() => {
      found = leastEvar(longOnly(named(n)), solver, sample, 1 - ALPHA);
    });
    return { id: `${n}x${size}`, n, size, sample, found, milliseconds };
  });
  const kinds = ["evar-cvxopt", "evar-slsqp"];
  const answers = askPython(
    problems.flatMap(({ id, n, size, sample }) =>
      kinds.map((kind) => ({ id, kind, data: sample.values, size, n, more: { alpha: ALPHA } })),
    ),
  );
  return problems.map(({ id, found, milliseconds }) => {
    const peers = kinds.map((kind) => answers.get(`${id} ${kind}`));
    const there = peers.filter((answer) => answer !== undefined);
    const ratio = ratioTo(
      milliseconds,
      there.map((answer) => ({ ...answer, isRight: isRight(answer, found.objective) })),
    );
    // Where no peer is right there is nothing to be faster than.
    const isFast = there.length === 0 ? null : ratio === null || ratio >= 2;
    return {
      id: `O4 ${id}`,
      group: "O4",
      target: "least EVaR, certified gap at most 1e-8, at least 2 x faster than the faster correct peer",
      value: milliseconds,
      unit: "ms",
      pass: found.certificate.gap > 1e-8 ? false : isFast,
      peers: {
        gap: found.certificate.gap,
        "cvxopt.cp ms": figureOf(peers[0], found.objective),
        "SLSQP with derivatives ms": figureOf(peers[1], found.objective),
      },
      ...(ratio === null ? {} : { ratio }),
    };
  });
}

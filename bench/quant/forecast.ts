/** Targets F1 to F5: forecasting against R, statsmodels and the plain methods. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { THOROUGH } from "../../keeper/forecast/arima/fit.ts";
import { type ArimaFit, diffuseLikelihood, fitArima, predictArima } from "../../keeper/forecast/arima/model.ts";
import { autoArima } from "../../keeper/forecast/arima/search.ts";
import { automaticForecast } from "../../keeper/forecast/automatic.ts";
import { exponentialForecaster, meanForecaster, naiveForecaster } from "../../keeper/forecast/baselines.ts";
import { average } from "../../keeper/forecast/forecaster.ts";
import { combinationForecaster } from "../../keeper/forecast/path-combination.ts";
import { createRng } from "../../keeper/kernel/rng.ts";
import { median } from "../../keeper/math/statistics.ts";
import { accuracyPanel, exhaustiveAicc, haveFixtures, type RFit, rFits, statsmodelsLoglik } from "./fixtures.ts";
import { haveData, type PanelSeries, randomWalks, realPanels } from "./panels.ts";
import type { Target } from "./target.ts";

const REPEATS = 5;
const Z95 = 1.959963984540054;
const quick = process.argv.includes("--quick");

/** Medians of R's times by series, or null when R or its package is not there. */
function timesOfR(fits: readonly RFit[]): Map<string, number> | null {
  const script = fileURLToPath(new URL("peers-arima.R", import.meta.url));
  const input = fits.map(({ name, period, y }) => `${name} ${period} ${y.join(" ")}`).join("\n");
  const env = { ...process.env, OPENBLAS_NUM_THREADS: "1" };
  const run = spawnSync("Rscript", [script, String(quick ? 1 : REPEATS)], { input, encoding: "utf8", env });
  if (run.status !== 0) return null;
  return new Map(
    run.stdout
      .trim()
      .split("\n")
      .map((line) => {
        const [name = "", seconds = ""] = line.trim().split(" ");
        return [name, Number(seconds)];
      }),
  );
}

function likelihood(fits: readonly RFit[]): Target[] {
  const statsmodels = statsmodelsLoglik();
  let equal = 0;
  let reached = 0;
  for (const fit of fits) {
    const ours = diffuseLikelihood({ y: fit.y }, fit.order, fit.constant, fit.coefficients, fit.beta);
    if (ours !== null && Math.abs(ours - fit.loglik) <= 1e-6 * Math.abs(fit.loglik)) equal++;
    const own = fitArima({ y: fit.y }, fit.order, fit.constant).loglik;
    if (own >= Math.max(fit.loglik, statsmodels.get(fit.name) ?? Number.NEGATIVE_INFINITY) - 1e-3) reached++;
  }
  const of = fits.length;
  return [
    {
      id: "F1",
      target: `log-likelihood at R's coefficients equal to 1e-6 on ${of}/${of}`,
      value: equal,
      unit: `of ${of}`,
      pass: equal === of,
      peers: {},
    },
    {
      id: "F1-fit",
      target: "own fit >= max(R, statsmodels) - 1e-3 on >= 28/30",
      value: reached,
      unit: `of ${of}`,
      pass: reached >= 28,
      peers: {},
    },
  ];
}

function search(fits: readonly RFit[]): Target[] {
  const exhaustive = exhaustiveAicc();
  const seconds = timesOfR(fits);
  let asDefault = 0;
  let asExhaustive = 0;
  const ratios: number[] = [];
  const own: number[] = [];
  for (const fit of fits) {
    const times: number[] = [];
    let aicc = Number.NaN;
    for (let i = 0; i < (quick ? 1 : REPEATS); i++) {
      const started = performance.now();
      aicc = autoArima({ y: fit.y }, fit.period).aicc;
      times.push((performance.now() - started) / 1000);
    }
    own.push(median(times));
    const peer = seconds?.get(fit.name);
    if (peer !== undefined) ratios.push(median(times) / peer);
    if (aicc <= fit.aicc + 0.01) asDefault++;
    if (aicc <= (exhaustive.get(fit.name) ?? Number.NEGATIVE_INFINITY) + 0.05) asExhaustive++;
  }
  const known = exhaustive.size;
  const ratio = ratios.length > 0 ? median(ratios) : Number.NaN;
  const peers =
    seconds === null
      ? { R: "not installed: skipped" }
      : { "R auto.arima median s": median([...seconds.values()]), "own median s": median(own) };
  return [
    {
      id: "F2",
      target: "AICc <= R default + 0.01 on 30/30",
      value: asDefault,
      unit: `of ${fits.length}`,
      pass: asDefault === fits.length,
      peers: {},
    },
    {
      id: "F2-exhaustive",
      target: "AICc <= R exhaustive + 0.05 on >= 22/23",
      value: asExhaustive,
      unit: `of ${known}`,
      pass: asExhaustive >= 22,
      peers: {},
    },
    ...(seconds === null
      ? []
      : [
          {
            id: "F2-time",
            target: "<= 0.5x R's default time (median of ratios)",
            value: ratio,
            unit: "x",
            pass: ratio <= 0.5,
            peers,
          },
        ]),
    robustness(quick ? 500 : 10_000),
  ];
}

/** A series of one of several kinds: walks, levels, trends, seasons, spikes, constants, gaps, extreme scales. */
export function randomSeries(seed: number): { y: number[]; period: number } {
  const rng = createRng(seed);
  const n = 3 + rng.int(60);
  const scale = 10 ** (rng.int(25) - 12);
  const kind = rng.int(8);
  const period = rng.int(4) === 0 ? 4 : 1;
  let level = 0;
  const y = Array.from({ length: n }, (_, t) => {
    const e = rng.normal();
    level += e;
    const values = [
      e,
      level,
      0.1 * t + e,
      Math.sin((2 * Math.PI * t) / 4) + 0.1 * e,
      rng.uniform() < 0.05 ? 100 * e : e,
      7,
      0.9 * level + t * t,
      Math.exp(3 * e),
    ];
    return scale * (values[kind] ?? 0);
  });
  if (rng.int(5) === 0) for (let k = 0; k < n / 6; k++) y[1 + rng.int(n - 1)] = Number.NaN;
  return { y, period };
}

function robustness(count: number): Target {
  let bad = 0;
  for (let seed = 0; seed < count; seed++) {
    const { y, period } = randomSeries(seed);
    const observed = y.filter((value) => !Number.isNaN(value));
    const size = Math.max(...observed.map(Math.abs));
    try {
      const fit = autoArima({ y }, period);
      const { mean, standardError } = predictArima({ y }, fit, 10);
      const sane =
        mean.every((value) => Number.isFinite(value) && Math.abs(value) <= 1000 * size) &&
        standardError.every(Number.isFinite);
      if (!sane) bad++;
    } catch {
      bad++;
    }
  }
  return {
    id: "F2-random",
    target: `no crash, NaN or explosion on ${count} random series`,
    value: bad,
    unit: "failures",
    pass: bad === 0,
    peers: {},
  };
}

/** Largest mean error in standard deviations of the series, and largest relative difference of widths. */
export function forecastDistance(fit: RFit, model: ArimaFit): { mean: number; width: number } {
  const { mean, standardError } = predictArima({ y: fit.y }, model, fit.mean.length);
  const centre = average(fit.y);
  const sd = Math.sqrt(fit.y.reduce((total, value) => total + (value - centre) ** 2, 0) / (fit.y.length - 1));
  const squares = fit.mean.reduce((total, value, k) => total + (value - (mean[k] ?? Number.NaN)) ** 2, 0);
  const widths = fit.width95.map((width, k) => Math.abs((2 * Z95 * (standardError[k] ?? Number.NaN)) / width - 1));
  return { mean: Math.sqrt(squares / fit.mean.length) / sd, width: Math.max(...widths) };
}

function forecasts(fits: readonly RFit[]): Target[] {
  let atTheirs = 0;
  let atOurs = 0;
  for (const fit of fits) {
    const own = fitArima({ y: fit.y }, fit.order, fit.constant);
    const theirs = { ...own, coefficients: fit.coefficients, constantValue: fit.beta[0] ?? null, sigma2: fit.sigma2 };
    const close = ({ mean, width }: { mean: number; width: number }): boolean => mean <= 1e-4 && width <= 0.01;
    if (close(forecastDistance(fit, theirs))) atTheirs++;
    if (close(forecastDistance(fit, own))) atOurs++;
  }
  const peers = { "at our own optimum, of 30": atOurs, tolerance: THOROUGH.tolerance };
  return [
    {
      id: "F3",
      target: "forecasts within 1e-4 sd and widths within 1 % of R at the same order and coefficients, 30/30",
      value: atTheirs,
      unit: `of ${fits.length}`,
      pass: atTheirs === fits.length,
      peers,
    },
  ];
}

const PANEL_HORIZON = 14;

function accuracy(fits: readonly RFit[]): Target[] {
  const forecaster = combinationForecaster();
  const logs: number[] = [];
  const peerLogs: number[] = [];
  const hits = [0, 0];
  const panel = accuracyPanel();
  for (const { name, origin, mase } of panel) {
    const fit =
      fits.find((candidate) => candidate.name === name) ?? fits.find((candidate) => candidate.name === `log${name}`);
    if (fit === undefined) continue;
    const y = fit.name === name ? fit.y : fit.y.map(Math.exp);
    const cut = y.length - PANEL_HORIZON - 7 * origin;
    const train = y.slice(0, cut);
    const { mean, bands } = forecaster.fit({ values: train, period: fit.period }).forecast(PANEL_HORIZON, [0.8, 0.95]);
    const scale = average(train.slice(fit.period).map((value, t) => Math.abs(value - (train[t] ?? 0))));
    const error = average(Array.from(mean, (value, k) => Math.abs((y[cut + k] ?? Number.NaN) - value))) / scale;
    const walk = mase.get("rw") ?? Number.NaN;
    logs.push(Math.log(error / walk));
    peerLogs.push(Math.log((mase.get("comb_eat") ?? Number.NaN) / walk));
    bands.forEach(({ lower, upper }, b) => {
      for (let k = 0; k < PANEL_HORIZON; k++) {
        const value = y[cut + k] ?? Number.NaN;
        if (value >= (lower[k] ?? Number.NaN) && value <= (upper[k] ?? Number.NaN)) hits[b] = (hits[b] ?? 0) + 1;
      }
    });
  }
  const ratio = Math.exp(average(logs));
  const points = panel.length * PANEL_HORIZON;
  const [c80 = 0, c95 = 0] = hits.map((count) => (100 * count) / points);
  return [
    {
      id: "F4",
      target: "combination: geometric-mean MASE ratio to the random walk <= 0.752",
      value: ratio,
      unit: "ratio",
      pass: ratio <= 0.752,
      peers: { "R ets+arima+theta": Math.exp(average(peerLogs)) },
    },
    {
      id: "F4-coverage-80",
      target: "coverage within 2 points of 80 %",
      value: c80,
      unit: "%",
      pass: Math.abs(c80 - 80) <= 2,
      peers: { points },
    },
    {
      id: "F4-coverage-95",
      target: "coverage within 2 points of 95 %",
      value: c95,
      unit: "%",
      pass: Math.abs(c95 - 95) <= 2,
      peers: { points },
    },
  ];
}

interface Score {
  readonly panel: string;
  readonly gated: number;
  readonly naive: number;
  readonly exponential: number;
  readonly mean30: number;
}

const WINDOW = 365;

/** Mean absolute errors of the horizon mean at origins of the second half, forecasts from data before each only. */
export function scoreSeries({ panel, values }: PanelSeries, horizon: number, step: number): Score | null {
  const sums = { gated: 0, naive: 0, exponential: 0, mean30: 0 };
  let count = 0;
  for (let t = Math.floor(values.length / 2); t + horizon <= values.length; t += step) {
    const ahead = values.slice(t, t + horizon).filter((value) => !Number.isNaN(value));
    if (ahead.length * 2 <= horizon) continue;
    const realized = average(ahead);
    const series = { values: values.slice(Math.max(0, t - WINDOW), t), period: 1 };
    const plain = (forecaster: typeof naiveForecaster): number =>
      Math.abs(forecaster.fit(series).forecast(1).horizonMean - realized);
    sums.gated += Math.abs(automaticForecast(series, horizon, []).horizonMean - realized);
    sums.naive += plain(naiveForecaster);
    sums.exponential += plain(exponentialForecaster(0.2));
    sums.mean30 += plain(meanForecaster(30));
    count++;
  }
  if (count === 0) return null;
  return {
    panel,
    gated: sums.gated / count,
    naive: sums.naive / count,
    exponential: sums.exponential / count,
    mean30: sums.mean30 / count,
  };
}

function gate(): Target[] {
  const out: Target[] = [];
  let worst = 0;
  let worstPanel = "";
  for (const horizon of [7, 30]) {
    const scores = [...(haveData ? realPanels() : []), ...randomWalks(quick ? 4 : 14)]
      .map((series) => scoreSeries(series, horizon, series.panel === "core" ? 14 : quick ? 126 : 63))
      .filter((score) => score !== null);
    const meanOf = (list: readonly Score[], key: Exclude<keyof Score, "panel">): number =>
      average(list.map((score) => score[key]));
    for (const panel of new Set(scores.map((score) => score.panel))) {
      const list = scores.filter((score) => score.panel === panel);
      const ratio = meanOf(list, "gated") / meanOf(list, "naive");
      if (ratio > worst) {
        worst = ratio;
        worstPanel = `${panel}, h = ${horizon}`;
      }
    }
    for (const [id, list] of [
      ["core", scores.filter(({ panel }) => panel === "core")],
      ["all", scores.filter(({ panel }) => !panel.startsWith("random"))],
    ] as const) {
      if (list.length === 0) continue;
      const peers = {
        naive: meanOf(list, "naive"),
        "exponential mean": meanOf(list, "exponential"),
        "30-day mean": meanOf(list, "mean30"),
        series: list.length,
      };
      const value = meanOf(list, "gated");
      out.push({
        id: `F5-h${horizon}-${id}`,
        target: `horizon-mean MAE below the best of naive, exponential mean, 30-day mean at h = ${horizon}`,
        value,
        unit: "percentage points",
        pass: value < Math.min(peers.naive, peers["exponential mean"], peers["30-day mean"]),
        peers,
      });
    }
  }
  return [
    {
      id: "F5",
      target: "gated forecast never > 1.02x naive on any panel",
      value: worst,
      unit: "ratio",
      pass: worst <= 1.02,
      peers: { "worst panel": worstPanel },
    },
    ...out,
  ];
}

export async function forecastTargets(): Promise<Target[]> {
  if (!haveFixtures) return gate();
  const fits = rFits();
  return [...likelihood(fits), ...search(fits), ...forecasts(fits), ...accuracy(fits), ...gate()];
}

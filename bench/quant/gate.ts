/** Targets F5 and Batch: the automatic forecast on real and made series, and many series on threads. */
import { exponentialForecaster, meanForecaster, naiveForecaster } from "../../keeper/forecast/baselines.ts";
import { type BatchSeries, forecastBatch, isRefusal } from "../../keeper/forecast/batch.ts";
import { average } from "../../keeper/forecast/forecaster.ts";
import { createRng } from "../../keeper/kernel/rng.ts";
import { median } from "../../keeper/math/statistics.ts";
import { Coverage } from "./coverage.ts";
import { haveData, isMade, madePanels, type PanelSeries, randomWalks, realPanels } from "./panels.ts";
import { progress, quick, type Target } from "./target.ts";

const LEVELS = [0.8, 0.95];

interface Score {
  readonly panel: string;
  readonly gated: number;
  readonly naive: number;
  readonly exponential: number;
  readonly mean30: number;
}

const WINDOW = 365;

/** One forecast to score: from the data before an origin, with what came after it. */
interface Origin {
  readonly series: PanelSeries;
  readonly window: readonly number[];
  readonly ahead: readonly number[];
}

/** Origins of the second half of every series, forecasts from data before each only. */
function originsOf(panels: readonly PanelSeries[], horizon: number): Origin[] {
  return panels.flatMap((series) => {
    const { values, panel } = series;
    const out: Origin[] = [];
    for (let t = Math.floor(values.length / 2); t + horizon <= values.length; t += stepOf(panel)) {
      const ahead = values.slice(t, t + horizon);
      if (ahead.filter((value) => !Number.isNaN(value)).length * 2 <= horizon) continue;
      out.push({ series, window: values.slice(Math.max(0, t - WINDOW), t), ahead });
    }
    return out;
  });
}

/** Mean absolute errors of the horizon mean, series by series. */
async function scoresOf(panels: readonly PanelSeries[], horizon: number, tally: (panel: string) => Coverage) {
  const origins = originsOf(panels, horizon);
  const jobs = origins.map(({ series, window }) => ({ name: series.name, values: window, period: 1 }));
  const onProgress = (done: number, total: number): void => {
    if (done % 200 === 0) progress(`  h = ${horizon}: ${done} of ${total} forecasts`);
  };
  const answers = await forecastBatch(jobs, { horizon, levels: LEVELS, threads: 2, onProgress });
  const sums = new Map<PanelSeries, Score & { count: number }>();
  let refused = 0;
  origins.forEach(({ series, window, ahead }, k) => {
    const answer = answers[k];
    if (answer === undefined || isRefusal(answer)) {
      refused++;
      return;
    }
    const realized = average(ahead.filter((value) => !Number.isNaN(value)));
    const plain = (forecaster: typeof naiveForecaster): number =>
      Math.abs(forecaster.fit({ values: window, period: 1 }).forecast(1).horizonMean - realized);
    const sum = sums.get(series) ?? { panel: series.panel, gated: 0, naive: 0, exponential: 0, mean30: 0, count: 0 };
    sums.set(series, {
      panel: series.panel,
      gated: sum.gated + Math.abs(answer.horizonMean - realized),
      naive: sum.naive + plain(naiveForecaster),
      exponential: sum.exponential + plain(exponentialForecaster(0.2)),
      mean30: sum.mean30 + plain(meanForecaster(30)),
      count: sum.count + 1,
    });
    tally(series.panel).add(answer.bands, ahead);
  });
  const scores = [...sums.values()].map(({ panel, count, ...total }) => ({
    panel,
    gated: total.gated / count,
    naive: total.naive / count,
    exponential: total.exponential / count,
    mean30: total.mean30 / count,
  }));
  return { scores, origins: origins.length - refused, refused };
}

/** Days between origins: panels of few series are scored more often, so that no ratio rests on a handful of forecasts. */
const STEPS: Readonly<Record<string, number>> = { core: 7, staking: 3, dex: 14, lending: 14, stable: 14 };
const stepOf = (panel: string): number => (quick ? 63 : (STEPS[panel] ?? 28));

export async function gate(): Promise<Target[]> {
  const out: Target[] = [];
  let worst = 0;
  let worstPanel = "";
  const ratios: Record<string, number> = {};
  const counts: Record<string, number> = {};
  const real = new Coverage(LEVELS);
  const made = new Coverage(LEVELS);
  const panels = [...(haveData ? realPanels() : []), ...randomWalks(quick ? 4 : 14), ...madePanels(quick ? 1 : 5)];
  for (const horizon of [7, 30]) {
    const { scores, origins, refused } = await scoresOf(panels, horizon, (panel) => (isMade(panel) ? made : real));
    counts[`forecasts h=${horizon}`] = origins;
    counts[`refused h=${horizon}`] = refused;
    const meanOf = (list: readonly Score[], key: Exclude<keyof Score, "panel">): number =>
      average(list.map((score) => score[key]));
    for (const panel of new Set(scores.map((score) => score.panel))) {
      const list = scores.filter((score) => score.panel === panel);
      const ratio = meanOf(list, "gated") / meanOf(list, "naive");
      ratios[`${panel} h=${horizon} (${list.length})`] = ratio;
      if (ratio > worst) {
        worst = ratio;
        worstPanel = `${panel}, h = ${horizon}`;
      }
    }
    for (const [id, list] of [
      ["core", scores.filter(({ panel }) => panel === "core")],
      ["all", scores.filter(({ panel }) => !isMade(panel))],
    ] as const) {
      if (list.length === 0) continue;
      const peers = {
        naive: meanOf(list, "naive"),
        "exponential mean": meanOf(list, "exponential"),
        "30-day mean": meanOf(list, "mean30"),
        series: list.length,
        "geometric mean of ratios to naive": Math.exp(
          average(list.filter((s) => s.naive > 0 && s.gated > 0).map((s) => Math.log(s.gated / s.naive))),
        ),
      };
      const value = meanOf(list, "gated");
      out.push({
        id: `F5-h${horizon}-${id}`,
        group: "F5",
        target: `horizon-mean MAE below the best of naive, exponential mean, 30-day mean at h = ${horizon}`,
        value,
        unit: "percentage points",
        pass: value < Math.min(peers.naive, peers["exponential mean"], peers["30-day mean"]),
        peers,
      });
    }
  }
  const coverage = LEVELS.map((level, b): Target => {
    const value = real.points > 0 ? real.percent(b) : Number.NaN;
    return {
      id: `F5-coverage-${100 * level}`,
      group: "F5",
      target: `adaptive conformal intervals of real yields cover within 2 points of ${100 * level} %, every step of both horizons`,
      value,
      unit: "%",
      pass: real.points === 0 ? null : Math.abs(value - 100 * level) <= 2,
      peers: { points: real.points, "made series, %": made.percent(b), "made series, points": made.points },
    };
  });
  return [
    {
      id: "F5",
      group: "F5",
      target: "gated forecast never > 1.02x naive on any panel",
      value: worst,
      unit: "ratio",
      pass: worst <= 1.02,
      peers: { "worst panel": worstPanel, ...ratios, ...counts },
    },
    ...out,
    ...coverage,
  ];
}

const POOLS = 100;
const POOL_DAYS = 365;

/** Pools that revert to a level, jump and spike, as yields do. */
function pools(count: number): BatchSeries[] {
  return Array.from({ length: count }, (_, k) => {
    const rng = createRng(4000 + k);
    let level = 3;
    let centre = 3;
    const values = Array.from({ length: POOL_DAYS }, () => {
      if (rng.uniform() < 0.01) centre = 1 + 4 * rng.uniform();
      level += 0.05 * (centre - level) + 0.1 * rng.normal();
      return level + (rng.uniform() < 0.02 ? 3 * rng.uniform() : 0);
    });
    return { name: `pool ${k}`, values, period: 1 };
  });
}

export async function batch(): Promise<Target[]> {
  const series = pools(quick ? 10 : POOLS);
  const options = { horizon: 30, levels: [0.8, 0.95] };
  const time = async (list: readonly BatchSeries[], threads: number): Promise<{ seconds: number; bytes: string }> => {
    const started = performance.now();
    const answers = await forecastBatch(list, { ...options, threads });
    if (answers.some(isRefusal)) progress("  a pool was refused");
    return { seconds: (performance.now() - started) / 1000, bytes: JSON.stringify(answers) };
  };
  const half = await time(series.slice(0, series.length / 2), 2);
  const times = [];
  for (let i = 0; i < (quick ? 1 : 3); i++) times.push(await time(series, 2));
  const alone = await time(series, 0);
  const seconds = median(times.map((run) => run.seconds));
  return [
    {
      id: "Batch",
      group: "Batch",
      target: `${series.length} pools x ${POOL_DAYS} days, all members and rolling selection, <= 10 s on two threads`,
      value: seconds,
      unit: "s",
      pass: seconds <= 10,
      peers: { "one thread s": alone.seconds, "half of the pools s": half.seconds, runs: times.length },
      ratio: alone.seconds / seconds,
    },
    {
      id: "Batch-bytes",
      group: "Batch",
      target: "the bytes of one thread",
      value: times.filter(({ bytes }) => bytes !== alone.bytes).length,
      unit: "runs that differ",
      pass: times.every(({ bytes }) => bytes === alone.bytes),
      peers: {},
    },
  ];
}

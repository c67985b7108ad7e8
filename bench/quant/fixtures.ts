/** Reference fits of R's forecast and of statsmodels, from ../shared. */
import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import type { Constant } from "../../keeper/forecast/arima/model.ts";
import type { ArimaCoefficients, ArimaOrder } from "../../keeper/forecast/arima/order.ts";

const root = new URL("../../../shared/fixtures/", import.meta.url);
export const haveFixtures = existsSync(root);
const text = (file: string): string => readFileSync(new URL(file, root), "utf8");

const rFit = z.object({
  name: z.string(),
  mode: z.string(),
  freq: z.number(),
  order: z.array(z.number()).length(7),
  coef: z.record(z.string(), z.number()).or(z.array(z.unknown()).length(0)),
  sigma2: z.number(),
  loglik: z.number(),
  aicc: z.number(),
  mean: z.array(z.number()),
  lo95: z.array(z.number()),
  hi95: z.array(z.number()),
  auto_s: z.number(),
  y: z.array(z.number()).nullable().optional(),
});

export interface RFit {
  readonly name: string;
  readonly period: number;
  readonly order: ArimaOrder;
  readonly constant: Constant;
  readonly coefficients: ArimaCoefficients;
  readonly beta: readonly number[];
  readonly sigma2: number;
  readonly loglik: number;
  readonly aicc: number;
  readonly mean: readonly number[];
  readonly width95: readonly number[];
  readonly autoSeconds: number;
  readonly y: readonly number[];
}

/** The 30 fits of R's default auto.arima. */
export function rFits(): RFit[] {
  return z
    .array(rFit)
    .parse(JSON.parse(text("arima_R_forecast.json")))
    .filter((fit) => fit.mode === "default")
    .map((fit) => {
      const [p = 0, d = 0, q = 0, P = 0, D = 0, Q = 0, m = 1] = fit.order;
      const named: Readonly<Record<string, number>> = Array.isArray(fit.coef) ? {} : fit.coef;
      const take = (kind: string, count: number): number[] =>
        Array.from({ length: count }, (_, i) => named[`${kind}${i + 1}`] ?? Number.NaN);
      const beta = named["intercept"] ?? named["drift"];
      return {
        name: fit.name,
        period: fit.freq,
        order: { p, d, q, P, D, Q, m },
        constant: named["intercept"] !== undefined ? "mean" : named["drift"] !== undefined ? "drift" : "none",
        coefficients: { ar: take("ar", p), ma: take("ma", q), sar: take("sar", P), sma: take("sma", Q) },
        beta: beta === undefined ? [] : [beta],
        sigma2: fit.sigma2,
        loglik: fit.loglik,
        aicc: fit.aicc,
        mean: fit.mean,
        width95: fit.hi95.map((high, k) => high - (fit.lo95[k] ?? Number.NaN)),
        autoSeconds: fit.auto_s,
        y: fit.y ?? [],
      };
    });
}

export function statsmodelsLoglik(): Map<string, number> {
  const fits = z
    .array(z.object({ name: z.string(), llf: z.number() }))
    .parse(JSON.parse(text("arima_statsmodels.json")));
  return new Map(fits.map(({ name, llf }) => [name, llf]));
}

/** AICc of R's exhaustive search by series. */
export function exhaustiveAicc(): Map<string, number> {
  const lines = text("arima_R_exhaustive.csv").trim().split("\n").slice(1);
  return new Map(
    lines.map((line) => {
      const [name = "", , aicc = ""] = line.split(",");
      return [name, Number(aicc)];
    }),
  );
}

/** Rolling origins that both R and the LSTM were scored on: name, origin, and R's scores by method. */
export function accuracyPanel(): { name: string; origin: number; mase: ReadonlyMap<string, number> }[] {
  const keys = new Set(
    text("accuracy_lstm.csv")
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.split(",").slice(0, 2).join(" ")),
  );
  const panel = new Map<string, { name: string; origin: number; mase: Map<string, number> }>();
  for (const line of text("accuracy_R.csv").trim().split("\n").slice(1)) {
    const [name = "", origin = "", method = "", mase = ""] = line.split(",");
    const key = `${name} ${origin}`;
    if (!keys.has(key)) continue;
    const row = panel.get(key) ?? { name, origin: Number(origin), mase: new Map<string, number>() };
    row.mase.set(method, Number(mase));
    panel.set(key, row);
  }
  return [...panel.values()];
}

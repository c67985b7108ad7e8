import { strict as assert } from "node:assert";
import { DEFAULT_SCHEDULE_CONFIG, planSend } from "../../../keeper/execute/schedule.ts";
import { DEFAULT_GAS_FORECAST_CONFIG, forecastGas, TooLittleGasHistoryError } from "../../../keeper/forecast/gas.ts";
import type { GasForecast } from "../../../keeper/kernel/artifacts.ts";
import { createRng } from "../../../keeper/kernel/rng.ts";

const HOUR = 3_600;
const START = 1_750_000_000 - (1_750_000_000 % (168 * HOUR));
const flat = (fees: readonly number[]): GasForecast => ({
  asOf: START,
  hours: fees.map((fee, k) => ({ timestamp: START + (k + 1) * HOUR, quantiles: [{ probability: 0.5, fee }] })),
});

describe("planSend", () => {
  const deadline = START + 12 * HOUR;

  it("sends at once when every later hour is expected to cost more", () => {
    assert.equal(planSend(10, deadline, flat([11, 12, 13]), DEFAULT_SCHEDULE_CONFIG).kind, "send");
  });

  it("waits for the cheap hour and says what it expects to save", () => {
    const plan = planSend(10, deadline, flat([9, 5, 8]), DEFAULT_SCHEDULE_CONFIG);
    assert.equal(plan.kind, "wait");
    if (plan.kind !== "wait") return;
    assert.equal(plan.until, START + 2 * HOUR);
    assert.ok(Math.abs(plan.expectedSaving - 0.5) < 1e-12);
  });

  it("does not count hours that lie behind the deadline less its reserve", () => {
    const plan = planSend(10, START + 3 * HOUR, flat([10, 1, 1]), DEFAULT_SCHEDULE_CONFIG);
    assert.equal(plan.kind, "send");
  });

  it("values the choice it keeps: two uncertain hours are worth more than one", () => {
    const uncertain = (hours: number): GasForecast => ({
      asOf: START,
      hours: Array.from({ length: hours }, (_, k) => ({
        timestamp: START + (k + 1) * HOUR,
        quantiles: [4, 16].map((fee, i) => ({ probability: 0.25 + i / 2, fee })),
      })),
    });
    const fee = (hours: number): number => {
      const plan = planSend(100, deadline, uncertain(hours), DEFAULT_SCHEDULE_CONFIG);
      return plan.kind === "wait" ? plan.expectedFee : Number.NaN;
    };
    // E[F] = 10; E[min(F, 10)] = 7; E[min(F, 7)] = 5.5.
    assert.deepEqual([fee(1), fee(2), fee(3)], [10, 7, 5.5]);
  });
});

describe("forecastGas", () => {
  const rng = createRng(5);
  const hours = 35 * 24;
  const timestamps = Array.from({ length: hours }, (_, h) => START + h * HOUR);
  const fees = timestamps.map(
    (time) => 1e10 * Math.exp(Math.sin(((time / HOUR) % 24) * (Math.PI / 12)) + 0.1 * rng.normal()),
  );

  it("finds the hour-of-day pattern", () => {
    const { hours: ahead } = forecastGas(timestamps, fees, DEFAULT_GAS_FORECAST_CONFIG);
    const middle = ahead.map(({ quantiles }) => quantiles[5]?.fee ?? 0);
    const truth = ahead.map(({ timestamp }) => 1e10 * Math.exp(Math.sin(((timestamp / HOUR) % 24) * (Math.PI / 12))));
    middle.forEach((fee, k) => {
      assert.ok(Math.abs(fee / (truth[k] ?? 1) - 1) < 0.12, `hour ${k}: ${fee} against ${truth[k]}`);
    });
  });

  it("gives ascending quantiles", () => {
    for (const { quantiles } of forecastGas(timestamps, fees, DEFAULT_GAS_FORECAST_CONFIG).hours) {
      quantiles.slice(1).forEach(({ fee }, i) => {
        assert.ok(fee >= (quantiles[i]?.fee ?? 0));
      });
    }
  });

  it("uses nothing that comes after its as-of hour", () => {
    const at = 700;
    const past = forecastGas(timestamps.slice(0, at), fees.slice(0, at), DEFAULT_GAS_FORECAST_CONFIG);
    const other = fees.map((fee, h) => (h < at ? fee : fee * 7));
    assert.deepEqual(forecastGas(timestamps.slice(0, at), other.slice(0, at), DEFAULT_GAS_FORECAST_CONFIG), past);
    assert.notDeepEqual(
      forecastGas(timestamps, other, DEFAULT_GAS_FORECAST_CONFIG),
      forecastGas(timestamps, fees, DEFAULT_GAS_FORECAST_CONFIG),
    );
  });

  it("bridges missing hours and refuses too little history by name", () => {
    const holes = timestamps.map((_, h) => h).filter((h) => h % 50 !== 7);
    const ahead = forecastGas(
      holes.map((h) => timestamps[h] ?? 0),
      holes.map((h) => fees[h] ?? 0),
      DEFAULT_GAS_FORECAST_CONFIG,
    );
    assert.ok(ahead.hours.every(({ quantiles }) => quantiles.every(({ fee }) => Number.isFinite(fee) && fee > 0)));
    assert.throws(
      () => forecastGas(timestamps.slice(0, 300), fees.slice(0, 300), DEFAULT_GAS_FORECAST_CONFIG),
      TooLittleGasHistoryError,
    );
  });
});

/** The synthetic market is a function of its seed and looks like the years it imitates. */
import { expect } from "chai";
import { MarketParameterError } from "../../embedded/errors.ts";
import { HOURS_PER_DAY, type MarketDay } from "../../embedded/market/market.ts";
import { DEPEG, MINIMUM_SYNTHETIC_DAYS, syntheticMarket } from "../../embedded/market/synthetic.ts";
import { DAYS_PER_YEAR, SECONDS_PER_DAY } from "../../keeper/kernel/units.ts";
import { expectClose } from "../support/close.ts";

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const deviation = (values: readonly number[]): number =>
  Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)));

describe("synthetic market", () => {
  for (const seed of [1, 7, 4_294_967_295]) {
    describe(`with seed ${seed}`, () => {
      const market = syntheticMarket({ seed });
      const series = (of: (day: MarketDay) => number) => market.days.map(of);

      it("has at least 300 consecutive days of 24 base fees", () => {
        expect(market.days.length).to.be.at.least(MINIMUM_SYNTHETIC_DAYS);
        for (const [index, day] of market.days.entries()) {
          expect(day.start).to.equal((market.days[0]?.start ?? 0) + index * SECONDS_PER_DAY);
          expect(day.baseFees.length).to.equal(HOURS_PER_DAY);
          expect(day.baseFees.every((fee) => fee > 0n)).to.equal(true);
        }
      });

      it("pays staking 2.8-3.4 % and restaking 3.0-3.8 % a year, every day", () => {
        for (const rate of series((day) => day.stethReturn * DAYS_PER_YEAR))
          expect(rate).to.be.within(0.028, 0.034 + 1e-12);
        for (const rate of series((day) => day.weethReturn * DAYS_PER_YEAR))
          expect(rate).to.be.within(0.03, 0.038 + 1e-12);
      });

      it("lends at about 2 %, with rushes well above and lower rates at weekends", () => {
        const rates = series((day) => day.aaveSupplyRate);
        expect(mean(rates)).to.be.within(0.015, 0.03);
        expect(Math.max(...rates)).to.be.above(0.03);
        const weekend = (day: MarketDay) => [0, 6].includes(new Date(day.start * 1000).getUTCDay());
        const of = (isWeekend: boolean) =>
          mean(market.days.filter((day) => weekend(day) === isWeekend).map((day) => day.aaveSupplyRate));
        expect(of(true)).to.be.below(of(false));
      });

      it("prices both tokens around 0.9995 with about 5 basis points of noise outside the depeg", () => {
        const calm = market.days.filter(
          (_, index) => index < DEPEG.day || index >= DEPEG.day + DEPEG.shortfalls.length,
        );
        for (const prices of [series((day) => day.stethPrice), calm.map((day) => day.weethRatio)]) {
          expectClose(mean(prices), 0.9995, 0.0003);
          expect(deviation(prices)).to.be.within(0.0003, 0.0008);
        }
      });

      it("depegs the restaking token once, by about 2.5 %, and lets it recover", () => {
        const low = Math.min(...series((day) => day.weethRatio));
        expect(low).to.be.within(0.97, 0.978);
        expect(market.days.findIndex((day) => day.weethRatio === low)).to.equal(DEPEG.day + 1);
        expect(market.days[DEPEG.day - 1]?.weethRatio).to.be.above(0.997);
        expect(market.days[DEPEG.day + DEPEG.shortfalls.length]?.weethRatio).to.be.above(0.997);
      });

      it("is cheapest at 05 UTC and dearest at 16 UTC", () => {
        const byHour = Array.from({ length: HOURS_PER_DAY }, (_, hour) =>
          mean(series((day) => Math.log(Number(day.baseFees[hour])))),
        );
        expect(byHour.indexOf(Math.min(...byHour))).to.be.within(4, 6);
        expect(byHour.indexOf(Math.max(...byHour))).to.be.within(15, 17);
      });
    });
  }

  it("is the same for the same seed and another for another", () => {
    expect(syntheticMarket({ seed: 3 })).to.deep.equal(syntheticMarket({ seed: 3 }));
    expect(syntheticMarket({ seed: 3 }).days[0]).not.to.deep.equal(syntheticMarket({ seed: 4 }).days[0]);
  });

  it("does not change its past when more days are asked for", () => {
    const short = syntheticMarket({ seed: 3, days: 300 }).days;
    expect(syntheticMarket({ seed: 3, days: 420 }).days.slice(0, 300)).to.deep.equal(short);
  });

  it("error: MarketParameterError on too few days and on a date that is none", () => {
    expect(() => syntheticMarket({ seed: 1, days: 299 })).to.throw(MarketParameterError);
    expect(() => syntheticMarket({ seed: 1, firstDate: "2025-02-30" })).to.throw(MarketParameterError);
  });
});

/** Targets F1 to F3 of issue 5 against R's forecast 8.20; skipped where ../shared is not there. */
import { expect } from "chai";
import { exhaustiveAicc, haveFixtures, type RFit, rFits } from "../../../bench/quant/fixtures.ts";
import { forecastDistance } from "../../../bench/quant/forecast.ts";
import { diffuseLikelihood, fitArima } from "../../../keeper/forecast/arima/model.ts";
import { autoArima } from "../../../keeper/forecast/arima/search.ts";

describe("ARIMA against R (needs ../shared/fixtures)", function () {
  this.timeout(240_000);
  let fits: RFit[] = [];
  before(function () {
    if (!haveFixtures) this.skip();
    fits = rFits();
    expect(fits).to.have.length(30);
  });

  it("F1: the log-likelihood at R's coefficients is R's to 1e-8 on 30 of 30", () => {
    for (const { name, y, order, constant, coefficients, beta, loglik } of fits) {
      const ours = diffuseLikelihood({ y }, order, constant, coefficients, beta) ?? Number.NaN;
      expect(Math.abs(ours / loglik - 1), name).to.be.below(1e-8);
    }
  });

  it("F1: the own fit is at least as likely as R's, less 1e-3, on 30 of 30", () => {
    for (const { name, y, order, constant, loglik } of fits) {
      expect(fitArima({ y }, order, constant).loglik, name).to.be.at.least(loglik - 1e-3);
    }
  });

  it("F2: the automatic order reaches R's default on 30 of 30 and R's exhaustive search on 23 of 23", () => {
    const exhaustive = exhaustiveAicc();
    let compared = 0;
    for (const { name, y, period, aicc } of fits) {
      const own = autoArima({ y }, period).aicc;
      expect(own, name).to.be.at.most(aicc + 0.01);
      const best = exhaustive.get(name);
      if (best === undefined) continue;
      expect(own, `${name}, exhaustive`).to.be.at.most(best + 0.05);
      compared++;
    }
    expect(compared).to.equal(23);
  });

  it("F3: at R's coefficients forecasts are R's to 1e-4 sd and widths to 1 % on 30 of 30", () => {
    for (const fit of fits) {
      const own = fitArima({ y: fit.y }, fit.order, fit.constant);
      const theirs = { ...own, coefficients: fit.coefficients, constantValue: fit.beta[0] ?? null, sigma2: fit.sigma2 };
      const { mean, width } = forecastDistance(fit, theirs);
      expect(mean, fit.name).to.be.at.most(1e-4);
      expect(width, fit.name).to.be.at.most(0.01);
    }
  });
});

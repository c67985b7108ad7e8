/** Strategies as a user names them, and what the plain ones do where their measure has no answer. */
import { expect } from "chai";
import { NoVenueError, UnknownStrategyError, UnknownVenueError } from "../../../keeper/backtest/errors.ts";
import { DEFAULT_BACKTEST, runBacktest } from "../../../keeper/backtest/run.ts";
import { strategiesOf, venueNamed } from "../../../keeper/backtest/strategies.ts";
import { createRng } from "../../../keeper/kernel/rng.ts";
import { benchmarkOf, panelOf, venueOf } from "../../support/backtest.ts";

const DAYS = 90;
const flat = (value: number, days = DAYS): number[] => new Array<number>(days).fill(value);
const noisy = (seed: number): number[] => {
  const rng = createRng(seed);
  return Array.from({ length: DAYS }, () => 1e-4 + 1e-3 * rng.normal());
};

describe("strategies of a backtest", () => {
  it("a venue is found by its name in any case, and by its token where one column holds it", () => {
    const panel = panelOf(["flip_WSTETH", "flip_RETH", "lending"].map((name, k) => venueOf(name, noisy(k))));
    expect(venueNamed(panel, "flip_WSTETH")).to.equal("flip_WSTETH");
    expect(venueNamed(panel, "wstETH")).to.equal("flip_WSTETH");
    expect(venueNamed(panel, "Lending")).to.equal("lending");
    const named = strategiesOf(panel, ["ai", "hold:wstETH", "hold:flip_WSTETH", "carry"], "cautious");
    expect(named.map(({ name }) => name)).to.deep.equal(["ai:cautious", "hold:flip_WSTETH", "carry"]);
    const both = panelOf(["flip_WSTETH", "dex_WSTETH"].map((name, k) => venueOf(name, noisy(k))));
    expect(() => venueNamed(both, "wstETH")).to.throw(UnknownVenueError, /Choose from: flip_WSTETH, dex_WSTETH/);
    expect(() => strategiesOf(panel, [], "cautious")).to.throw(UnknownStrategyError);
  });

  it("error: a venue that was left out is refused with the reason, not as if the file did not have it", () => {
    const early = venueOf("early", flat(1e-4, 40));
    const panel = panelOf([early, venueOf("whole", noisy(1))], 0.9);
    expect(() => venueNamed(panel, "early")).to.throw(
      UnknownVenueError,
      /^There is no venue "early" that takes part \(early: left out, it covers 44 % of the days .*\)\. Choose from: whole\.$/,
    );
    expect(() => venueNamed(panel, "none")).to.throw(UnknownVenueError, /There is no venue "none" in the data/);
    expect(() => panelOf([venueOf("a", flat(0)), venueOf("b", flat(0))])).to.throw(
      NoVenueError,
      /every column was left out\. a: left out, every figure is zero\. b: left out, every figure is zero\. Name columns with --venues, lower --min-coverage/,
    );
  });

  it("max-sharpe holds the best paid venue without any risk where there is one, and the other strategies go on", async () => {
    const panel = panelOf([
      venueOf("low", flat(1e-4)),
      venueOf("noisy", noisy(3)),
      venueOf("high", flat(2e-4)),
      venueOf("other", noisy(4)),
    ]);
    const options = { ...DEFAULT_BACKTEST, strategies: ["max-sharpe", "equal-weight"] };
    const { strategies } = await runBacktest(panel, benchmarkOf(panel, "low"), options);
    const [best, equal] = strategies;
    expect(best?.decisions.map(({ weights }) => weights)).to.deep.equal(best?.decisions.map(() => [0, 0, 1, 0]));
    expect(best?.decisions[0]?.reasons.join()).to.match(/^high did not change in the window/);
    expect(equal?.decisions.length).to.be.above(2);
  });

  it("max-sharpe holds with the reason where only a mix has no risk", async () => {
    const one = noisy(5);
    const mirror = one.map((value) => 4e-4 - value);
    const panel = panelOf([venueOf("one", one), venueOf("mirror", mirror)]);
    const options = { ...DEFAULT_BACKTEST, strategies: ["max-sharpe"] };
    const [only] = (await runBacktest(panel, benchmarkOf(panel, "one"), options)).strategies;
    expect(only?.trades).to.equal(0);
    expect(only?.decisions[0]?.reasons.join()).to.match(/the Sharpe ratio has no greatest value/);
  });
});

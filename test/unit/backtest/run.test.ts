/** A whole backtest: same bytes on any number of threads, resumable, and clear about what it cannot use. */
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { Checkpoint } from "../../../keeper/backtest/checkpoint.ts";
import {
  CheckpointUnusableError,
  HistoryTooShortError,
  NoVenueError,
  UnknownStrategyError,
  UnknownVenueError,
} from "../../../keeper/backtest/errors.ts";
import type { Prepared } from "../../../keeper/backtest/forecasts.ts";
import { buildPanel, isoOf, type RawVenue } from "../../../keeper/backtest/panel.ts";
import { degradedLines, textOf } from "../../../keeper/backtest/report.ts";
import { DEFAULT_BACKTEST, QUIET, runBacktest } from "../../../keeper/backtest/run.ts";
import { gridOf, runSweep } from "../../../keeper/backtest/sweep.ts";
import { canonicalHash } from "../../../keeper/kernel/canonical.ts";
import { benchmarkOf, FIRST_DAY, panelOf, seededVenues } from "../../support/backtest.ts";

const panel = panelOf(seededVenues(110));
const benchmark = benchmarkOf(panel, "lending");
const options = { ...DEFAULT_BACKTEST, strategies: ["ai:cautious", "ai:growth", "equal-weight", "carry"], every: 10 };

describe("backtest run", function () {
  this.timeout(180_000);
  let folder = "";
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "backtest-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("gives the same bytes on one thread, on two, and in a sweep", async () => {
    const one = await runBacktest(panel, benchmark, options);
    const two = await runBacktest(panel, benchmark, options, { ...QUIET, workers: 2 });
    expect(JSON.stringify(two)).to.equal(JSON.stringify(one));
    const grid = gridOf(options, [{ change: [{ costBps: 5 }, { costBps: 20 }] }]);
    const alone = await runSweep({ panel, benchmark, grid }, 1, () => {});
    const spread = await runSweep({ panel, benchmark, grid }, 2, () => {});
    expect(JSON.stringify(spread)).to.equal(JSON.stringify(alone));
    expect(JSON.stringify(alone[0]?.strategies[0]?.returns)).to.equal(JSON.stringify(one.strategies[0]?.returns));
    // Two configurations of four strategies are eight trials for each of them.
    expect(alone[0]?.terms.trials).to.equal(8);
    expect(one.terms.trials).to.equal(4);
  });

  it("lets a strategy decide and earn the same beside others as by itself", async () => {
    const together = await runBacktest(panel, benchmark, options);
    for (const [k, name] of ["ai:cautious", "ai:growth"].entries()) {
      const [alone] = (await runBacktest(panel, benchmark, { ...options, strategies: [name] })).strategies;
      expect(JSON.stringify(alone?.decisions)).to.equal(JSON.stringify(together.strategies[k]?.decisions));
      expect(JSON.stringify(alone?.returns)).to.equal(JSON.stringify(together.strategies[k]?.returns));
    }
  });

  it("goes on from a checkpoint, drops a half-written line, and starts again from a damaged one with a reason", () => {
    const file = join(folder, "run.checkpoint");
    const inputs = canonicalHash("inputs");
    const held: Prepared = { kind: "held", code: "X", reason: "y" };
    const said: string[] = [];
    const say = (line: string): void => void said.push(line);
    const first = Checkpoint.open(file, inputs, say);
    first.put(60, held);
    first.put(67, held);
    appendFileSync(file, '{"day":74,"prep');
    const resumed = Checkpoint.open(file, inputs, say);
    expect(resumed.get(67)).to.deep.equal(held);
    expect(resumed.get(74)).to.equal(undefined);
    expect(said.splice(0)).to.deep.equal([`resuming: 2 decision days are in ${file}`]);
    resumed.put(74, held);
    expect(Checkpoint.open(file, inputs, say).get(74)).to.deep.equal(held);
    said.length = 0;

    writeFileSync(file, readFileSync(file, "utf8").replace('"reason":"y"', '"reason":"z"'));
    expect(Checkpoint.open(file, inputs, say).get(60)).to.equal(undefined);
    expect(said.splice(0).join()).to.match(/damaged in line 2: starting again/);
    Checkpoint.open(file, canonicalHash("others"), say);
    expect(said.splice(0).join()).to.match(/belongs to other data or options/);
    writeFileSync(file, "not a checkpoint\n");
    Checkpoint.open(file, inputs, say).remove();
    expect(said.splice(0).join()).to.match(/damaged in line 1/);
    expect(existsSync(file)).to.equal(false);
    Checkpoint.open(file, inputs, say);
    writeFileSync(file, readFileSync(file, "utf8").replace('"version":1', '"version":7'));
    Checkpoint.open(file, inputs, say);
    expect(said.splice(0).join()).to.match(/another version \(7, not 1\): starting again/);
    const blocked = (path: string) => (): unknown => Checkpoint.open(path, inputs, say);
    expect(blocked(folder)).to.throw(CheckpointUnusableError, /cannot be read or written.*--checkpoint/);
    expect(blocked(join(file, "below a file"))).to.throw(CheckpointUnusableError);
  });

  it("names where a venue begins, ends and is silent, and says in the report what was held without data", async () => {
    const absent = (from: number, to: number) => (value: number, t: number) =>
      t >= from && t < to ? Number.NaN : value;
    const change = (venue: RawVenue, hide: (value: number, t: number) => number): RawVenue => ({
      ...venue,
      realised: { ...venue.realised, values: venue.realised.values.map(hide) },
    });
    const [a, b, lending, pool] = seededVenues(110);
    if (a === undefined || b === undefined || lending === undefined || pool === undefined)
      throw new Error("four venues");
    const gappy = panelOf([
      change(a, absent(0, 30)),
      change(b, absent(80, 110)),
      change(change(lending, absent(70, 72)), absent(90, 95)),
      pool,
    ]);
    const day = (t: number): string => isoOf(FIRST_DAY + t);
    expect(gappy.notes[0]).to.equal(`tokenA: begins on ${day(30)}, enters when it has enough history.`);
    expect(gappy.notes[1]).to.equal(`tokenB: ends on ${day(79)}, what is held of it is left at its last value.`);
    expect(gappy.notes[2]).to.contain("7 days without a figure in between, at most 5 running");
    const result = await runBacktest(gappy, benchmark, { ...options, strategies: ["hold:lending", "equal-weight"] });
    expect(degradedLines(result)[0]).to.equal("hold:lending: 7 venue-days held without a figure, counted as no return");
    expect(textOf(result)).to.contain("hold:lending: 7 venue-days held without a figure");
    const early = await runBacktest(panel, benchmark, { ...options, warmup: 20, strategies: ["ai:growth"] });
    expect(degradedLines(early).join()).to.match(/^ai:growth: \d+ of \d+ decisions held with [A-Z_]+(;|$)/);
    expect(degradedLines(await runBacktest(panel, benchmark, { ...options, strategies: ["carry"] }))).to.deep.equal([]);
  });

  it("an interrupted run ends with the bytes of an uninterrupted one", async () => {
    const whole = await runBacktest(panel, benchmark, options);
    const checkpoint = join(folder, "interrupted");
    class Interrupted extends Error {}
    const stop = {
      ...QUIET,
      checkpoint,
      progress: (_: string, done: number) => {
        if (done === 3) throw new Interrupted();
      },
    };
    let interrupted = false;
    await runBacktest(panel, benchmark, options, stop).catch((error: unknown) => {
      interrupted = error instanceof Interrupted;
    });
    expect(interrupted).to.equal(true);
    const said: string[] = [];
    const resumed = await runBacktest(panel, benchmark, options, {
      ...QUIET,
      checkpoint,
      say: (line) => said.push(line),
    });
    expect(said.join()).to.match(/resuming: 3 decision days/);
    expect(JSON.stringify(resumed)).to.equal(JSON.stringify(whole));
  });

  it("prints every strategy, every month, the losing ones and the number of trials", async () => {
    const result = await runBacktest(panel, benchmark, {
      ...options,
      strategies: ["equal-weight", "carry", "hold:tokenB"],
    });
    const text = textOf(result);
    for (const { strategy, months } of result.strategies) {
      expect(text).to.contain(strategy);
      for (const { month } of months) expect(text).to.contain(month);
    }
    expect(text).to.match(/hold:tokenB: lost in \d+ of \d+ months|no losing month of \d+: .*hold:tokenB/);
    expect(text).to.contain("3 strategies and configurations were tried");
    expect(text).to.contain("APY only");
  });

  it("refuses unknown strategies and venues, and says how much history is needed", async () => {
    const caught = async (change: Partial<typeof options>, data = panel): Promise<unknown> =>
      runBacktest(data, benchmark, { ...options, ...change }).catch((error: unknown) => error);
    expect(await caught({ strategies: ["ai:reckless"] })).to.be.instanceOf(UnknownStrategyError);
    expect(await caught({ strategies: ["hold:nothing"] })).to.be.instanceOf(UnknownVenueError);
    const short = await caught({}, panelOf(seededVenues(40)));
    expect(short).to.be.instanceOf(HistoryTooShortError);
    expect(String(short)).to.match(/cover 40 days; at least 63 are needed/);
  });

  it("counts a strategy that is named twice once, and refuses none at all and a window without data", async () => {
    const named = ["ai", "carry", "ai:cautious", "carry"];
    const twice = await runBacktest(panel, benchmark, { ...options, strategies: named });
    expect(twice.strategies.map(({ strategy }) => strategy)).to.deep.equal(["ai:cautious", "carry"]);
    expect(twice.terms.trials).to.equal(2);
    const none = await runBacktest(panel, benchmark, { ...options, strategies: [] }).catch((error: unknown) => error);
    expect(none).to.be.instanceOf(UnknownStrategyError);
    const later = { from: FIRST_DAY + 400, to: null, minimumCoverage: 0, minimumDays: 3, terms: new Map() };
    expect(() => buildPanel(seededVenues(110), [], later)).to.throw(
      NoVenueError,
      /the data reach from 2024-03-18 to 2024-07-05, and no day of that lies within the window/,
    );
  });

  it("plans the first purchase at what the books charge for it: nothing, unless entries are charged", async () => {
    const dear = { ...options, costBps: 100, strategies: ["ai:growth"] };
    const [free] = (await runBacktest(panel, benchmark, dear)).strategies;
    expect(free?.decisions[0]?.moved).to.equal(true);
    expect(free?.costs).to.equal(0);
    const [charged] = (await runBacktest(panel, benchmark, { ...dear, chargeEntry: true })).strategies;
    expect(charged?.decisions[0]?.moved).to.equal(false);
  });

  it("says when a venue is left out with hindsight, and leaves one that ended in steps", async () => {
    const [a, b, lending, pool] = seededVenues(130);
    if (a === undefined || b === undefined || lending === undefined || pool === undefined)
      throw new Error("four venues");
    const rich: RawVenue = {
      ...lending,
      name: "rich",
      realised: {
        ...lending.realised,
        values: lending.realised.values.map((value, t) => (t < 90 ? 3 * value : Number.NaN)),
      },
    };
    const raw = [a, b, lending, pool, rich];
    const left = panelOf(raw, 0.9);
    expect(left.notes.join()).to.match(/rich: left out, it covers 69 % .* It ends on .* uses hindsight/);
    const kept = panelOf(raw);
    const [result] = (
      await runBacktest(kept, benchmarkOf(kept, "lending"), { ...options, every: 5, strategies: ["ai:growth"] })
    ).strategies;
    const weights = (result?.decisions ?? []).map(({ weights }) => weights[4] ?? Number.NaN);
    expect(Math.max(...weights)).to.be.above(0.5);
    expect(weights.at(-1)).to.be.below(0.05);
  });

  it("holds with the reason when no forecast can be made, and then earns nothing it was not told of", async () => {
    const result = await runBacktest(panel, benchmark, { ...options, warmup: 20, strategies: ["ai:growth"] });
    expect(result.strategies[0]?.decisions[0]?.moved).to.equal(false);
    expect(result.strategies[0]?.decisions[0]?.reasons.join()).to.match(/needed|needs/);
    expect(result.strategies[0]?.returns[0]).to.equal(0);
  });
});

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { z } from "zod";
import { OptionError } from "../../../keeper/cli/context.ts";
import { OBJECTIVES, type OptimizeFlags, optimizeReturns, riskOfReturns } from "../../../keeper/cli/portfolio.ts";
import { AssetFileError, PercentReturnsError, RowsTooFewError } from "../../../keeper/cli/portfolio-files.ts";
import { CellsMissingError } from "../../../keeper/cli/table-errors.ts";
import { createRng } from "../../../keeper/kernel/rng.ts";
import { InfeasibleError } from "../../../keeper/optimize/errors.ts";
import {
  SharpeUnboundedError,
  UnreachableTargetError,
  UnsupportedLimitError,
} from "../../../keeper/optimize/portfolio/errors.ts";
import { factorSample } from "../../support/portfolio.ts";

const answer = z.object({
  weights: z.record(z.string(), z.number()),
  value: z.number(),
  certificate: z.object({ gap: z.number(), infeasibility: z.number() }),
});

describe("amplified optimize and risk", () => {
  let folder = "";
  const path = (name: string): string => join(folder, name);
  const write = (name: string, text: string): string => {
    writeFileSync(path(name), text);
    return path(name);
  };
  const flags = (changes: Partial<OptimizeFlags> = {}): OptimizeFlags => ({
    returns: path("returns.csv"),
    objective: "min-variance",
    alpha: "0.05",
    cap: "1",
    floor: "0",
    riskFree: "0",
    covariance: "sample",
    ...changes,
  });
  async function failure(promise: Promise<unknown>): Promise<unknown> {
    return promise.then(
      () => null,
      (error: unknown) => error,
    );
  }

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "portfolio-"));
    const rows = factorSample(createRng(1), 4, 120);
    const lines = rows.map((row, t) => [new Date(86_400_000 * t).toISOString().slice(0, 10), ...row].join(","));
    write("returns.csv", ["date,a,b,c,d", ...lines].join("\n"));
    write("weights.csv", "asset,weight\na,0.25\nb,0.25\nc,0.25\nd,0.25\n");
    write("weights.json", JSON.stringify({ a: 0.25, b: 0.25, c: 0.25, d: 0.25 }));
    write("groups.csv", "group,asset,cap\npair,a,0.3\npair,b,0.3\n");
  });
  after(() => rmSync(folder, { recursive: true }));

  it("gives certified weights that sum to one for every objective", async () => {
    for (const objective of OBJECTIVES) {
      const target = objective === "target-return" ? { target: "0.0001" } : {};
      const { data, text } = await optimizeReturns(flags({ objective, ...target }));
      const { weights, certificate } = answer.parse(data);
      const total = Object.values(weights).reduce((a, b) => a + b, 0);
      expect(total, objective).to.be.closeTo(1, 1e-9);
      expect(certificate.gap, objective).to.be.below(1e-8);
      expect(text, objective).to.match(/proven within/);
    }
  });

  it("keeps caps, groups and turnover; CSV and JSON weights mean the same", async () => {
    for (const from of ["weights.csv", "weights.json"]) {
      const { data } = await optimizeReturns(
        flags({ objective: "cvar", cap: "0.4", groups: path("groups.csv"), turnover: "0.3", from: path(from) }),
      );
      const { weights } = answer.parse(data);
      expect((weights.a ?? 1) + (weights.b ?? 1)).to.be.at.most(0.3 + 1e-9);
      const moved = Object.values(weights).reduce((total, w) => total + Math.abs(w - 0.25), 0) / 2;
      expect(moved).to.be.at.most(0.3 + 1e-9);
      expect(Math.max(...Object.values(weights))).to.be.at.most(0.4 + 1e-12);
    }
  });

  it("prints every risk measure in its order", async () => {
    const { data, text } = await riskOfReturns({
      returns: path("returns.csv"),
      weights: path("weights.csv"),
      alpha: "0.05",
    });
    const figures = z
      .object({ historical: z.object({ var: z.number(), cvar: z.number(), evar: z.number(), worst: z.number() }) })
      .parse(data).historical;
    expect([figures.var, figures.cvar, figures.evar, figures.worst]).to.deep.equal(
      [figures.var, figures.cvar, figures.evar, figures.worst].sort((a, b) => a - b),
    );
    expect(text)
      .to.match(/EVaR/)
      .and.to.match(/where the CVaR comes from/);
  });

  it("error: each bad file or option is one typed error that names the place", async () => {
    const percent = write("percent.csv", "a,b\n0.01,1.5\n-2,0.1\n0.1,0.2\n");
    // Yearly yields in percent beside daily returns: no cell is impossible, half of the column is.
    const yields = write("yields.csv", "a,b\n0.0002,0.4\n0.0001,3.2\n0.0003,3.3\n");
    const tenths = ["a,10", "b,10", "c,10", "d,10", ...Array.from({ length: 6 }, (_, k) => `e${k},10`)].join("\n");
    const missing = write("missing.csv", "a,b\n0.01,0.5\n,0.1\n");
    const short = write("short.csv", "a,b,c\n0.01,0.5,0.1\n0.1,0.1,0.2\n");
    const stranger = write("stranger.csv", "asset,weight\nz,1\n");
    const cases: readonly [Partial<OptimizeFlags>, new (...args: never[]) => Error, RegExp][] = [
      [{ returns: percent }, PercentReturnsError, /row 3, column "a"/],
      [{ returns: yields }, PercentReturnsError, /row 3, column "b": 3.2 /],
      [{ groups: write("wide.csv", "group,asset,cap\npair,a,30\n") }, AssetFileError, /line 2 .* 30 % is 0.3/],
      [{ groups: write("wide.json", '[{"name":"pair","members":["a"],"cap":30}]') }, AssetFileError, /30 % is 0.3/],
      [
        { turnover: "0.1", from: write("hundred.csv", "a,33.3\nb,33.3\nc,33.3") },
        AssetFileError,
        /sum to 99.9, as percent do/,
      ],
      [{ turnover: "0.1", from: write("tenths.csv", tenths) }, AssetFileError, /sum to 100, as percent do/],
      [{ returns: missing }, CellsMissingError, /row 3/],
      [{ returns: short }, RowsTooFewError, /ledoit-wolf/],
      [{ cap: "0.2" }, InfeasibleError, /at most 0.2\) by 0.2/],
      [{ objective: "cvar", alpha: "0" }, OptionError, /--alpha/],
      [{ objective: "cvar", alpha: "five" }, OptionError, /--alpha/],
      [{ cap: "25" }, OptionError, /25 % is 0.25/],
      [{ turnover: "0.1" }, OptionError, /--from/],
      [{ turnover: "0.1", from: stranger }, AssetFileError, /"z"/],
      [{ objective: "target-return" }, OptionError, /--target/],
      [{ objective: "target-return", target: "1" }, UnreachableTargetError, /at most/],
      [{ objective: "hrp", cap: "0.3" }, UnsupportedLimitError, /cap/],
    ];
    for (const [change, type, message] of cases) {
      const error = await failure(optimizeReturns(flags(change)));
      expect(error, JSON.stringify(change)).to.be.instanceOf(type);
      expect(String(error)).to.match(message);
    }
  });

  it("error: a Sharpe ratio without a greatest value, returns too small to square, a level that is no level", async () => {
    const steady = factorSample(createRng(2), 3, 60).map((row) => [0.001, ...row].join(","));
    const returns = write("steady.csv", ["a,b,c,d", ...steady].join("\n"));
    expect(await failure(optimizeReturns(flags({ returns, objective: "max-sharpe" })))).to.be.instanceOf(
      SharpeUnboundedError,
    );
    const tiny = factorSample(createRng(2), 2, 60, 1e-200).map((row) => row.join(","));
    const small = write("tiny.csv", ["a,b", ...tiny].join("\n"));
    for (const objective of ["min-variance", "max-sharpe", "cvar"] as const)
      expect(await failure(optimizeReturns(flags({ returns: small, objective })))).to.be.instanceOf(AssetFileError);
    expect(await failure(optimizeReturns(flags({ objective: "cvar", alpha: "1e-300" })))).to.be.instanceOf(OptionError);
  });

  it("error: current weights that are not a whole portfolio, a group named twice", async () => {
    for (const text of ["a,1\nb,1", "a,0.5", "a,1e300", "a,50\nb,50"]) {
      const from = write("from.csv", text);
      expect(await failure(optimizeReturns(flags({ turnover: "0.1", from }))), text).to.be.instanceOf(AssetFileError);
    }
    const twice = [
      { name: "pair", members: ["a"], cap: 0.3 },
      { name: "pair", members: ["b"], cap: 0.9 },
    ];
    const groups = write("twice.json", JSON.stringify(twice));
    expect(await failure(optimizeReturns(flags({ groups })))).to.be.instanceOf(AssetFileError);
  });

  it("reads weights and groups with quotes, semicolons and comments as tables are read, and names their lines", async () => {
    const weights = write("quoted.csv", '# mine\r\n"asset";"weight"\r\n"a";0.5\r\n"b";0.5\r\n');
    const { data } = await riskOfReturns({ returns: path("returns.csv"), weights, alpha: "0.05" });
    expect(z.object({ weightsTotal: z.number() }).parse(data).weightsTotal).to.equal(1);
    const groups = write("quoted-groups.csv", '"group","asset","cap"\n"pair","a",0.3\n"pair","b",0.3\n');
    await optimizeReturns(flags({ groups }));
    const signed = write("signed.csv", "# mine\nasset,weight\na,50%\n");
    const error = await failure(riskOfReturns({ returns: path("returns.csv"), weights: signed, alpha: "0.05" }));
    expect(error).to.be.instanceOf(AssetFileError);
    expect(String(error)).to.match(/line 3 is not .*25 % is 0.25/);
  });

  it("error: what a file seems to say and does not: hexadecimal, a name twice, no group, a limit misspelt, a target unused", async () => {
    const cases: readonly [Partial<OptimizeFlags>, new (...args: never[]) => Error, RegExp][] = [
      [{ turnover: "0.1", from: write("hex.csv", "a,0x1\n") }, AssetFileError, /line 1/],
      [{ turnover: "0.1", from: write("two.json", '{"a":1,"b":0,"a":0}') }, AssetFileError, /names "a" twice/],
      [{ groups: write("none.csv", "group,asset,cap\n") }, AssetFileError, /no group/],
      [{ groups: write("none.json", "[]") }, AssetFileError, /no group/],
      [
        { groups: write("misspelt.json", '[{"name":"g","members":["a"],"cap":0.3,"flor":0.2}]') },
        AssetFileError,
        /flor/,
      ],
      [{ cap: "0x1" }, OptionError, /--cap/],
      [{ objective: "min-variance", target: "0.0001" }, OptionError, /--target .*target-return/],
      [{ objective: "hrp", target: "0.0001" }, OptionError, /--target .*target-return/],
    ];
    for (const [change, type, message] of cases) {
      const error = await failure(optimizeReturns(flags(change)));
      expect(error, JSON.stringify(change)).to.be.instanceOf(type);
      expect(String(error)).to.match(message);
    }
    const marked = write("marked.json", '\uFEFF{"a":1}');
    expect((await riskOfReturns({ returns: path("returns.csv"), weights: marked, alpha: "0.05" })).text).to.match(
      /EVaR/,
    );
  });

  it("names an unreachable return of a tail objective in the user's unit", async () => {
    const error = await failure(optimizeReturns(flags({ objective: "cvar", target: "0.5" })));
    if (!(error instanceof InfeasibleError)) throw new Error("not refused as infeasible");
    expect(error.conflict).to.include("least expected return must be at least 0.5");
    const [change] = error.relaxation;
    expect(change?.constraint).to.equal("least expected return (at least 0.5)");
    // The change it names is enough, and nearly all of it is needed.
    const target = (share: number): string => String(0.5 - share * (change?.by ?? Number.NaN));
    await optimizeReturns(flags({ objective: "cvar", target: target(1 + 1e-6) }));
    expect(await failure(optimizeReturns(flags({ objective: "cvar", target: target(0.99) })))).to.be.instanceOf(
      InfeasibleError,
    );
  });

  it("hints at percent where the returns are possible and improbable, and says what weights above 1 mean", async () => {
    const large = factorSample(createRng(3), 2, 60, 0.12).map((row) => row.map((v) => Math.max(-0.9, v)).join(","));
    const returns = write("large.csv", ["a,b", ...large].join("\n"));
    const hinted = z.object({ warnings: z.array(z.string()) });
    const { data } = await optimizeReturns(flags({ returns, objective: "cvar" }));
    expect(hinted.parse(data).warnings.join()).to.match(/large.csv, row \d+, column "a": -?0\.\d+, .* divide by 100/);
    const calm = await optimizeReturns(flags({ objective: "cvar" }));
    expect(hinted.parse(calm.data).warnings).to.deep.equal([]);
    const weights = write("twice.csv", "a,1\nb,1");
    const risk = await riskOfReturns({ returns: path("returns.csv"), weights, alpha: "0.05" });
    expect(hinted.parse(risk.data).warnings.join()).to.match(/sum to 2; what is above 1 is taken as borrowed/);
  });
});

/** What a column means: by its name, or a question; never a guess. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { parseSweep, readGas, readSlippage } from "../../../keeper/cli/backtest.ts";
import { type MarketFiles, readMarket, readTerms } from "../../../keeper/cli/backtest-files.ts";
import { EngineError } from "../../../keeper/kernel/errors.ts";

const DAYS = 80;
const date = (t: number): string => new Date(Date.UTC(2024, 0, 1 + t)).toISOString().slice(0, 10);

describe("files of a backtest", () => {
  let folder = "";
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "backtest-files-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const write = (name: string, header: string, row: (t: number) => string, days = DAYS): string => {
    const file = join(folder, name);
    writeFileSync(file, `${header}\n${Array.from({ length: days }, (_, t) => row(t)).join("\n")}\n`);
    return file;
  };
  const read = (files: Partial<MarketFiles>) =>
    readMarket({
      data: null,
      apy: null,
      kind: "auto",
      apyUnit: "percent",
      venues: null,
      benchmark: null,
      from: null,
      to: null,
      minimumCoverage: 0.9,
      minimumDays: 63,
      terms: {},
      ...files,
    });
  const refusal = async (files: Partial<MarketFiles>): Promise<string> => {
    const error = await read(files).then(
      () => null,
      (caught: unknown) => caught,
    );
    expect(error).to.be.instanceOf(EngineError);
    return String(error);
  };

  const returns = () =>
    write(
      "returns.csv",
      "date,a_mkt,a_prot,aave_WETH,x_apyonly,B-C_apyonly,borrow_WETH,loop3_a,idle",
      (t) => `${date(t)},${(t % 3) * 1e-4},8e-5,5e-5,6e-5,2e-4,7e-5,1e-4,0`,
    );

  it("earns market returns, forecasts protocol ones, and leaves out what is no venue", async () => {
    const { panel, benchmark } = await read({ data: returns() });
    expect(panel.venues.map((v) => [v.name, v.source, v.signalSource])).to.deep.equal([
      ["a", "market price", "protocol rate"],
      ["aave_WETH", "protocol rate", "protocol rate"],
      ["x", "APY only", "APY only"],
    ]);
    expect(panel.venues[0]?.realised.slice(0, 3)).to.deep.equal([0, 1e-4, 2e-4]);
    expect(panel.venues[0]?.signal[0]).to.equal(8e-5);
    expect(benchmark.name).to.equal("aave_WETH");
    expect(panel.notes.join("\n")).to.match(/B-C: left out, a yield without the prices/);
    const named = await read({ data: returns(), venues: ["B-C", "a"] });
    expect(named.panel.venues.map((v) => v.name)).to.deep.equal(["B-C", "a"]);
  });

  it("turns prices into returns that cover their gaps, and takes the rate of the same token as signal", async () => {
    const file = write("prices.csv", "date,dex_a,rate_a,ETH_USD", (t) =>
      t === 10 ? `${date(t)},,,2000` : `${date(t)},${1.1 + 0.0002 * t},${1.1 + 0.0001 * t},2000`,
    );
    const { panel } = await read({ data: file });
    const [a] = panel.venues;
    expect(a).to.include({ name: "dex_a", source: "market price", signalSource: "protocol rate", bridgesGaps: true });
    expect(Number.isNaN(a?.realised[9])).to.equal(true);
    expect(a?.realised[10]).to.be.closeTo((1.1 + 0.0002 * 11) / (1.1 + 0.0002 * 9) - 1, 1e-15);
  });

  it("reads one row per pool and day, keeps pools of one symbol apart, and leaves out contradictions", async () => {
    const rows = Array.from({ length: DAYS }, (_, t) => [
      `0x11111111aa,p,Ethereum,AB,${date(t)},3.65`,
      `0x22222222bb,p,Ethereum,AB,${date(t)},7.3`,
      `0x33333333cc,p,Ethereum,CD,${date(t)},1`,
    ]).flat();
    const file = join(folder, "long.csv");
    writeFileSync(
      file,
      `pool_old_clean,protocol_slug,chain,symbol,date,apy\n${rows.join("\n")}\n0x33333333cc,p,Ethereum,CD,${date(0)},2\n`,
    );
    const { panel, benchmark } = await read({ apy: file });
    expect(panel.venues.map((v) => v.name)).to.deep.equal(["p_AB_Ethereum_0x111111", "p_AB_Ethereum_0x222222"]);
    expect(panel.venues[0]?.realised[5]).to.be.closeTo(1e-4, 1e-15);
    expect(panel.notes.join()).to.match(/CD_Ethereum_0x333333: left out, it has two different figures on one day/);
    expect(benchmark.name).to.equal("equal-weight");
  });

  it("treats wild yields as missing, drops a column of them, and refuses fractions called percent", async () => {
    const wild = write(
      "wild.csv",
      "date,a,b",
      (t) => `${date(t)},${t === 3 ? 77000000000 : 5},${t % 5 === 0 ? 3759.81 : 5}`,
    );
    const { panel } = await read({ apy: wild });
    expect(panel.venues.map((v) => v.name)).to.deep.equal(["a"]);
    expect(Number.isNaN(panel.venues[0]?.realised[3])).to.equal(true);
    expect(panel.notes.join()).to.match(/b: left out, 16 of 80 figures/);
    const fractions = write("fractions.csv", "date,a", (t) => `${date(t)},${0.03 + 1e-4 * (t % 7)}`);
    expect(await refusal({ apy: fractions })).to.match(/look like fractions.*--apy-unit/);
    expect((await read({ apy: fractions, apyUnit: "fraction" })).panel.venues[0]?.realised[0]).to.be.closeTo(
      0.03 / 365,
      1e-15,
    );
  });

  it("refuses percent returns, unknown names, two rows of a day, a short history, all-zero data", async () => {
    const percent = write("percent.csv", "date,a", (t) => `${date(t)},${3 + 0.1 * (t % 4)}`);
    expect(await refusal({ data: percent })).to.match(/no simple return of one day.*--kind/);
    expect(await refusal({ data: returns(), venues: ["nothing"] })).to.match(/no venue "nothing".*aave_WETH/);
    const hourly = write(
      "hourly.csv",
      "date,a",
      (t) => `${date(Math.floor(t / 2))}T${t % 2 === 0 ? "00" : "12"}:00:00Z,1e-4`,
    );
    expect(await refusal({ data: hourly })).to.match(/of one day; one row a day is needed/);
    const short = write("short.csv", "date,a", (t) => `${date(t)},1e-4`, 24);
    expect(await refusal({ data: short })).to.match(/cover 24 days; at least 63 are needed/);
    const zero = write("zero.csv", "date,a", (t) => `${date(t)},0`);
    expect(await refusal({ data: zero })).to.match(/every column was left out/);
  });

  it("reads terms, gas and slippage, and says what is wrong with them", async () => {
    const terms = join(folder, "terms.json");
    writeFileSync(terms, '{"a": {"exitDays": 4, "capacity": 100}}');
    const { panel } = await read({ data: returns(), terms: await readTerms(terms) });
    expect(panel.venues[0]).to.include({ exitDays: 4, capacity: 100, costBps: null });
    writeFileSync(terms, '{"a": {"exitdays": 4}}');
    expect(String(await readTerms(terms).catch((error: unknown) => error))).to.match(/--terms/);

    const gas = write("gas.csv", "timestamp,base_fee_gwei", (t) => `${date(t)}T06:00:00Z,${10 + t}`);
    expect((await readGas(gas, panel))[5]?.leg).to.be.closeTo(200_000 * 15e-9, 1e-15);
    const part = write("part.csv", "timestamp,base_fee_gwei", (t) => `${date(t)}T06:00:00Z,10`, 20);
    expect(String(await readGas(part, panel).catch((error: unknown) => error))).to.match(/no base fee for 60 days/);

    const curve = write("curve.csv", "size,impact", (t) => `${10 * (t + 1)},${0.001 * (t + 1)}`, 3);
    expect(await readSlippage(curve, undefined)).to.have.length(3);
    const falling = write("falling.csv", "size,impact", (t) => `${10 - t},0.001`, 3);
    expect(String(await readSlippage(falling, undefined).catch((error: unknown) => error))).to.match(/row 3/);
    for (const [k, cell] of ["", "0x1", "0.1%"].entries()) {
      const unread = write(`unread${k}.csv`, "size,impact", (t) => `${10 + t},${t === 1 ? cell : "0.001"}`, 3);
      expect(String(await readSlippage(unread, undefined).catch((error: unknown) => error)), cell).to.match(/row 3/);
    }
  });

  it("reads sweeps", () => {
    expect(parseSweep(["cost-bps=0,5", "profile=growth"])).to.deep.equal([
      { change: [{ costBps: 0 }, { costBps: 5 }] },
      { change: [{ profile: "growth" }] },
    ]);
    expect(() => parseSweep(["speed=1"])).to.throw(/--sweep/);
    expect(() => parseSweep(["cost-bps"])).to.throw(/key=value/);
  });
});

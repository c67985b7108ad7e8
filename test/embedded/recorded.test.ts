/** Recorded tables are read strictly: right numbers from right files, one clear error from wrong ones. */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { MarketFileError, MarketParameterError } from "../../embedded/errors.ts";
import { addDays, formatDate } from "../../embedded/market/market.ts";
import { recordedMarket } from "../../embedded/market/recorded.ts";
import { expectClose } from "../support/close.ts";

const SHARED = new URL("../../../shared/data/", import.meta.url).pathname;
const START = Date.UTC(2024, 4, 14) / 1000;
const DAYS = 3;

/** File name -> lines. Three days whose every number can be checked by hand. */
function goodFiles(): Record<string, string[]> {
  const dates = Array.from({ length: DAYS + 1 }, (_, index) => formatDate(addDays(START, index - 1)));
  const days = dates.slice(1);
  return {
    "core_returns_eth_x.csv": [
      "date,wstETH_mkt,wstETH_prot,weETH_mkt,weETH_prot,aave_WETH,curve_stETH_apyonly",
      ...days.map((date) => `${date},0.0002,0.0001,-0.001,0.0001,0.00005,0.00006`),
    ],
    "core_apy_pct_x.csv": ["date,aave_WETH", ...days.map((date) => `${date},1.83`)],
    "gas_hourly_x.csv": [
      "timestamp,base_fee_gwei",
      ...days.flatMap((date) =>
        Array.from({ length: 24 }, (_, hour) => `${date}T${String(hour).padStart(2, "0")}:00:00Z,${hour + 0.5}`),
      ),
    ],
    "eth_prices_daily_x.csv": [
      "date,flip_WSTETH,flip_WEETH,dex_wstETH,rate_wstETH,dex_weETH,rate_weETH,ETH_USD_close",
      ...dates.map((date) => `${date},,,1.19,1.2,1.05,1.06,3000.5`),
    ],
  };
}

describe("recorded market", () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "recorded-"));
  });

  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  const write = (files: Record<string, string[]>): void => {
    for (const [name, lines] of Object.entries(files)) writeFileSync(join(directory, name), `${lines.join("\n")}\n`);
  };
  const read = () => recordedMarket({ directory, assumedQueueDelayDays: 3 });

  const failure = (change: (files: Record<string, string[]>) => void): MarketFileError => {
    const files = goodFiles();
    change(files);
    write(files);
    try {
      read();
    } catch (thrown) {
      if (thrown instanceof MarketFileError) return thrown;
      throw thrown;
    }
    return expect.fail("nothing was thrown");
  };
  const edit = (file: string, line: number, from: string | RegExp, to: string) => (files: Record<string, string[]>) => {
    const before = files[file]?.[line - 1] ?? expect.fail(`no line ${line}`);
    const after = before.replace(from, to);
    expect(after).not.to.equal(before);
    files[file]?.splice(line - 1, 1, after);
  };

  it("turns columns into days", () => {
    write(goodFiles());
    const market = read();
    expect(market.days.map((day) => day.date)).to.deep.equal(["2024-05-14", "2024-05-15", "2024-05-16"]);
    const day = market.days[1];
    expect(day?.stethReturn).to.equal(0.0001);
    expectClose(day?.aaveSupplyRate, 0.00005 * 365, 1e-15);
    expectClose(day?.stethPrice, (1.19 / 1.2) * (1.0002 / 1.0001) ** 2, 1e-12);
    expectClose(day?.weethRatio, (1.05 / 1.06) * (0.999 / 1.0001) ** 2, 1e-12);
    expect(day?.baseFees[5]).to.equal(5_500_000_000n);
    expect(day?.ethUsd).to.equal(3000.5);
    expect(day?.queueDelayDays).to.equal(3);
    expect(market.initial.stethRate).to.equal(1.2);
  });

  it("declares what is not recorded instead of inventing it", () => {
    write(goodFiles());
    const market = read();
    expect(market.days.every((day) => day.gearboxSupplyRate === null)).to.equal(true);
    const notes = new Map(market.describeMapping().map((line) => [line.feeds, line.note]));
    expect(notes.get("Gearbox supply rate")).to.contain("absent");
    expect(notes.get("withdrawal queue delay")).to.contain("assumed");
  });

  it("anchors at 1.0 and says so when there is no price table", () => {
    const files = goodFiles();
    delete files["eth_prices_daily_x.csv"];
    write(files);
    const market = read();
    expect(market.initial).to.deep.equal({ stethRate: 1, weethRate: 1, stethPrice: 1, weethRatio: 1, ethUsd: null });
    expect(market.days[0]?.ethUsd).to.equal(null);
    expect(market.describeMapping().filter((line) => line.note.includes("no recorded level")).length).to.equal(4);
  });

  it("says that units were not cross-checked when there is no table of yields", () => {
    const files = goodFiles();
    delete files["core_apy_pct_x.csv"];
    write(files);
    const line = read()
      .describeMapping()
      .find(({ column }) => column === "core_apy_pct.aave_WETH");
    expect(line?.note).to.contain("not cross-checked");
  });

  it("anchors at the flip_ price when the dex_ price of that day is empty", () => {
    const files = goodFiles();
    edit("eth_prices_daily_x.csv", 2, ",,,1.19,", ",1.18,,,")(files);
    write(files);
    expectClose(read().initial.stethPrice, 1.18 / 1.2, 1e-15);
  });

  it("compounds what holding earned between two dates", () => {
    write(goodFiles());
    const held = read().holdReturns("2024-05-14", "2024-05-15");
    expect(held.days).to.equal(2);
    expectClose(held.wstETH_mkt, 1.0002 ** 2 - 1, 1e-15);
    expectClose(held.equalWeight, (1 + (0.0002 - 0.001 + 0.00005 + 0.00006) / 4) ** 2 - 1, 1e-15);
    expect(() => read().holdReturns("2024-05-13", "2024-05-15")).to.throw(MarketParameterError);
    expect(() => read().holdReturns("2024-05-15", "2024-05-14")).to.throw(MarketParameterError);
  });

  const RETURNS = "core_returns_eth_x.csv";
  const GAS = "gas_hourly_x.csv";
  const faults: readonly {
    what: string;
    change: (files: Record<string, string[]>) => void;
    file: string;
    row: number | null;
    column: string | null;
    says: RegExp;
  }[] = [
    {
      what: "a missing file",
      change: (files) => delete files[GAS],
      file: "gas_hourly_*.csv",
      row: null,
      column: null,
      says: /missing from the market directory/,
    },
    {
      what: "two files of one kind",
      change: (files) => {
        files["gas_hourly_y.csv"] = ["timestamp"];
      },
      file: "gas_hourly_*.csv",
      row: null,
      column: null,
      says: /several files match/,
    },
    {
      what: "an empty file",
      change: (files) => {
        files[RETURNS] = files[RETURNS]?.slice(0, 1) ?? [];
      },
      file: RETURNS,
      row: null,
      column: null,
      says: /no rows/,
    },
    {
      what: "a missing column",
      change: edit(RETURNS, 1, "weETH_prot", "weETH_rate"),
      file: RETURNS,
      row: 1,
      column: "weETH_prot",
      says: /column is missing/,
    },
    {
      what: "a column twice",
      change: edit(RETURNS, 1, "weETH_prot", "weETH_mkt"),
      file: RETURNS,
      row: 1,
      column: "weETH_mkt",
      says: /appears twice/,
    },
    {
      what: "a cell that is no number",
      change: edit(RETURNS, 3, "0.0002", "n/a"),
      file: RETURNS,
      row: 3,
      column: "wstETH_mkt",
      says: /"n\/a" is not a number/,
    },
    {
      what: "an empty cell",
      change: edit(RETURNS, 3, "0.0002", ""),
      file: RETURNS,
      row: 3,
      column: "wstETH_mkt",
      says: /"" is not a number/,
    },
    {
      what: "a number that is infinite",
      change: edit(RETURNS, 3, "0.0002", "Infinity"),
      file: RETURNS,
      row: 3,
      column: "wstETH_mkt",
      says: /not a number/,
    },
    {
      what: "a line cut short",
      change: edit(RETURNS, 3, /,0.00006$/, ""),
      file: RETURNS,
      row: 3,
      column: null,
      says: /6 cells, the header 7/,
    },
    {
      what: "a quoted cell",
      change: edit(RETURNS, 3, "0.0002", '"0.0002"'),
      file: RETURNS,
      row: null,
      column: null,
      says: /quotes/,
    },
    {
      what: "a date that is none",
      change: edit(RETURNS, 3, "2024-05-15", "2024-15-05"),
      file: RETURNS,
      row: 3,
      column: "date",
      says: /not a date/,
    },
    {
      what: "a date twice",
      change: edit(RETURNS, 3, "2024-05-15", "2024-05-14"),
      file: RETURNS,
      row: 3,
      column: "date",
      says: /2024-05-14 appears twice/,
    },
    {
      what: "dates out of order",
      change: edit(RETURNS, 3, "2024-05-15", "2024-05-10"),
      file: RETURNS,
      row: 3,
      column: "date",
      says: /comes after 2024-05-14/,
    },
    {
      what: "a missing day",
      change: (files) => files[RETURNS]?.splice(2, 1),
      file: RETURNS,
      row: 3,
      column: "date",
      says: /1 entries are missing/,
    },
    {
      what: "a missing hour",
      change: (files) => files[GAS]?.splice(9, 2),
      file: GAS,
      row: 10,
      column: "timestamp",
      says: /2 entries are missing/,
    },
    {
      what: "gas that ends too early",
      change: (files) => files[GAS]?.splice(-1, 1),
      file: "gas_hourly_*",
      row: null,
      column: "timestamp",
      says: /2024-05-16 23:00 UTC is missing/,
    },
    {
      what: "an annual yield in percent where a daily return belongs",
      change: edit(RETURNS, 3, "0.00005,", "1.83,"),
      file: RETURNS,
      row: 3,
      column: "aave_WETH",
      says: /183.0 % a day/,
    },
    {
      what: "yields as fractions where percent belong",
      change: (files) => {
        files["core_apy_pct_x.csv"] = (files["core_apy_pct_x.csv"] ?? []).map((line) => line.replace("1.83", "0.0183"));
      },
      file: "core_apy_pct_x.csv",
      row: null,
      column: "aave_WETH",
      says: /Write annual yields in percent/,
    },
    {
      what: "a negative lending return",
      change: edit(RETURNS, 3, "0.00005,", "-0.00005,"),
      file: RETURNS,
      row: 3,
      column: "aave_WETH",
      says: /index cannot fall/,
    },
    {
      what: "a base fee in wei",
      change: edit(GAS, 4, "2.5", "2500000000"),
      file: GAS,
      row: 4,
      column: "base_fee_gwei",
      says: /no base fee in gwei/,
    },
    {
      what: "a price that is not positive",
      change: edit("eth_prices_daily_x.csv", 2, "1.19", "-1.19"),
      file: "eth_prices_daily_x.csv",
      row: 2,
      column: "dex_wstETH",
      says: /is no price/,
    },
  ];
  for (const { what, change, file, row, column, says } of faults) {
    it(`error: MarketFileError on ${what}`, () => {
      const thrown = failure(change);
      expect({ file: thrown.file, row: thrown.row, column: thrown.column }).to.deep.equal({ file, row, column });
      expect(thrown.message).to.match(says);
      expect(thrown.message).to.contain(thrown.remedy);
    });
  }

  it("error: MarketFileError when the directory does not exist", () => {
    expect(() => recordedMarket({ directory: join(directory, "nowhere"), assumedQueueDelayDays: 3 })).to.throw(
      MarketFileError,
    );
  });

  it("reproduces the published returns of the recorded year", function () {
    if (!existsSync(SHARED) || !readdirSync(SHARED).some((name) => name.startsWith("core_returns_eth_"))) this.skip();
    const market = recordedMarket({ directory: SHARED, assumedQueueDelayDays: 3 });
    const held = market.holdReturns("2024-05-14", "2025-05-13");
    expect(held.days).to.equal(365);
    expectClose(held.equalWeight, 0.02522, 5e-6);
    expectClose(held.wstETH_mkt, 0.0307, 5e-5);
    expectClose(held.weETH_mkt, 0.0284, 5e-5);
    expectClose(held.aave_WETH, 0.0205, 5e-5);
    expectClose(market.initial.stethPrice, 1.1660022 / 1.1664798, 1e-12);
  });
});

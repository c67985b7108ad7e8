import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { z } from "zod";
import { haveFixtures, rFits } from "../../../bench/quant/fixtures.ts";
import { OptionError } from "../../../keeper/cli/context.ts";
import { type ForecastFlags, forecastTable, MODEL_NAMES, parseOrder } from "../../../keeper/cli/forecast.ts";
import { forecastAll } from "../../../keeper/cli/forecast-all.ts";
import { parseLevels } from "../../../keeper/cli/forecast-input.ts";
import { ColumnTooShortError, ColumnUnknownError } from "../../../keeper/cli/table-errors.ts";
import { EngineError } from "../../../keeper/kernel/errors.ts";
import { createRng } from "../../../keeper/kernel/rng.ts";

/** Where a value that JSON would write as null stands, by path. */
function holesIn(value: unknown, path = ""): string[] {
  if (typeof value === "number") return Number.isFinite(value) ? [] : [path];
  if (value === null || value === undefined) return [path];
  if (typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, item]) => holesIn(item, `${path}.${key}`));
}

describe("amplified forecast", function () {
  this.timeout(60_000);
  let folder: string;
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const flags = (data: string, changes: Partial<ForecastFlags> = {}): ForecastFlags => ({
    data,
    model: "auto",
    h: "7",
    levels: "80,95",
    period: "1",
    ...changes,
  });
  const rng = createRng(5);
  let level = 3;
  const values = Array.from({ length: 200 }, () => {
    level += 0.1 * (3 - level) + 0.1 * rng.normal();
    return level;
  });
  const dated = values.map((value, t) => `${new Date(Date.UTC(2024, 0, 1 + t)).toISOString().slice(0, 10)},${value}`);
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "amplified-forecast-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("every model gives h dated rows with nested intervals", async () => {
    const path = file("a.csv", `date,apy\n${dated.join("\n")}\n`);
    for (const model of ["auto", "arima", "ets", "theta", "naive", "drift", "mean", "mean-30", "exponential-mean"]) {
      const { text } = await forecastTable(flags(path, { model }));
      const rows = text.split("\n").filter((line) => /^2024-07-/.test(line));
      expect(rows, model).to.have.length(7);
      expect(rows[0], model).to.match(/^2024-07-19 .*80 %: .* 95 %: /);
    }
  });

  it("a given order prints its figures; missing cells are allowed", async () => {
    const holed = dated.map((line, t) => (t % 11 === 3 ? line.replace(/,.*/, ",") : line));
    const { text } = await forecastTable(flags(file("b.csv", `date,apy\n${holed.join("\n")}\n`), { order: "1,0,0" }));
    expect(text).to.contain("ARIMA(1,0,0) with mean");
    for (const name of ["ar1", "intercept", "sigma2", "loglik", "aicc"]) expect(text).to.contain(name);
  });

  it("--all: every column, as it would be alone; a column without data is named and stops nobody", async () => {
    const wide = dated.map((line, t) => `${line},${5 + (values[(t * 7) % 200] ?? 0)},`);
    const path = file("wide.csv", `date,apy,other,empty\n${wide.join("\n")}\n`);
    const seen: string[] = [];
    const { text, data, exitCode } = await forecastAll(flags(path), (done, total) => seen.push(`${done}/${total}`));
    expect(exitCode).to.equal(0);
    const none = await forecastAll(flags(file("none.csv", "a,b\n1,\n,2\n")), () => {});
    expect(none.exitCode).to.equal(2);
    expect(seen).to.deep.equal(["1/2", "2/2"]);
    const alone = await forecastTable(flags(path, { column: "apy" }));
    const mean = /mean over the horizon (\S+)/.exec(alone.text)?.[1];
    expect(text.split("\n")[0]).to.contain(`apy: mean over the horizon ${mean} `);
    expect(text.split("\n")[2]).to.match(/^empty: none: /);
    expect(JSON.stringify(data)).to.contain('"TABLE_COLUMN_SHORT"');
    const error: unknown = await forecastAll(flags(path, { model: "ets" }), () => {}).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).to.be.instanceOf(OptionError);
  });

  it("--xreg: the named coefficient, and a future that moves the forecast", async () => {
    const noise = createRng(6);
    const lever = Array.from({ length: 107 }, () => noise.normal());
    const date = (t: number): string => new Date(Date.UTC(2024, 0, 1 + t)).toISOString().slice(0, 10);
    const rows = (list: readonly number[]): string[] => list.map((value, t) => `${date(t)},${value}`);
    const y = lever.slice(0, 100).map((x) => 2 + 3 * x + 0.1 * noise.normal());
    const data = file("y.csv", `date,y\n${rows(y).join("\n")}\n`);
    const whole = file("x.csv", `date,utilization\n${rows(lever).join("\n")}\n`);
    for (const changes of [{ order: "0,0,0" }, { model: "arima" }, {}]) {
      const { text } = await forecastTable(flags(data, { ...changes, xreg: whole }));
      const found = /"utilization":([\d.]+)/.exec(text)?.[1];
      expect(Number(found), JSON.stringify(changes)).to.be.closeTo(3, 0.1);
      const first = Number(/^2024-04-10 +(\S+)/m.exec(text)?.[1]);
      expect(first).to.be.closeTo(2 + 3 * (lever[100] ?? Number.NaN), 0.3);
    }
    const short = file("short.csv", `date,utilization\n${rows(lever.slice(0, 100)).join("\n")}\n`);
    const shifted = file("shifted.csv", `date,utilization\n${lever.map((x, t) => `${date(t + 1)},${x}`).join("\n")}\n`);
    const failures: readonly (readonly [Partial<ForecastFlags>, RegExp])[] = [
      [{ xreg: short }, /100 rows and 107 are needed/],
      [{ xreg: shifted }, /stands where 2024-01-01 is expected/],
      [{ xreg: whole, model: "ets" }, /Only ARIMA/],
    ];
    for (const [changes, words] of failures) {
      const error: unknown = await forecastTable(flags(data, changes)).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(OptionError).with.property("message").that.matches(words);
    }
  });

  it("error: options, columns and empty series name their remedy", async () => {
    expect(() => parseLevels("0.8")).to.throw(OptionError, /percentages/);
    for (const levels of ["80,abc", "80,", "", "0", "100", "-5", "NaN", "80,80"])
      expect(() => parseLevels(levels), levels).to.throw(OptionError);
    expect(parseLevels(" 95 , 99")).to.deep.equal([0.95, 0.99]);
    expect(() => parseOrder("1,1")).to.throw(OptionError, /p,d,q/);
    expect(() => parseOrder("1,0,0,1,0,0,1")).to.throw(OptionError, /period/);
    const path = file("c.csv", "date,a,b\n2024-01-01,,1\n2024-01-02,,2\n2024-01-03,,2\n2024-01-04,,1\n");
    const failures: readonly (readonly [Partial<ForecastFlags>, unknown])[] = [
      [{}, ColumnUnknownError],
      [{ column: "z" }, ColumnUnknownError],
      [{ column: "a" }, ColumnTooShortError],
      [{ column: "b", h: "0" }, OptionError],
      [{ column: "b", model: "prophet" }, OptionError],
      [{ column: "b", model: "ets", order: "1,0,0" }, OptionError],
      ...["__proto__", "constructor", "ARIMA", ""].map((model) => [{ column: "b", model }, OptionError] as const),
      [{ column: "b", period: "3" }, OptionError],
      [{ column: "b", order: "3,1,3" }, ColumnTooShortError],
      [{ column: "b", order: "0,0,0,0,0,1,9" }, ColumnTooShortError],
    ];
    for (const [changes, expected] of failures) {
      const error: unknown = await forecastTable(flags(path, changes)).catch((thrown: unknown) => thrown);
      expect(Object.getPrototypeOf(error).constructor, JSON.stringify(changes)).to.equal(expected);
    }
  });

  const sizes: Readonly<Record<string, readonly number[]>> = {
    three: [3, 4, 7],
    four: [3, 4, 7, 12],
    constant: new Array<number>(120).fill(3),
    zeros: new Array<number>(12).fill(0),
    line: Array.from({ length: 100 }, (_, t) => 0.5 * t),
    negative: values.map((value) => -value),
    large: values.map((value) => 1e90 * value),
    small: values.map((value) => 1e-90 * value),
    spike: values.map((value, t) => (t === 150 ? 1e6 : value)),
  };
  for (const [name, series] of Object.entries(sizes)) {
    it(`${name}: every model gives numbers and no hole in the JSON, or one error with exit code 2`, async () => {
      const path = file(`${name}.csv`, `apy\n${series.join("\n")}\n`);
      const models: Partial<ForecastFlags>[] = MODEL_NAMES.filter((model) => model !== "lstm").map((model) => ({
        model,
      }));
      for (const changes of [...models, { order: "1,0,1" }, { order: "0,1,1" }]) {
        const label = `${name} ${JSON.stringify(changes)}`;
        try {
          const { data } = await forecastTable(flags(path, changes));
          expect(holesIn(data), label).to.deep.equal([]);
        } catch (error) {
          expect(error, label).to.be.instanceOf(EngineError).with.property("exitCode", 2);
        }
      }
    });
  }

  it("a short column gets its mean of what is known, not zero; a constant one says that its intervals have no width", async () => {
    const short = await forecastTable(flags(file("short.csv", "apy\n3\n4\n7\n12\n")));
    expect(short.data).to.have.property("model", "naive");
    expect(short.data)
      .to.have.property("note")
      .that.matches(/4 rows; .* need 56/);
    const constant = file("flat.csv", `apy\n${"3\n".repeat(60)}`);
    expect((await forecastTable(flags(constant, { model: "arima" }))).data)
      .to.have.property("note")
      .that.matches(/without width/);
  });

  it("a gap before the first value is no obstacle; where too few errors are known ARIMA stands in, without an infinite interval", async () => {
    const late = file("late.csv", ["apy", ...values.map((value, t) => (t < 80 ? "NA" : value))].join("\n"));
    const cut = file("cut.csv", ["apy", ...values.slice(80)].join("\n"));
    for (const changes of [{}, { model: "arima" }, { order: "1,0,1" }]) {
      const rows = z.object({ forecast: z.unknown(), model: z.string() });
      const found = await forecastTable(flags(late, changes));
      expect(rows.parse(found.data)).to.deep.equal(rows.parse((await forecastTable(flags(cut, changes))).data));
      expect(found.data).to.include({ observations: 120, missing: 80 });
    }
    const all = await forecastAll(flags(late), () => {});
    expect(all.exitCode).to.equal(0);
    // A pool that is gone: what its last months would have shown is not known.
    const gone = file("gone.csv", ["apy", ...values.map((value, t) => (t > 35 ? "NA" : value))].join("\n"));
    const { data } = await forecastTable(flags(gone));
    expect(holesIn(data)).to.deep.equal([]);
    expect(data)
      .to.have.property("note")
      .that.matches(/200 rows, 36 of them observed; .* ARIMA by AICc stands in/);
    expect((await forecastAll(flags(gone), () => {})).text).to.match(/rolling origins/);
  });

  it("levels are told as they were asked for, and dates as the file counts: months by the calendar, numbered rows not at all", async () => {
    expect(parseLevels("99.9")).to.deep.equal([0.999]);
    for (const level of ["0x50", "99.99999999999999"]) expect(() => parseLevels(level), level).to.throw(OptionError);
    const month = (t: number): string => new Date(Date.UTC(2021, t, 1)).toISOString().slice(0, 10);
    const monthly = file(
      "monthly.csv",
      ["date,apy", ...values.slice(0, 30).map((v, t) => `${month(t)},${v}`)].join("\n"),
    );
    const numbered = file(
      "numbered.csv",
      ["day,apy", ...values.slice(0, 30).map((v, t) => `${t + 1},${v}`)].join("\n"),
    );
    const naive = { model: "naive", h: "3", levels: "99.99" };
    const first = (text: string): string[] =>
      text
        .split("\n")
        .slice(-3)
        .map((line) => line.split(" ")[0] ?? "");
    const { text } = await forecastTable(flags(monthly, naive));
    expect(first(text)).to.deep.equal(["2023-07-01", "2023-08-01", "2023-09-01"]);
    expect(text).to.contain(" 99.99 %: ");
    expect(first((await forecastTable(flags(numbered, naive))).text)).to.deep.equal(["+1", "+2", "+3"]);
  });

  it("error: too few, too large and too small values name file, row and column", async () => {
    const failures: readonly (readonly [string, RegExp])[] = [
      ["apy\n3\n", /two\.csv, column "apy": 1 observation where .* needs 3/],
      ["apy\n\n3\n4\n", /column "apy": 2 observations/],
      ["a,b\n1,\n2,\n3,\n", /column "b": 0 observations/],
      ["apy\n1\n2\n1e300\n", /row 4, column "apy": 1e\+300 is beyond/],
      ["apy\n1e-300\n2e-300\n1e-300\n", /row 3, column "apy": 2e-300 is beyond/],
    ];
    for (const [text, words] of failures) {
      const path = file("two.csv", text);
      const changes = text.startsWith("a,b") ? { column: "b" } : {};
      const error: unknown = await forecastTable(flags(path, changes)).catch((thrown: unknown) => thrown);
      expect(error, text).to.be.instanceOf(EngineError).with.property("exitCode", 2);
      expect(String(error)).to.match(words);
    }
  });

  it("--order prints R's log-likelihood and AICc", async function () {
    if (!haveFixtures) this.skip();
    const printed = rFits().filter(({ name }) => ["logAirPassengers", "Nile", "lynx", "weekly_sar"].includes(name));
    expect(printed).to.have.length(4);
    for (const { name, y, order, loglik, aicc, sigma2 } of printed) {
      const { p, d, q, P, D, Q, m } = order;
      const text = m > 1 ? [p, d, q, P, D, Q, m].join(",") : [p, d, q].join(",");
      const { data } = await forecastTable(flags(file(`${name}.csv`, `y\n${y.join("\n")}\n`), { order: text }));
      const found = z.object({ loglik: z.number(), aicc: z.number(), sigma2: z.number() }).parse(data);
      expect(found.loglik, name).to.be.closeTo(loglik, 1e-5 * Math.abs(loglik));
      expect(found.aicc, name).to.be.closeTo(aicc, 1e-5 * Math.abs(aicc));
      // R's own counts the diffuse start among the squares (docs/MODELS.md).
      expect(found.sigma2 / sigma2, name).to.be.within(0.99, 1.001);
    }
  });

  it("the LSTM states its training, begins from its checkpoint, and gives the same rows on both kernels", async () => {
    const path = file(
      "lstm.csv",
      `date,apy,other\n${dated.map((line, t) => `${line},${values[t] ?? 0}`).join("\n")}\n`,
    );
    const lstm = { column: "apy", model: "lstm", pools: "all", h: "3" };
    const checkpoint = join(folder, "checkpoint");
    const first = await forecastTable(flags(path, { ...lstm, backend: "typescript", checkpoint }));
    expect(first.text.split("\n").filter((line) => /^2024-07-/.test(line))).to.have.length(3);
    expect(first.text).to.contain('trainedOn: ["apy","other"]');
    const other = await forecastTable(flags(path, { ...lstm, backend: "wasm" }));
    const rowsOf = (text: string) => text.split("\n").filter((line) => line.startsWith("2024-07-"));
    expect(rowsOf(other.text)).to.deep.equal(rowsOf(first.text));
    const second = await forecastTable(flags(path, { ...lstm, checkpoint }));
    expect(second.data).to.have.property("begunFrom", "the checkpoint");
    // A save that was killed: some members of before, some written and not yet in place.
    rmSync(join(checkpoint, "member-0"), { recursive: true });
    cpSync(join(checkpoint, "member-1"), join(`${checkpoint}.partial`, "member-0"), { recursive: true });
    const third = await forecastTable(flags(path, { ...lstm, checkpoint }));
    expect(third.data).to.have.property("begunFrom", "a fresh start");
    expect(rowsOf(third.text)).to.deep.equal(rowsOf(first.text));
    expect(existsSync(`${checkpoint}.partial`)).to.equal(false);
    const fourth = await forecastTable(flags(path, { ...lstm, checkpoint }));
    expect(fourth.data).to.have.property("begunFrom", "the checkpoint");
    const taken: unknown = await forecastTable(flags(path, { ...lstm, checkpoint: path })).catch((e: unknown) => e);
    expect(taken).to.be.instanceOf(OptionError);
  });

  it("error: LSTM options without the LSTM, an unknown or absent backend, too little history, a foreign checkpoint", async () => {
    const refused = async (changes: Partial<ForecastFlags>, path: string, words: RegExp): Promise<void> => {
      const error: unknown = await forecastTable(flags(path, changes)).catch((caught: unknown) => caught);
      expect(error).to.be.instanceOf(EngineError);
      expect(String(error)).to.match(words);
    };
    const path = file("c.csv", `date,apy\n${dated.join("\n")}\n`);
    const short = file("d.csv", `date,apy\n${dated.slice(0, 60).join("\n")}\n`);
    await refused({ backend: "wasm" }, path, /--model lstm/);
    await refused({ model: "lstm", backend: "cuda" }, path, /Choose one of wasm/);
    await refused({ model: "lstm", liquidity: "depth" }, path, /depth/);
    await refused({ model: "lstm", order: "1,0,0" }, path, /--order/);
    await refused({ model: "lstm", xreg: path }, path, /--xreg|rows/);
    await refused({ model: "lstm" }, short, /needs 85 steps/);
    const checkpoint = join(folder, "weekly");
    await forecastTable(flags(path, { model: "lstm", checkpoint }));
    await refused({ model: "lstm", checkpoint, h: "5" }, path, /is needed/);
    await refused(
      { model: "lstm", checkpoint },
      file("e.csv", `date,apy\n${dated.slice(0, 190).join("\n")}\n`),
      /later days/,
    );
  });

  it("tells how far it is, member by member, and only where members are judged", async () => {
    const path = file("progress.csv", ["apy", ...values].join("\n"));
    const seen: (readonly [number, number])[] = [];
    await forecastTable(flags(path), (done, total) => seen.push([done, total]));
    const total = seen[0]?.[1] ?? 0;
    expect(total).to.be.at.least(10);
    expect(seen).to.deep.equal(Array.from({ length: total }, (_, k) => [k + 1, total]));
    await forecastTable(flags(path, { model: "naive" }), () => expect.fail("nothing is judged"));
  });

  it("says where fractions and percent stand in one column, and where returns look like percent; a yield in percent is fine", async () => {
    const hinted = z.object({ warnings: z.array(z.string()) });
    const warningsOf = async (name: string, column: string, list: readonly number[]): Promise<string[]> => {
      const path = file(name, [column, ...list].join("\n"));
      const one = await forecastTable(flags(path, { model: "naive" }));
      for (const warning of hinted.parse(one.data).warnings) expect(one.text).to.include(`warning: ${warning}`);
      return hinted.parse(one.data).warnings;
    };
    const switched = values.map((value, t) => (t < 120 ? value / 100 : value));
    const [mixed = "", ...more] = await warningsOf("switched.csv", "apy", switched);
    expect(more).to.have.length(0);
    expect(mixed).to.match(
      /switched.csv, row 122, column "apy": [2-4]\.\d+ follows 0\.0[2-4]\d+: .* near 0.0\d+ or near [2-4]/,
    );
    const [returns = ""] = await warningsOf("returns.csv", "daily_return", values);
    expect(returns).to.match(/returns.csv, row \d+, column "daily_return": [2-4]\.\d+, .* divide by 100/);
    expect(await warningsOf("yields.csv", "apy", values)).to.have.length(0);
    // Two spikes a hundred times the level are spikes, and a level that merely rises is no other unit.
    const spiked = values.map((value, t) => (t === 50 || t === 51 ? 100 * value : value));
    expect(await warningsOf("spiked.csv", "apy", spiked)).to.have.length(0);
    const risen = values.map((value, t) => (t < 120 ? value : 12 * value));
    expect(await warningsOf("risen.csv", "apy", risen)).to.have.length(0);
    const table = file("both.csv", ["a,b", ...values.map((value, t) => `${value},${switched[t]}`)].join("\n"));
    const all = await forecastAll(flags(table), () => {});
    expect(hinted.parse(all.data).warnings).to.have.length(1);
    expect(all.text).to.match(/warning: .*column "b"/);
  });
});

/** `amplified ranges` on files: the decision, its assumptions, the picture, and refusals that name the remedy. */
import { strict as assert } from "node:assert";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OptionError } from "../../../keeper/cli/context.ts";
import { decideRanges, parseRange, type RangesFlags } from "../../../keeper/cli/ranges.ts";
import { ColumnUnknownError, TableFormatError } from "../../../keeper/cli/table-errors.ts";
import { seriesOf } from "./support.ts";

const FLAGS = {
  column: "price",
  fee: "100",
  spacing: "1",
  assetToken: "1",
  value: "100",
  volume: "300",
  othersLiquidity: "50000",
  gasCost: "0.001",
  slippage: "0.0005",
  horizon: "14",
  cvarLimit: "0.01",
  seed: "1",
};

describe("amplified ranges", () => {
  let folder = "";
  let flags: RangesFlags;
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "ranges-"));
    const { times, prices, rates } = seriesOf({
      days: 120,
      volatility: 0.001,
      persistence: 0.5,
      rateGrowth: 0.03,
      seed: 3,
    });
    const rows = times.map((time, i) => `${time},${i === 40 ? "" : prices[i]},${rates[i]}`);
    flags = { ...FLAGS, data: file("pair.csv", `timestamp,price,rate\n${rows.join("\n")}\n`), rateColumn: "rate" };
  });
  after(() => rmSync(folder, { recursive: true }));

  it("default: prints range, gain, cost and what was assumed, and draws the range against the price", async () => {
    const out = join(folder, "deep", "range.html");
    const { data, text } = await decideRanges({ ...flags, out });
    assert.match(text, /move to ticks \d+ to \d+; expected gain/);
    assert.match(text, /assumed: 1 rows without a value/);
    assert.match(text, /anchor 1\.\d+ \(protocol rate\)/);
    assert.match(
      JSON.stringify(data, (_k, v) => (typeof v === "bigint" ? v.toString() : v)),
      /"kind":"reposition"/,
    );
    const page = readFileSync(out, "utf8");
    assert.match(page, /<svg/);
    assert.match(page, /new range/);
    assert.match(page, /protocol rate/);
    assert.ok(!page.includes("NaN"), "the page shows NaN");
  });

  it("behavior: a pool price away from the anchor is a hold, not an error", async () => {
    const { text } = await decideRanges({ ...flags, poolPrice: "1.25" });
    assert.match(text, /hold\nbecause: the pool's price is/);
  });

  it("behavior: without trade it says that arbitrage alone was counted", async () => {
    assert.match((await decideRanges({ ...flags, volume: "0" })).text, /arbitrage along the price alone/);
  });

  it("error: dates, columns and options that cannot be used", async () => {
    const undated = file("undated.csv", "price\n1.1\n1.2\n");
    await assert.rejects(decideRanges({ ...flags, data: undated, rateColumn: "price" }), TableFormatError);
    await assert.rejects(decideRanges({ ...flags, column: "prise" }), ColumnUnknownError);
    await assert.rejects(decideRanges({ ...flags, legs: "price" }), OptionError);
    await assert.rejects(decideRanges({ ...flags, value: "-1" }), OptionError);
    await assert.rejects(decideRanges({ ...flags, horizon: "soon" }), OptionError);
    for (const text of ["5", "5,4", "a,b", "1,2,3"]) assert.throws(() => parseRange(text), OptionError);
    assert.deepEqual(parseRange(" -10, 20"), { tickLower: -10, tickUpper: 20 });
  });
});

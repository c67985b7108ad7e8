import { expect } from "chai";
import { columnOf, parseTable, regularColumn, requireComplete, timesAhead } from "../../../keeper/cli/table.ts";
import {
  CellNotNumericError,
  CellsMissingError,
  ColumnUnknownError,
  DatesUnorderedError,
  DateUnreadableError,
  RowRaggedError,
  TableFormatError,
} from "../../../keeper/cli/table-errors.ts";

describe("tables of the command line", () => {
  it("read a dated CSV with quotes, a byte order mark, Windows line ends and missing cells", () => {
    const table = parseTable("a.csv", '\uFEFFdate,"a, b",c\r\n2024-01-01,1.5,\r\n2024-01-02,-2e-3,NA\r\n');
    expect(table.columns).to.deep.equal(["a, b", "c"]);
    expect(table.dates).to.deep.equal(["2024-01-01", "2024-01-02"]);
    expect(columnOf(table, "a, b")).to.deep.equal([1.5, -0.002]);
    expect(columnOf(table, "c")).to.deep.equal([Number.NaN, Number.NaN]);
  });

  it("read a CSV without a header, one without dates and one with semicolons", () => {
    expect(parseTable("a.csv", "1,2\n3,4\n").rows).to.deep.equal([
      [1, 2],
      [3, 4],
    ]);
    expect(parseTable("a.csv", "2024-01-01,2\n2024-01-02,4\n").times?.[1]).to.equal(1_704_153_600);
    expect(parseTable("a.csv", "x;y\n1;2\n").columns).to.deep.equal(["x", "y"]);
  });

  it("read the three JSON shapes to the same table", () => {
    const rows = parseTable("a.json", '[{"date":"2024-01-01","x":1},{"date":"2024-01-02","x":null}]');
    const columns = parseTable("a.json", '{"date":["2024-01-01","2024-01-02"],"x":[1,null]}');
    expect({ ...columns }).to.deep.equal({ ...rows });
    expect(columnOf(parseTable("a.json", "[1,2,3]"))).to.deep.equal([1, 2, 3]);
  });

  it("read Unix milliseconds as the same days as seconds", () => {
    const days = [1_704_067_200, 1_704_153_600];
    for (const scale of [1, 1000]) {
      const table = parseTable("a.csv", `timestamp,x\n${days.map((day) => `${day * scale},1`).join("\n")}\n`);
      expect(table.times, `${scale}`).to.deep.equal(days);
    }
  });

  it("read rows in an envelope, and members that only later rows have", () => {
    const rows = '[{"timestamp":"2024-01-01","apy":1},{"timestamp":"2024-01-02","apy":2,"reward":3}]';
    const inside = parseTable("a.json", `{"status":"success","data":${rows}}`);
    expect(inside).to.deep.equal(parseTable("a.json", rows));
    expect(inside.columns).to.deep.equal(["apy", "reward"]);
    expect(columnOf(inside, "reward")).to.deep.equal([Number.NaN, 3]);
    expect(() => parseTable("a.json", `{"one":${rows},"two":${rows}}`)).to.throw(CellNotNumericError);
    expect(() => parseTable("a.json", "[{},{}]")).to.throw(TableFormatError, /rows are empty/);
  });

  it("put a column on a regular grid: absent days are missing values, months stay consecutive", () => {
    const daily = parseTable("a.csv", "date,x\n2024-01-01,1\n2024-01-02,2\n2024-01-05,5\n");
    expect(regularColumn(daily).values).to.deep.equal([1, 2, Number.NaN, Number.NaN, 5]);
    expect(regularColumn(daily).absentSteps).to.equal(2);
    const monthly = parseTable("a.csv", "date,x\n2024-01-01,1\n2024-02-01,2\n2024-03-01,5\n");
    expect(regularColumn(monthly).values).to.deep.equal([1, 2, 5]);
  });

  it("leave a missing month missing, whatever the lengths of months, and keep weeks of four", () => {
    const column = (days: readonly string[]) =>
      regularColumn(parseTable("a.csv", `date,x\n${days.map((day, t) => `${day},${t}`).join("\n")}\n`));
    const starts = Array.from({ length: 30 }, (_, t) => new Date(Date.UTC(2021, t, 1)).toISOString().slice(0, 10));
    expect(column(starts).values).to.deep.equal(starts.map((_, t) => t));
    const holed = starts.filter((_, t) => t !== 5 && t !== 17 && t !== 18);
    expect(column(holed).values.flatMap((value, t) => (Number.isNaN(value) ? [t] : []))).to.deep.equal([5, 17, 18]);
    expect(column(holed).absentSteps).to.equal(3);
    const ends = starts.map((_, t) => new Date(Date.UTC(2021, t + 1, 0)).toISOString().slice(0, 10));
    expect(column(ends).absentSteps).to.equal(0);
    const next = timesAhead(column(ends).times ?? [], 3).map((time) =>
      new Date(time * 1000).toISOString().slice(0, 10),
    );
    expect(next).to.deep.equal(["2023-07-31", "2023-08-31", "2023-09-30"]);
    const lunar = Array.from({ length: 30 }, (_, t) => new Date(86_400_000 * 28 * t + 1e12).toISOString().slice(0, 10));
    expect(column(lunar.filter((_, t) => t !== 9)).absentSteps).to.equal(1);
    expect(() => column(["2021-01-01", "2021-02-01", "2021-02-14", "2021-04-01", "2021-05-01", "2021-07-01"])).to.throw(
      DatesUnorderedError,
    );
  });

  it("find dates in any column that can be nothing else, so that rows out of order do not pass for consecutive", () => {
    const last = parseTable("a.csv", "x,timestamp\n1,2022-01-02 00:00:00\n2,2022-01-03 00:00:00\n");
    expect(last.columns).to.deep.equal(["x"]);
    expect(last.dates).to.deep.equal(["2022-01-02 00:00:00", "2022-01-03 00:00:00"]);
    expect(last.rows).to.deep.equal([[1], [2]]);
    const newestFirst = '[{"apy":3,"timestamp":1704153600},{"apy":2,"timestamp":1704067200}]';
    expect(() => parseTable("a.json", newestFirst)).to.throw(DatesUnorderedError, /follows/);
    // A count that happens to be called day stays a number.
    expect(parseTable("a.csv", "x,day\n1,1\n2,1\n").columns).to.deep.equal(["x", "day"]);
  });

  it("tell separators from commas in names and numbers, and a failed formula from a comment", () => {
    for (const text of ['"date";"a, b"\n2024-01-01;5\n', "date;a, b\n2024-01-01;5\n"])
      expect(columnOf(parseTable("a.csv", text)), text).to.deep.equal([5]);
    expect(() => parseTable("a.csv", "2024-01-01;3,5\n2024-01-02;3,6\n")).to.throw(
      CellNotNumericError,
      /decimal point/,
    );
    expect(columnOf(parseTable("a.csv", "x\n1\n#N/A\n3\n# mine\n"))).to.deep.equal([1, Number.NaN, 3]);
    expect(() => parseTable("a.csv", "x\n1\n#DIV/0!\n")).to.throw(CellNotNumericError, /row 3/);
  });

  it("error: what could be read in two ways is asked about: an empty line in one column, a first line that counts", () => {
    expect(() => parseTable("a.csv", "x\n1\n\n3\n")).to.throw(TableFormatError, /row 3 is empty .*write NA/);
    expect(() => parseTable("a.csv", "1\n\n3\n")).to.throw(TableFormatError, /row 2/);
    expect(columnOf(parseTable("a.csv", "x\n\n1\n3\n\n\n"))).to.deep.equal([1, 3]);
    expect(parseTable("a.csv", "x,y\n1,2\n\n3,4\n").rows).to.have.length(2);
    for (const text of [",0,1\n0,3,4\n1,5,6\n", "0,1,2\n3,4,5\n", ",0\n0,3\n"])
      expect(() => parseTable("a.csv", text), text).to.throw(TableFormatError, /row 1, .* name the columns/);
    expect(parseTable("a.csv", ",a\n0,3\n1,4\n").columns).to.deep.equal(["a"]);
  });

  it("read JSON with a byte order mark; error: a member named twice is not lost in silence", () => {
    expect(columnOf(parseTable("a.json", '\uFEFF{"x":[1,2]}'))).to.deep.equal([1, 2]);
    for (const text of ['{"x":[1],"x":[2]}', '[{"x":1},{"x":2,"\\u0078":3}]'])
      expect(() => parseTable("a.json", text), text).to.throw(TableFormatError, /names "x" twice/);
    expect(columnOf(parseTable("a.json", '[{"NA":1,"x":"NA"},{"NA":2,"x":"NA"}]'), "NA")).to.deep.equal([1, 2]);
  });

  it("error: two rows of one step are not put side by side", () => {
    const table = parseTable(
      "a.csv",
      "date,x\n2024-01-01,1\n2024-01-02,2\n2024-01-02 03:00,3\n2024-01-03,4\n2024-01-04,4\n",
    );
    expect(() => regularColumn(table)).to.throw(DatesUnorderedError, /row 4: .*off the file's step/);
  });

  it("error: CellNotNumericError names file, row and column", () => {
    for (const cell of ["abc", "Infinity", "1e999", "5%", "1,000", "2024-02-31"]) {
      const quoted = `date,x\n2024-01-01,1\n2024-01-02,"${cell}"\n`;
      expect(() => parseTable("my.csv", quoted), cell)
        .to.throw(CellNotNumericError, /my\.csv, row 3, column "x"/)
        .with.property("exitCode", 2);
    }
    for (const cell of ["1,234.5", "3,5"])
      expect(() => parseTable("my.csv", `x\n"${cell}"\n`), cell).to.throw(CellNotNumericError, /decimal point/);
    const columns = '{"date":["2024-01-01","2024-01-02"],"x":[1,true]}';
    expect(() => parseTable("my.json", columns)).to.throw(CellNotNumericError, /my\.json, row 2, column "x": "true"/);
  });

  it("error: what is no date is named, in any calendar and beyond the year 5000", () => {
    for (const date of [
      "2024-02-31",
      "01/02/2024",
      "99999999999999",
      "1e9",
      "2024-13-01",
      "2024-02-31T00:00:00+02:00",
      "2024-01-01 25:00",
    ])
      expect(() => parseTable("my.csv", `date,x\n${date},1\n`), date)
        .to.throw(DateUnreadableError, /my\.csv, row 2, column "date": .*YYYY-MM-DD/)
        .with.property("exitCode", 2);
  });

  it("error: digits after a closing quote are not joined to the number before", () => {
    expect(() => parseTable("my.csv", 'x,y\n"0.01"5,2\n')).to.throw(TableFormatError, /row 2 has a quote inside/);
    expect(parseTable("my.csv", '"x", "a ""b""" \n"0.01","2"\n').columns).to.deep.equal(["x", 'a "b"']);
  });

  it("error: a quote that stays open swallows no row", () => {
    expect(() => parseTable("my.csv", 'date,x\n2024-01-01,"1\n2024-01-02,2\n')).to.throw(
      TableFormatError,
      /row 2 opens a quote/,
    );
  });

  it("error: unordered, duplicated and irregular dates; ragged rows; unknown and doubled columns; empty files", () => {
    const dated = (...days: string[]) => parseTable("a.csv", `date,x\n${days.map((day) => `${day},1`).join("\n")}\n`);
    expect(() => dated("2024-01-02", "2024-01-01")).to.throw(DatesUnorderedError, /follows/);
    expect(() => dated("2024-01-02", "2024-01-02")).to.throw(DatesUnorderedError, /twice/);
    const irregular = dated("2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04 12:00", "2024-01-06");
    expect(() => regularColumn(irregular)).to.throw(DatesUnorderedError, /off the file's step/);
    expect(() => parseTable("a.csv", "x,y\n1,2\n3\n")).to.throw(RowRaggedError, /row 3/);
    expect(() => parseTable("a.csv", "x,x\n1,2\n")).to.throw(TableFormatError, /two columns/);
    expect(() => columnOf(parseTable("a.csv", "x,y\n1,2\n"), "z")).to.throw(ColumnUnknownError, /x, y/);
    expect(() => columnOf(parseTable("a.csv", "x,y\n1,2\n"))).to.throw(ColumnUnknownError, /--column/);
    for (const text of ["", "x,y\n", "\n\n"]) expect(() => parseTable("a.csv", text)).to.throw(TableFormatError);
    for (const text of ["{", "3", "[]", '{"x":[1],"y":[1,2]}', '{"x":1}'])
      expect(() => parseTable("a.json", text), text).to.throw(TableFormatError);
    expect(() => requireComplete(parseTable("a.csv", "x,y\n1,\n"))).to.throw(CellsMissingError, /row 2, column "y"/);
  });

  it("reads any line ending, and says what a file is that is no UTF-8 text", () => {
    for (const end of ["\n", "\r\n", "\r"]) {
      const { columns, rows } = parseTable("t.csv", ['\uFEFFa;"b;c"', "1;2", "3;4", ""].join(end));
      expect(columns, JSON.stringify(end)).to.deep.equal(["a", "b;c"]);
      expect(rows).to.deep.equal([
        [1, 2],
        [3, 4],
      ]);
    }
    const wide = Buffer.from("\uFEFFa,b\n1,2\n", "utf16le").toString("utf8");
    expect(() => parseTable("t.csv", wide)).to.throw(TableFormatError, "save it as UTF-8");
    expect(() => parseTable("t.csv", "a,b\n1,2 %\n")).to.throw(CellNotNumericError, /row 2, column "b".*divide by 100/);
  });
});

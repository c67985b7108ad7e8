import { expect } from "chai";
import { columnOf, parseTable, regularColumn, requireComplete } from "../../../keeper/cli/table.ts";
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
    for (const date of ["2024-02-31", "01/02/2024", "99999999999999", "1e9"])
      expect(() => parseTable("my.csv", `date,x\n${date},1\n`), date)
        .to.throw(DateUnreadableError, /my\.csv, row 2, column "date": .*YYYY-MM-DD/)
        .with.property("exitCode", 2);
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

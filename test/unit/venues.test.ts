/** The table of venues: complete, true of the files, and printed as docs/VENUES.md. */
import { strict as assert } from "node:assert";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { listVenues } from "../../keeper/cli/venues.ts";
import { PROTOCOL_IDS } from "../../keeper/protocols/ids.ts";
import { VENUE_ENTRIES, venues } from "../../keeper/protocols/venues.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

/** As the mission names them. */
const PROTOCOLS_OF_MISSION = [
  "uniswap-v3",
  "uniswap-v4",
  "aave-v3",
  "yearn",
  "frax",
  "curve",
  "ether.fi",
  "pendle",
  "gearbox",
  "beefy",
  "sommelier",
  "arrakis",
];
const TOKENS_OF_MISSION = ["stETH", "sfrxETH", "eETH", "swETH", "rswETH", "ETHx", "ezETH", "uniETH", "rsETH", "pufETH"];

describe("venues", () => {
  const idsOf = (kind: string) =>
    venues()
      .filter((venue) => venue.kind === kind)
      .map(({ id }) => id);

  it("lists every protocol and token of the mission, once, and nothing else", () => {
    assert.deepEqual(idsOf("protocol"), PROTOCOLS_OF_MISSION);
    assert.deepEqual(idsOf("token"), TOKENS_OF_MISSION);
  });

  it("names files that exist", () => {
    const named = venues().flatMap(({ adapter, twin, tests }) =>
      [adapter, twin, ...Object.values(tests).flat()].filter((path) => path !== null),
    );
    assert.ok(named.length > PROTOCOLS_OF_MISSION.length, "hardly any file is named: the registry is not read");
    assert.deepEqual(
      named.filter((path) => !existsSync(join(root, path))),
      [],
    );
  });

  it("shows a test for every venue that has an adapter", () => {
    const untested = venues().filter(
      ({ adapter, tests }) => adapter !== null && Object.values(tests).every((files) => files.length === 0),
    );
    assert.deepEqual(untested, []);
  });

  it("names test files that test that adapter", () => {
    const offences = venues().flatMap(({ id, adapter, tests }) => {
      const contract = adapter?.replace(/^.*\//, "").replace(".sol", "") ?? "";
      return [...tests.npm, ...tests.double, ...tests.live]
        .filter((path) => !read(path).includes(contract))
        .map((path) => `${id}: ${path} does not mention ${contract}`);
    });
    assert.deepEqual(offences, []);
  });

  it("counts as recorded only suites that open the recorded state, and as double only those that deploy none of npm's", () => {
    const offences = venues().flatMap(({ id, tests }) =>
      [
        ...[...tests.recorded, ...tests.live].filter((path) => !read(path).includes("onMainnet")),
        ...tests.double.filter((path) => /support\/genuine\/(aave|gearbox|uniswap|pendle)/.test(read(path))),
        ...tests.npm.filter((path) => !/support\/genuine\//.test(read(path))),
      ].map((path) => `${id}: ${path}`),
    );
    assert.deepEqual(offences, []);
  });

  it("leaves no protocol of the engine out, but the shape that several share", () => {
    const served = new Set(VENUE_ENTRIES.map(({ twin }) => twin));
    assert.deepEqual(
      PROTOCOL_IDS.filter((id) => !served.has(id)),
      ["erc4626"],
    );
  });

  it("is what docs/VENUES.md says", () => {
    assert.equal(
      read("docs/VENUES.md"),
      `${listVenues().text}\n`,
      "docs/VENUES.md is out of date: run `node bin/amplified.mjs venues > docs/VENUES.md`",
    );
  });
});

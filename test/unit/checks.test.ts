/** The table of checks against the test files: each adapter runs each check, or the table says why it cannot. */
import { strict as assert } from "node:assert";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CHECKS, type Suite } from "../adapters/checks.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const titles = (text: string): readonly string[] =>
  [...text.matchAll(/\bit\(\s*["'`](.*?)["'`],/gs)].map((match) => match[1] ?? "");
const SUITE_FILES: Readonly<Record<Suite, string>> = {
  conformance: "test/support/conformance.ts",
  syncConformance: "test/support/conformance.ts",
  queuedConformance: "test/support/queuedConformance.ts",
  rangeConformance: "test/support/rangeConformance.ts",
  pendleConformance: "test/support/pendleConformance.ts",
};
/** What a suite declares beside its own tests. */
const INCLUDES: Readonly<Record<Suite, readonly Suite[]>> = {
  conformance: [],
  syncConformance: ["conformance"],
  queuedConformance: ["conformance"],
  rangeConformance: [],
  pendleConformance: [],
};

const adapters = readdirSync(join(root, "contracts/adapters"))
  .filter((file) => file.endsWith("Adapter.sol") && !/abstract contract/.test(read(`contracts/adapters/${file}`)))
  .map((file) => file.replace("Adapter.sol", ""));

/** The plain ERC-4626 adapter is proven beside the first venue that needed it. */
const testFileOf = (name: string): string => `test/adapters/${name === "Erc4626" ? "Gearbox" : name}Adapter.test.ts`;

function suitesOf(text: string): ReadonlySet<Suite> {
  const called = (Object.keys(SUITE_FILES) as Suite[]).filter((suite) => new RegExp(`\\b${suite}\\(`).test(text));
  return new Set(called.flatMap((suite) => [suite, ...INCLUDES[suite]]));
}

describe("checks of the adapters", () => {
  it("finds every adapter with a test file of its own", () => {
    assert.ok(adapters.length >= 20, `only ${adapters.length} adapters: the test looks in the wrong place`);
    assert.deepEqual(
      adapters.filter((name) => !existsSync(join(root, testFileOf(name)))),
      [],
    );
  });

  it("names titles that the suites declare", () => {
    const offences = CHECKS.flatMap(({ id, suites }) =>
      (Object.entries(suites ?? {}) as [Suite, readonly string[]][]).flatMap(([suite, wanted]) =>
        wanted.filter((title) => !titles(read(SUITE_FILES[suite])).includes(title)).map((title) => `${id}: ${title}`),
      ),
    );
    assert.deepEqual(offences, []);
  });

  for (const name of adapters) {
    it(`${name}: every check runs, or has a stated reason`, () => {
      const text = read(testFileOf(name));
      const suites = suitesOf(text);
      const offences = CHECKS.flatMap((check) => {
        const bySuite = Object.keys(check.suites ?? {}).some((suite) => suites.has(suite as Suite));
        const byOwn = check.own !== undefined && titles(text).some((title) => check.own?.test(title) === true);
        const exempt = Object.entries(check.exempt ?? {}).find(([suite]) => suites.has(suite as Suite));
        const reason = check.skips?.[name] ?? exempt?.[1];
        if (reason !== undefined)
          return bySuite && check.own === undefined ? [`${check.id}: runs, but is listed as skipped`] : [];
        return bySuite || byOwn ? [] : [`${check.id}: neither runs nor has a reason`];
      });
      assert.deepEqual(offences, []);
    });
  }

  it("gives a reason for every skip, and skips nobody that does not exist", () => {
    for (const { id, skips } of CHECKS) {
      for (const [name, reason] of Object.entries(skips ?? {})) {
        assert.ok(adapters.includes(name), `${id} skips ${name}, which is no adapter`);
        assert.ok(reason.length > 20, `${id} skips ${name} for "${reason}"`);
      }
    }
  });
});

/** The documents name invariants and tests; what they name exists, and what exists is named. */
import { strict as assert } from "node:assert";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { MUTANTS } from "../mutants/list.ts";

const read = (path: string): string => readFileSync(path, "utf8");
const under = (folder: string): string =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(sol|ts)$/.test(entry.name))
    .map((entry) => read(join(entry.parentPath, entry.name)))
    .join("\n");
const ids = (text: string): string[] => [...new Set(text.match(/INV-\d\d/g) ?? [])].sort();

const invariants = read("docs/INVARIANTS.md");
const rows = invariants.split("\n").filter((line) => line.startsWith("| INV-"));
const tests = `${under("test/contracts")}\n${under("test/adapters")}`;

describe("What the documents cite", () => {
  it("has one row for each invariant that a test names, and no other", () => {
    assert.deepEqual(
      rows.map((row) => row.slice(2, 8)),
      ids(under("test/contracts/invariant")),
    );
  });

  it("has a planted fault for each invariant marked M, and no other", () => {
    const marked = rows.filter((row) => row.endsWith("| M |")).map((row) => row.slice(2, 8));
    const planted = [...new Set(MUTANTS.map((mutant) => mutant.breaks).filter((id) => id.startsWith("INV-")))].sort();
    assert.deepEqual(marked, planted);
  });

  it("names only tests that exist", () => {
    const cited = ["docs/INVARIANTS.md", "docs/SPECIFICATION.md"].flatMap((path) =>
      [...read(path).matchAll(/`((?:test|testFuzz|invariant)_\w+)`/g)].map((match) => match[1] ?? ""),
    );
    const findings = invariants.split("\n").filter((line) => /^\| F\d+ \|/.test(line));
    const sentences = findings.flatMap((line) =>
      [...(line.split("|")[4] ?? "").matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ""),
    );
    assert.equal(findings.length, 29);
    for (const name of [...cited, ...sentences]) assert.ok(tests.includes(name), `No test is called "${name}".`);
  });

  it("plants faults into text that is there exactly once", () => {
    for (const mutant of MUTANTS)
      assert.equal(read(mutant.file).split(mutant.search).length - 1, 1, `Mutant ${mutant.id} is out of date.`);
  });
});

/** docs/RUNBOOK.md lists every error code of the keeper as the sources have it. */
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { errorCatalogue, runbookWithCatalogue } from "../../scripts/error-catalogue.ts";

const runbook = readFileSync(new URL("../../docs/RUNBOOK.md", import.meta.url), "utf8");

describe("the runbook", () => {
  const entries = errorCatalogue();

  it("holds the error catalogue of the sources (npm run errors writes it)", () => {
    assert.equal(runbook, runbookWithCatalogue(runbook, entries));
  });
  it("has each code once, with the class of failure it inherits", () => {
    const codes = entries.map(({ code }) => code);
    assert.deepEqual(
      codes.filter((code, index) => codes.indexOf(code) !== index),
      [],
    );
    const failureOf = (code: string) => entries.find((entry) => entry.code === code)?.failure;
    assert.equal(failureOf("CONFIG"), "badInput");
    assert.equal(failureOf("RPC_TIMEOUT"), "chain");
    assert.equal(failureOf("VENUE_UNREAD"), "held");
    assert.equal(failureOf("TOO_FEW_SIGNATURES"), "refused");
  });
  it("links only to headings it has", () => {
    const anchors = [...runbook.matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
      title
        .toLowerCase()
        .replace(/[^\w -]/g, "")
        .replace(/ /g, "-"),
    );
    for (const [, target = ""] of runbook.matchAll(/\]\(#([^)]+)\)/g)) assert.ok(anchors.includes(target), target);
  });
});

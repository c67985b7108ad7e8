import { strict as assert } from "node:assert";
import { plainWords } from "../../../keeper/chain/plain-words.ts";
import { explainRevert } from "../../../keeper/chain/revert.ts";
import { Errors__factory } from "../../../types/ethers-contracts/factories/contracts/libraries/Errors__factory.ts";

const errors = Errors__factory.createInterface();
const NAMES = [
  [
    "OracleGuard_NoInflow",
    [4, 4, 1n, 1n, 1_754_870_400n],
    "the price of strategy 4 allows no inflow: status Frozen, last feed round 2025-08-11 00:00 UTC",
  ],
  ["ProposalModule_Expired", [1_754_870_401n, 1_754_870_400n], "the proposal expired at 2025-08-11 00:00 UTC"],
  [
    "LiquidityVault_CapExceeded",
    [2, 1_999_999_999_999_999_999n, 10n ** 18n],
    "strategy 2 would hold 1.999999 WETH, its cap is 1.000000 WETH",
  ],
  ["ProposalModule_WrongState", [`0x${"11".repeat(32)}`, 3], "the proposal is cancelled"],
] as const;

describe("refusals in plain words", () => {
  for (const [name, args, words] of NAMES) {
    it(`says what ${name} means and keeps the error itself`, () => {
      const text = explainRevert(errors.encodeErrorResult(name, [...args]));
      assert.ok(text.startsWith(words), text);
      assert.ok(text.includes(`[${name}(`), text);
    });
  }

  it("names only errors that the contracts have, with arguments they have", () => {
    const source = plainWords.toString();
    assert.ok(source.length > 0);
    for (const fragment of errors.fragments) {
      if (fragment.type !== "error") continue;
      const named = fragment.format("minimal").slice("error ".length).split("(")[0] ?? "";
      const args = Object.fromEntries(fragment.inputs.map((input) => [input.name, "1"]));
      const text = plainWords({ name: named, args });
      if (text !== null) assert.ok(!/undefined|NaN/.test(text), `${named}: ${text}`);
    }
  });

  it("adds nothing to an error it does not know", () => {
    assert.equal(plainWords({ name: "Adapter_NotVault", args: {} }), null);
  });
});

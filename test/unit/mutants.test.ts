/** What counts as a fault that a test has noticed. */
import { strict as assert } from "node:assert";
import { reasonOf } from "../../scripts/instrument/verdicts.ts";

/** As Hardhat prints it, shortened. */
const failed = (error: string): string => `Running Solidity tests

  test/contracts/invariant/Books.t.sol:BooksInvariantTest
    1) invariant_Books()

  1 passing
  1 failing

  1) BooksInvariantTest#invariant_Books()
    Error: ${error}
      at Queuer.eq (test/contracts/support/Vm.sol:30)
`;

describe("What a planted fault was noticed by", () => {
  it("is the message of the check that failed", () => {
    const output = failed(`reverted with custom error 'NotTrue("INV-27 canPrice is not what price does")'`);
    assert.equal(reasonOf(output), "INV-27 canPrice is not what price does");
  });

  it("is the error of an act that had to succeed", () => {
    const output = failed(
      "reverted with panic code 0x11 (Arithmetic operation overflowed outside of an unchecked block)",
    );
    assert.match(reasonOf(output) ?? "", /^reverted with panic code 0x11/);
  });

  it("is nothing where the compiler, the runner or the machine stopped", () => {
    assert.equal(reasonOf("Error HHE905: Solidity compilation failed"), undefined);
    assert.equal(reasonOf(failed("No contracts to fuzz.")), undefined);
    assert.equal(reasonOf(failed("Failed to set up invariant testing environment")), undefined);
    assert.equal(reasonOf(""), undefined);
    assert.equal(reasonOf("  2 passing\n"), undefined);
  });
});

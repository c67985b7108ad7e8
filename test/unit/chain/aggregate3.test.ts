/** The multicall's own codec against the general one of the compiled interface. */
import { strict as assert } from "node:assert";
import { decodeAggregate3, encodeAggregate3 } from "../../../keeper/chain/aggregate3.ts";
import { DecodeError } from "../../../keeper/chain/errors.ts";
import { createRng } from "../../../keeper/kernel/rng.ts";
import { IMulticall3__factory } from "../../../types/ethers-contracts/factories/contracts/interfaces/external/multicall/IMulticall3__factory.ts";

const general = IMulticall3__factory.createInterface();
const random = createRng(20_260_102);
const hex = (bytes: number): string =>
  `0x${Array.from({ length: bytes }, () => random.int(256).toString(16).padStart(2, "0")).join("")}`;
/** None, one, about a word, many. */
const SIZES = [0, 1, 4, 31, 32, 33, 36, 64, 68, 200];
const COUNTS = [0, 1, 2, 3, 17, 64];

describe("aggregate3", () => {
  it("encodes as the compiled interface does, for calldata of every length", () => {
    for (const count of COUNTS) {
      const calls = Array.from({ length: count }, (_, index) => ({
        target: hex(20),
        data: hex(SIZES[index % SIZES.length] ?? 0),
      }));
      const expected = general.encodeFunctionData("aggregate3", [
        calls.map(({ target, data }) => ({ target, allowFailure: true, callData: data })),
      ]);
      assert.equal(encodeAggregate3(calls), expected);
    }
  });

  it("writes checksummed addresses and upper-case data as the same bytes", () => {
    const target = "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2";
    const call = { target, data: "0xABCDEF01" };
    assert.equal(
      encodeAggregate3([call]),
      general.encodeFunctionData("aggregate3", [[{ target, allowFailure: true, callData: "0xabcdef01" }]]),
    );
  });

  it("decodes what the compiled interface encodes", () => {
    for (const count of COUNTS) {
      const rows = Array.from({ length: count }, (_, index) => ({
        success: index % 3 !== 0,
        returnData: hex(SIZES[(index * 7) % SIZES.length] ?? 0),
      }));
      assert.deepEqual(decodeAggregate3(general.encodeFunctionResult("aggregate3", [rows])), rows);
    }
  });

  it("refuses data that is cut off anywhere, or claims what it has not", () => {
    const whole = general.encodeFunctionResult("aggregate3", [[{ success: true, returnData: hex(64) }]]);
    for (let length = 2; length < whole.length; length += 32) {
      assert.throws(() => decodeAggregate3(whole.slice(0, length)), DecodeError, `${length} of ${whole.length}`);
    }
    const words = (values: readonly bigint[]): string =>
      `0x${values.map((value) => value.toString(16).padStart(64, "0")).join("")}`;
    for (const bad of [
      words([32n, 10n ** 9n]),
      words([2n ** 255n]),
      words([32n, 1n, 2n ** 200n]),
      words([32n, 1n, 32n, 2n, 64n, 0n]),
      words([32n, 1n, 32n, 1n, 64n, 33n, 0n]),
    ]) {
      assert.throws(() => decodeAggregate3(bad), DecodeError);
    }
  });
});

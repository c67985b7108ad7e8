/** The codec of single words against the general one. */
import { strict as assert } from "node:assert";
import { Interface, Result } from "ethers";
import { DecodeError } from "../../../keeper/chain/errors.ts";
import { addr, bool, decodeRow, int, struct, text, uint } from "../../../keeper/chain/fields.ts";
import { view } from "../../../keeper/chain/multicall.ts";
import { functionCodec, Words } from "../../../keeper/chain/words.ts";
import { createRng } from "../../../keeper/kernel/rng.ts";
import { address } from "../../../keeper/kernel/units.ts";

const BITS = Array.from({ length: 32 }, (_, index) => (index + 1) * 8);
const TYPES = [...BITS.flatMap((bits) => [`uint${bits}`, `int${bits}`, `bytes${bits / 8}`]), "bool", "address"];
const random = createRng(20_261_128);
const hex = (bytes: number): string =>
  Array.from({ length: bytes }, () => random.int(256).toString(16).padStart(2, "0")).join("");
const WETH = address("0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2");

/** A random value of the type, its largest and its least. */
function valuesOf(type: string): readonly unknown[] {
  if (type === "bool") return [true, false];
  if (type === "address") return [WETH, `0x${hex(20)}`, `0x${"00".repeat(20)}`];
  const [, kind = "", size = ""] = /^(u?int|bytes)(\d+)$/.exec(type) ?? [];
  if (kind === "bytes") return [`0x${hex(Number(size))}`, `0x${hex(Number(size)).toUpperCase()}`];
  const bits = BigInt(size);
  const limit = 1n << (kind === "int" ? bits - 1n : bits);
  const some = BigInt(`0x${hex(32)}`) % limit;
  return kind === "int" ? [some, -some, limit - 1n, -limit, 0n, 7, -7] : [some, limit - 1n, 0n, 7];
}

const ofType = (type: string): Interface =>
  new Interface([`function f(${type} a, uint256 b) view returns (${type} x, uint256 y)`]);
const codecOf = (iface: Interface) => functionCodec(iface, "f") ?? assert.fail("no function f");

describe("words", () => {
  it("writes every type of one word as the general codec does, at its ends, in between and beyond", () => {
    for (const type of TYPES) {
      const iface = ofType(type);
      for (const value of valuesOf(type))
        assert.equal(
          codecOf(iface).encode([value, 1n]),
          iface.encodeFunctionData("f", [value, 1n]),
          `${type} ${value}`,
        );
      const beyond = [-(1n << 255n) - 1n, 1n << 256n, "0x12", "nonsense", null, 1.5, WETH.replace("C0", "c0")];
      for (const value of beyond) {
        const general = (): string => iface.encodeFunctionData("f", [value, 1n]);
        let expected: string | null = null;
        try {
          expected = general();
        } catch {
          assert.throws(() => codecOf(iface).encode([value, 1n]), `${type} takes ${value}`);
          continue;
        }
        assert.equal(codecOf(iface).encode([value, 1n]), expected, `${type} ${value}`);
      }
      assert.throws(() => codecOf(iface).encode([1n]));
    }
  });

  it("reads every type of one word as the general codec does, whatever stands in the word", () => {
    for (const type of TYPES) {
      const iface = ofType(type);
      const words = ["00".repeat(32), "ff".repeat(32), `${"00".repeat(12)}${hex(20)}`, `${"00".repeat(31)}02`];
      for (const word of [...words, ...Array.from({ length: 8 }, () => hex(32))]) {
        const data = `0x${word}${hex(32)}`;
        let expected: readonly unknown[];
        try {
          expected = [...iface.decodeFunctionResult("f", data)];
        } catch {
          assert.throws(() => [...codecOf(iface).decode(data)], `${type} ${word}`);
          continue;
        }
        const found = codecOf(iface).decode(data);
        assert.ok(found instanceof Words, type);
        assert.deepEqual([...found], expected, `${type} ${word}`);
        assert.equal(found.getValue("x"), expected[0]);
        assert.equal(found.getValue("none"), undefined);
        assert.equal(found.at(1), expected[1]);
        assert.equal(found.length, 2);
      }
    }
  });

  it("leaves to the general codec what is no single word, is cut off or is spelled in capitals", () => {
    const iface = new Interface([
      "function f(uint256[] a) view returns (string x)",
      "function g() view returns (tuple(uint64 one, uint64 two) x, uint16 y)",
      "function h() view returns (bytes32 x)",
    ]);
    assert.equal(codecOf(iface).encode([[1n, 2n]]), iface.encodeFunctionData("f", [[1n, 2n]]));
    assert.equal(text(decodeRow(iface, "f", iface.encodeFunctionResult("f", ["word"]), "f"), 0), "word");
    const nested = decodeRow(iface, "g", iface.encodeFunctionResult("g", [[1n, 2n], 3n]), "g");
    assert.ok(nested.result instanceof Result);
    assert.equal(uint(struct(nested, 0), "two"), 2n);
    assert.equal(int(nested, "y"), 3);
    const capital = `0x${"AB".repeat(32)}`;
    assert.equal(text(decodeRow(iface, "h", capital, "h"), 0), capital.toLowerCase());
    for (const data of ["0x", "0x00", `0x${"00".repeat(31)}`, `0x${"00".repeat(33)}`, `0x${"zz".repeat(32)}`])
      assert.throws(() => decodeRow(iface, "h", data, "h"), DecodeError, data);
    assert.throws(() => decodeRow(iface, "none", capital, "none"), DecodeError);
  });

  it("gives rows whose fields are read by place and by name, and refused by type", () => {
    const iface = new Interface(["function f(address a) view returns (address who, bool is, uint16 fee)"]);
    const call = view(iface, WETH, "f", [WETH], (row) => [addr(row, "who"), bool(row, 1), int(row, "fee")]);
    assert.deepEqual(call.decode(iface.encodeFunctionResult("f", [WETH, true, 30])), [WETH, true, 30]);
    const row = decodeRow(iface, "f", iface.encodeFunctionResult("f", [WETH, true, 30]), "f");
    assert.throws(() => uint(row, "who"), DecodeError);
    assert.throws(() => bool(row, 3), DecodeError);
    assert.throws(() => struct(row, 0), DecodeError);
  });
});

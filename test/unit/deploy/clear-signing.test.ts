/** The descriptor that wallets show proposals by is about the very types that the contract hashes. */
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { TypedDataEncoder } from "ethers";
import { clearSigningDescriptor, encodeType, typesOfAbi } from "../../../deploy/clear-signing.ts";
import { LEG_KINDS } from "../../../keeper/chain/proposal.ts";
import { address, assets, hash } from "../../../keeper/kernel/units.ts";
import { proposalHashes, signingParts } from "../../../keeper/propose/typed-data.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const module = address(`0x${"44".repeat(20)}`);
const descriptor = clearSigningDescriptor({ chainId: 1, module, asset: `0x${"55".repeat(20)}` });
const { context, metadata, display } = descriptor;
const format = display.formats.Proposal;

describe("clear signing descriptor", () => {
  it("has the type string that contracts/libraries/ProposalHash.sol hashes", () => {
    const source = readFileSync(join(root, "contracts", "libraries", "ProposalHash.sol"), "utf8");
    const typehash = /PROPOSAL_TYPEHASH = keccak256\(([\s\S]*?)\);/.exec(source)?.[1] ?? "";
    const literal = [...typehash.matchAll(/"([^"]*)"/g)].map((match) => match[1]).join("");
    assert.match(literal, /^Proposal\(/);
    assert.equal(encodeType(typesOfAbi()), literal);
  });

  it("has the types and the domain that the keeper signs with", () => {
    const proposal = {
      nonce: 1n,
      notBefore: 2,
      deadline: 3,
      configEpoch: 4n,
      refNav: assets(5n),
      navToleranceBps: 6,
      maxLoss: assets(7n),
      evidence: hash(`0x${"08".repeat(32)}`),
      legs: [
        { strategyId: 9, kind: "Allocate", amount: assets(10n), minValue: assets(11n), tickLower: -12, tickUpper: 13 },
      ],
    } as const;
    const parts = signingParts({ chainId: 1, module }, proposal);
    const types = typesOfAbi();
    const mutable = Object.fromEntries(Object.entries(types).map(([name, members]) => [name, [...members]]));
    for (const [name, members] of Object.entries(types))
      assert.deepEqual(
        Object.entries(context.eip712.schemas[0]?.types ?? {}).find(([key]) => key === name)?.[1],
        members,
      );
    assert.equal(
      TypedDataEncoder.from(mutable).hashStruct("Proposal", parts.value),
      proposalHashes({ chainId: 1, module }, proposal).message,
    );
    assert.deepEqual({ name: parts.domain.name, version: parts.domain.version }, context.eip712.domain);
  });

  it("shows or leaves out every member, each once, and names every kind of leg", () => {
    const members = Object.entries(typesOfAbi()).flatMap(([type, list]) =>
      list.map(({ name }) => (type === "Leg" ? `legs.[].${name}` : name)),
    );
    const named = [...format.fields.map(({ path }) => path), ...format.excluded];
    assert.deepEqual(named.sort(), members.filter((name) => name !== "legs").sort());
    for (const path of format.required)
      assert.ok(
        format.fields.some((field) => field.path === path),
        path,
      );
    assert.equal(Object.keys(metadata.enums.legKind).length, LEG_KINDS.length);
  });
});

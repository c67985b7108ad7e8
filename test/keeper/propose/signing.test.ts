import { expect } from "chai";
import { getBytes, Wallet } from "ethers";
import type { Proposal } from "../../../keeper/kernel/artifacts.ts";
import { type Address, address, assets, hash } from "../../../keeper/kernel/units.ts";
import { describeLines, movedBps, describe as sentenceOf } from "../../../keeper/propose/describe.ts";
import {
  DuplicateSignerError,
  ProposalExpiredError,
  ProposalFileError,
  ProposalIdDiffersError,
  SignatureForOtherProposalError,
  SignatureInvalidError,
  SignerNotOwnerError,
  WrongProposalChainError,
  WrongProposalModuleError,
} from "../../../keeper/propose/errors.ts";
import { collectSignatures, type OwnerSignature, signProposal } from "../../../keeper/propose/signing.ts";
import { formatProposalFile, proposalId } from "../../../keeper/propose/typed-data.ts";
import { caught, caughtSync } from "../support/caught.ts";

const ETHER = 10n ** 18n;
const module = address("0x4444444444444444444444444444444444444444");
const domain = { chainId: 1, module };
const proposal: Proposal = {
  nonce: 5n,
  notBefore: 1_700_000_000,
  deadline: 1_700_086_400,
  configEpoch: 3n,
  refNav: assets(1_000n * ETHER),
  navToleranceBps: 50,
  maxLoss: assets(ETHER / 20n),
  evidence: hash(`0x${"ee".repeat(32)}`),
  legs: [
    {
      strategyId: 1,
      kind: "Deallocate",
      amount: assets(120n * ETHER),
      minValue: assets(119n * ETHER),
      tickLower: 0,
      tickUpper: 0,
    },
    {
      strategyId: 2,
      kind: "Allocate",
      amount: assets(120n * ETHER),
      minValue: assets(119n * ETHER),
      tickLower: 0,
      tickUpper: 0,
    },
  ],
};
const id = proposalId(domain, proposal);
const expected = { ...domain, now: 1_700_000_100 };
const file = formatProposalFile({ id, domain, proposal }, "sentence");
const wallets = [1, 2, 3].map((n) => new Wallet(`0x${n.toString(16).padStart(64, "0")}`));
const [one, two, stranger] = wallets;
if (one === undefined || two === undefined || stranger === undefined) throw new TypeError("three wallets");
const safe: { safe: Address; owners: readonly Address[]; threshold: number } = {
  safe: address(`0x${"55".repeat(20)}`),
  owners: [address(one.address), address(two.address)],
  threshold: 2,
};

describe("signing a proposal file", () => {
  it("gives a signature that recovers to the owner", async () => {
    const signature = await signProposal(file, one, expected);
    expect(signature).to.include({ id, signer: one.address });
    expect(collectSignatures(id, safe, [signature]).isComplete).to.equal(false);
  });
  it("error: ProposalIdDiffersError when an amount was changed after the id was made", async () => {
    const changed = file.replace((120n * ETHER).toString(), (121n * ETHER).toString());
    expect((await caught(signProposal(changed, one, expected), ProposalIdDiffersError)).stated).to.equal(id);
  });
  it("error: ProposalIdDiffersError when only the id was changed", async () => {
    await caught(signProposal(file.replace(id, `0x${"ab".repeat(32)}`), one, expected), ProposalIdDiffersError);
  });
  it("error: WrongProposalChainError for another chain", () =>
    caught(signProposal(file, one, { ...expected, chainId: 10 }), WrongProposalChainError));
  it("error: WrongProposalModuleError for another module", () =>
    caught(
      signProposal(file, one, { ...expected, module: address(`0x${"66".repeat(20)}`) }),
      WrongProposalModuleError,
    ));
  it("error: ProposalExpiredError after the deadline", () =>
    caught(signProposal(file, one, { ...expected, now: proposal.deadline + 1 }), ProposalExpiredError));
  for (const [what, content] of [
    ["no JSON", "{"],
    ["no proposal", "{}"],
    ["a number beyond its type", file.replace('"navToleranceBps": "50"', '"navToleranceBps": "70000"')],
    ["a number in hex", file.replace('"nonce": "5"', '"nonce": "0x5"')],
    ["an unknown leg kind", file.replace('"kind": "2"', '"kind": "4"')],
    ["a member the type does not have", file.replace('"nonce": "5"', '"nonce": "5", "extra": "1"')],
  ] as const) {
    it(`error: ProposalFileError for ${what}`, () => caught(signProposal(content, one, expected), ProposalFileError));
  }
});

describe("collecting signatures", () => {
  let good: readonly [OwnerSignature, OwnerSignature];
  before(async () => {
    good = [await signProposal(file, one, expected), await signProposal(file, two, expected)];
  });

  it("sorts by owner and packs 65 bytes each", () => {
    const packed = collectSignatures(id, safe, good);
    expect(collectSignatures(id, safe, [good[1], good[0]])).to.deep.equal(packed);
    expect(packed.isComplete).to.equal(true);
    expect(packed.packed).to.have.length(2 + 260);
    expect(BigInt(packed.signers[0] ?? 0) < BigInt(packed.signers[1] ?? 0)).to.equal(true);
  });
  it("takes eth_sign signatures in Safe's marking", async () => {
    const plain = await one.signMessage(getBytes(id));
    const marked = plain.slice(0, -2) + (Number.parseInt(plain.slice(-2), 16) + 4).toString(16);
    expect(
      collectSignatures(id, safe, [{ id, signer: address(one.address), signature: marked }]).signers,
    ).to.deep.equal([one.address]);
  });
  it("error: SignerNotOwnerError for a stranger", async () => {
    const foreign = await signProposal(file, stranger, expected);
    expect((await caughtSync(() => collectSignatures(id, safe, [foreign]), SignerNotOwnerError)).signer).to.equal(
      stranger.address,
    );
  });
  it("error: DuplicateSignerError for one owner twice", () =>
    caughtSync(() => collectSignatures(id, safe, [good[0], good[0]]), DuplicateSignerError));
  it("error: SignatureForOtherProposalError for another id", () =>
    caughtSync(
      () => collectSignatures(id, safe, [{ ...good[0], id: hash(`0x${"01".repeat(32)}`) }]),
      SignatureForOtherProposalError,
    ));
  it("error: SignatureInvalidError when a stranger claims to be an owner", async () => {
    const foreign = await signProposal(file, stranger, expected);
    await caughtSync(
      () => collectSignatures(id, safe, [{ ...foreign, signer: address(one.address) }]),
      SignatureInvalidError,
    );
  });
  it("error: SignatureInvalidError for a signature made for another chain", async () => {
    const elsewhere = { chainId: 10, module };
    const other = formatProposalFile({ id: proposalId(elsewhere, proposal), domain: elsewhere, proposal }, "");
    const signature = await signProposal(other, one, { ...expected, chainId: 10 });
    await caughtSync(() => collectSignatures(id, safe, [{ ...signature, id }]), SignatureInvalidError);
  });
  for (const v of ["00", "01"]) {
    it(`error: SignatureInvalidError for v = ${v}, which a Safe reads as something else`, () =>
      caughtSync(
        () => collectSignatures(id, safe, [{ ...good[0], signature: good[0].signature.slice(0, -2) + v }]),
        SignatureInvalidError,
      ));
  }
});

describe("the sentence", () => {
  it("names amounts, venues, bounds and time", () => {
    expect(
      sentenceOf(
        proposal,
        new Map([
          [1, "Aave v3"],
          [2, "Lido"],
        ]),
      ),
    ).to.equal(
      "Moves 120.0 WETH from Aave v3 to Lido (takes out 120.0 WETH, at least 119.0 WETH must arrive and become at least 119.0 WETH); may lose at most 0.05 WETH; needs a NAV within 0.5 % of 1000.0 WETH; valid from 2023-11-14 22:13 UTC until 2023-11-15 22:13 UTC.",
    );
  });
  it("becomes a table where there are many legs, with totals and terms", () => {
    const [out, into] = proposal.legs;
    if (out === undefined || into === undefined) expect.fail("two legs");
    const legs = [
      out,
      { ...out, kind: "RequestExit" as const, strategyId: 2, amount: assets(5n * ETHER), minValue: assets(4n * ETHER) },
      { ...into, strategyId: 3, amount: assets(2n ** 128n - 1n) },
    ];
    expect(describeLines({ ...proposal, legs }, new Map([[1, "Aave v3"]]))).to.deep.equal([
      "Moves 125.0 WETH out of 2 strategies, the remainder of idle into one strategy:",
      "  takes out  Aave v3                          120.0  at least 119.0 WETH",
      "  asks back  strategy 2                         5.0  at least   4.0 WETH",
      "  puts in    strategy 3  all idle above the reserve  at least 119.0 WETH",
      "May lose at most 0.05 WETH; needs a NAV within 0.5 % of 1000.0 WETH; valid from 2023-11-14 22:13 UTC until 2023-11-15 22:13 UTC.",
    ]);
    expect(describeLines(proposal, new Map())).to.deep.equal([sentenceOf(proposal, new Map())]);
  });
  it("sizes the move as the module does: the larger side, rounded up; a remainder only the chain can", () => {
    expect(movedBps(proposal)).to.equal(1_200n);
    const [out, into] = proposal.legs;
    if (out === undefined || into === undefined) expect.fail("two legs");
    expect(movedBps({ ...proposal, legs: [out, { ...into, amount: assets(130n * ETHER + 1n) }] })).to.equal(1_301n);
    expect(movedBps({ ...proposal, legs: [out, { ...into, amount: assets(2n ** 128n - 1n) }] })).to.equal(null);
  });
  it("shows an unknown strategy as a number", () =>
    expect(sentenceOf(proposal, new Map())).to.contain("from strategy 1 to strategy 2"));
});

/** The mainnet address book: spelling, code and identity. */
import { expect } from "chai";
import { getAddress } from "ethers";
import { type ChainEntry, MAINNET } from "../../deploy/chains/mainnet.ts";
import { type Mainnet, onMainnet } from "../support/mainnet-state.ts";

const entries: readonly (readonly [string, ChainEntry])[] = Object.entries(MAINNET);

describe("mainnet address book", () => {
  it("default: every address has its checksum and stands once", () => {
    for (const [name, entry] of entries) expect(getAddress(entry.address.toLowerCase()), name).to.equal(entry.address);
    expect(new Set(entries.map(([, entry]) => entry.address)).size).to.equal(entries.length);
  });

  describe("on chain", () => {
    let mainnet: Mainnet;
    onMainnet(async (opened) => {
      mainnet = opened;
    });

    it("default: every address has code and says who it is", async () => {
      const { ethers } = mainnet.connection;
      const missing: string[] = [];
      const wronglyMarked: string[] = [];
      for (const [name, { address, identity, confirmed, recorded }] of entries) {
        const isMarked = confirmed === false || recorded === false;
        if ((await ethers.provider.getCode(address)) === "0x") {
          // What the recording lacks is marked; a fork must have it all.
          if (mainnet.origin !== "recorded" || !isMarked) missing.push(name);
          continue;
        }
        // A mark that the recording disproves hides an address from the checks below.
        if (mainnet.origin === "recorded" && isMarked) wronglyMarked.push(name);
        if (identity === undefined) continue;
        // IWETH9 includes the metadata of any ERC-20.
        const answer =
          identity.call === "symbol"
            ? await (await ethers.getContractAt("IWETH9", address)).symbol()
            : await (await ethers.getContractAt("EACAggregatorProxy", address)).description();
        // The recording lacks slots that hold names: an empty answer proves nothing there.
        if (mainnet.origin === "recorded" && answer === "") {
          console.log(`      ${name}: its name is not recorded`);
          continue;
        }
        expect(answer.toLowerCase(), name).to.equal(identity.answer.toLowerCase());
      }
      expect(missing).to.deep.equal([]);
      expect(wronglyMarked).to.deep.equal([]);
    });
  });
});

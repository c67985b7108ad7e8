/** UniswapV3Adapter in the real wstETH/WETH pool, through the real position manager and Lido. */
import { expect } from "chai";
import { AbiCoder, keccak256 } from "ethers";
import { MAINNET } from "../../deploy/chains/mainnet.ts";
import type { UniswapV3Adapter } from "../../types/ethers-contracts/contracts/adapters/UniswapV3Adapter.js";
import { type Mainnet, onMainnet } from "../support/mainnet-state.ts";
import { ETHER } from "../support/venue.ts";

const FACTORY = "0x1F98431c8aD98523631AE4a59f267346ea31F984";
const FEE = 100;
const BAND_BPS = 50;

describe("UniswapV3Adapter on mainnet", () => {
  let mainnet: Mainnet;
  let adapter: UniswapV3Adapter;
  const liquid = async (): Promise<bigint> => (await adapter.realAssets()).liquid;

  onMainnet(async (opened) => {
    mainnet = opened;
    const { ethers, networkHelpers } = opened.connection;
    const [vault] = await ethers.getSigners();
    if (vault === undefined) return expect.fail("the network has no account");
    await networkHelpers.setBalance(vault.address, 10_000n * ETHER);
    const [weth, wstEth] = [MAINNET.weth.address, MAINNET.wstEth.address];
    const poolAddress = MAINNET.uniswapV3WstEthWeth.address;
    if (opened.origin === "recorded") {
      // SYNTHETIC: what the recorded transactions did not touch. The factory's entry for the pool (getPool is its slot 5),
      // the manager's next NFT (slot 13, the lower 176 bits), past any that its own tables know.
      const coder = AbiCoder.defaultAbiCoder();
      const within = (key: string, type: string, slot: string) =>
        keccak256(coder.encode([type, "bytes32"], [key, slot]));
      const outer = within(weth, "address", `0x${"5".padStart(64, "0")}`);
      const inner = within(wstEth, "address", outer);
      await networkHelpers.setStorageAt(FACTORY, within(String(FEE), "uint24", inner), poolAddress);
      const next = await networkHelpers.getStorageAt(MAINNET.uniswapV3PositionManager.address, 13);
      if (BigInt(next) === 0n) {
        const ids = (1n << 176n) | 900_000n;
        await networkHelpers.setStorageAt(MAINNET.uniswapV3PositionManager.address, 13, ids);
      }
    }
    const pool = await ethers.getContractAt("IUniswapV3Pool", poolAddress, vault);
    const { tick } = await pool.slot0();
    const centre = Number(tick);
    adapter = await ethers.deployContract(
      "UniswapV3Adapter",
      [
        vault.address,
        weth,
        MAINNET.uniswapV3PositionManager.address,
        poolAddress,
        wstEth,
        centre - 100,
        centre + 100,
        BAND_BPS,
      ],
      vault,
    );
    const token = await ethers.getContractAt("IWETH9", weth, vault);
    await token.deposit({ value: 100n * ETHER });
    await token.transfer(await adapter.getAddress(), 100n * ETHER);
  });

  it("default: the real pool stands inside the band around Lido's rate", async () => {
    expect(await adapter.maxAllocate()).to.be.above(100n * ETHER);
    expect(await adapter.exitDepth()).to.be.above(0n);
  });

  it("default: mints, values and leaves", async () => {
    const { ethers } = mainnet.connection;
    const weth = await ethers.getContractAt("IWETH9", MAINNET.weth.address);
    const balance = async (): Promise<bigint> => weth.balanceOf(await adapter.vault());
    const before = await balance();
    await adapter.allocate(100n * ETHER, 0n);
    const all = await liquid();
    expect(all).to.be.within((100n * ETHER * 995n) / 1_000n, 100n * ETHER);
    const limit = await adapter.maxDeallocate();
    expect(limit).to.equal(all);
    const part = all / 3n;
    await adapter.deallocate(part, part);
    const rest = await liquid();
    await adapter.deallocate(rest, rest);
    // The account may own WETH already: its key is everybody's.
    const received = (await balance()) - before;
    expect(received).to.be.within((100n * ETHER * 995n) / 1_000n, (100n * ETHER * 1_005n) / 1_000n);
    expect(await adapter.units()).to.equal(0n);
  });
});

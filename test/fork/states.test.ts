/** What the twins say of mainnet's own contracts, against what the adapters then count and pay there. */
import { expect } from "chai";
import { keccak256, toBeHex } from "ethers";
import { MAINNET } from "../../deploy/chains/mainnet.ts";
import { type ChainClient, createClient } from "../../keeper/chain/client.ts";
import { readVenues, type VenueRequest, type VenueStates } from "../../keeper/data/venue-states.ts";
import { address, assets, fromWad } from "../../keeper/kernel/units.ts";
import type { VenueState } from "../../keeper/kernel/venue-state.ts";
import type { ProtocolId } from "../../keeper/protocols/index.ts";
import { type RpcServer, serve } from "../keeper/support/rpc-server.ts";
import { type Mainnet, onMainnet, redemptionOn } from "../support/mainnet-state.ts";
import { type Account, ETHER } from "../support/venue.ts";

const SIZES = [1n, 10n, 50n, 100n, 500n, 1_000n].map((size) => assets(size * ETHER));
const CURVE_ETHER = "0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE";
const BAND_BPS = 20n;
const DAY = 86_400;

describe("venue states on mainnet", () => {
  let mainnet: Mainnet;
  let vault: Account;
  let server: RpcServer;
  let client: ChainClient;
  let multicall: string;
  const adapters = new Map<ProtocolId, string>();

  const read = async (): Promise<VenueStates> => {
    const requests = [...adapters].map(
      ([protocol, adapter], index): VenueRequest => ({ strategyId: index + 1, protocol, adapter: address(adapter) }),
    );
    return readVenues(client, { multicall: address(multicall), asset: MAINNET.weth.address }, requests, SIZES);
  };
  const stateOf = (states: VenueStates, id: ProtocolId): VenueState => {
    const found = states.venues.find(({ protocol }) => protocol === id);
    return found?.kind === "read" ? found : expect.fail(`${id}: ${found?.reason ?? "not asked for"}`);
  };
  /** Puts `amount` into a venue; returns the value that its adapter counts for it. */
  const enter = async (id: ProtocolId, amount: bigint): Promise<bigint> => {
    const { ethers } = mainnet.connection;
    const weth = await ethers.getContractAt("IWETH9", MAINNET.weth.address, vault);
    const adapter = await ethers.getContractAt("IStrategyAdapter", adapters.get(id) ?? "", vault);
    await weth.deposit({ value: amount });
    await weth.transfer(adapter, amount);
    const value = await adapter.allocate.staticCall(amount, 0n);
    await adapter.allocate(amount, 0n);
    return value;
  };

  onMainnet(async (opened) => {
    mainnet = opened;
    const { connection } = opened;
    const { ethers, networkHelpers } = connection;
    const [first] = await ethers.getSigners();
    if (first === undefined) return expect.fail("the network has no account");
    vault = first;
    await networkHelpers.setBalance(vault.address, 200_000n * ETHER);
    const [pool, lp] = [MAINNET.curveStEthPool.address, MAINNET.curveStEthLp.address];
    if (opened.origin === "recorded") {
      // SYNTHETIC, as in curve.test.ts: slots that adding liquidity touches and the recording lacks.
      const market = await ethers.getContractAt("ICurveLegacyPool", pool);
      const worth = (await market.balances(0)) + (await market.balances(1));
      await networkHelpers.setStorageAt(pool, keccak256(toBeHex(0, 32)), CURVE_ETHER);
      await networkHelpers.setStorageAt(pool, 5, lp);
      await networkHelpers.setStorageAt(lp, 4, (worth * 100n) / 109n);
      await networkHelpers.setStorageAt(lp, 5, pool);
      // SYNTHETIC, as in etherfi.test.ts: the request contract's code is not recorded; nothing here calls it.
      await networkHelpers.setCode(MAINNET.etherFiWithdrawRequests.address, "0x00");
    }
    const open = async (id: ProtocolId, contract: string, targets: readonly unknown[]): Promise<void> => {
      const adapter = await ethers.deployContract(contract, [vault.address, MAINNET.weth.address, ...targets]);
      adapters.set(id, await adapter.getAddress());
    };
    await open("aave-v3", "AaveV3Adapter", [MAINNET.aavePool.address]);
    await open("lido", "LidoAdapter", [MAINNET.wstEth.address, MAINNET.lidoWithdrawalQueue.address]);
    await open("etherfi", "EtherFiAdapter", [MAINNET.weEth.address, await redemptionOn(opened)]);
    await open("curve", "CurveAdapter", [pool, lp, false, BAND_BPS]);
    multicall = await (await ethers.deployContract("Multicall3Double")).getAddress();
    server = await serve({
      request: ({ method, params }) => connection.provider.request({ method, params: params ?? [] }),
    });
    client = await createClient({ url: server.url, expectedChainId: 1, timeoutMs: 60_000 });
  });
  after(async () => {
    client?.close();
    await server?.close();
  });

  it("reads Aave, Lido, ether.fi and Curve in three requests, none held", async () => {
    const states = await read();
    expect(states.httpRequests).to.equal(3);
    for (const id of adapters.keys()) {
      const { enter: entry, leave } = stateOf(states, id);
      expect(entry.closed, id).to.equal(null);
      expect(entry.curve.length, id).to.equal(SIZES.length);
      expect(entry.curve[0]?.reason, id).to.equal(null);
      expect(leave.curve[0]?.reason, id).to.equal(null);
    }
  });

  it("states Aave's rate, cap and liquidity as its own contracts do", async () => {
    const { apy, cap, leave } = stateOf(await read(), "aave-v3");
    const { ethers } = mainnet.connection;
    const pool = await ethers.getContractAt("IAaveV3Pool", MAINNET.aavePool.address);
    const { currentLiquidityRate } = await pool.getReserveData(MAINNET.weth.address);
    const { base } = apy;
    if (base.kind !== "known") return expect.fail(base.reason);
    // Between nothing and a squeeze, in WETH of any year; and by continuous compounding a little above the simple rate.
    expect(base.apy).to.be.within(0.0001, 0.5);
    expect(base.apy).to.be.at.least(fromWad(currentLiquidityRate / 10n ** 9n));
    expect(cap?.limit).to.be.above(10_000n * ETHER);
    expect(cap?.used).to.be.above(0n);
    const weth = await ethers.getContractAt("IWETH9", MAINNET.weth.address);
    const held = await weth.balanceOf(MAINNET.aaveWeth.address);
    expect(leave.instant.ok ? leave.instant.value : -1n).to.be.within(0n, held);
  });

  it("quotes entries that the adapters then count: Lido and ether.fi at par, Curve with its impact and fee", async () => {
    for (const id of ["lido", "etherfi", "curve"] as const) {
      const states = await read();
      const quote = stateOf(states, id).enter.curve.find(({ size }) => size === 500n * ETHER);
      if (quote?.received === null || quote === undefined) return expect.fail(`${id}: ${quote?.reason ?? "no point"}`);
      const snapshot = await mainnet.connection.networkHelpers.takeSnapshot();
      const counted = await enter(id, 500n * ETHER);
      await snapshot.restore();
      const expected = id === "curve" ? (quote.received * (10_000n - BAND_BPS)) / 10_000n : quote.received;
      // Curve's fee comes from its formula with the invariant's price taken as one: a hundredth of a basis point of 500 ETH.
      expect(counted, id).to.be.closeTo(expected, id === "curve" ? 500n * 10n ** 12n : 10n ** 9n);
    }
  });

  it("quotes Curve's exit that the adapter then pays", async () => {
    const { ethers, networkHelpers } = mainnet.connection;
    const snapshot = await networkHelpers.takeSnapshot();
    await enter("curve", 500n * ETHER);
    const quote = stateOf(await read(), "curve").leave.curve.find(({ size }) => size === 100n * ETHER);
    const adapter = await ethers.getContractAt("IStrategyAdapter", adapters.get("curve") ?? "", vault);
    const { liquid } = await adapter.realAssets();
    // The counted value is below the fair one by the band.
    const part = (100n * ETHER * (10_000n - BAND_BPS)) / 10_000n;
    expect(part).to.be.below(liquid);
    const paid = await adapter.deallocate.staticCall(part, 0n);
    await snapshot.restore();
    expect(quote?.received).to.be.closeTo(paid, 10n ** 12n);
  });

  it("says why a yield is missing where the chain has no earlier block", async function () {
    if (mainnet.origin === "fork") return this.skip();
    const { apy } = stateOf(await read(), "lido");
    expect(apy.base.kind).to.equal("missing");
    expect(apy.base.kind === "missing" ? apy.base.reason : "").to.match(/no earlier block|not answered/);
  });

  it("measures growth once the chain has lived: the rate of an earlier block", async () => {
    const { networkHelpers } = mainnet.connection;
    const snapshot = await networkHelpers.takeSnapshot();
    for (let step = 0; step < 16; step += 1) await networkHelpers.time.increase(DAY / 2);
    const { apy } = stateOf(await read(), "etherfi");
    await snapshot.restore();
    if (apy.base.kind !== "known") return expect.fail(apy.base.reason);
    expect(apy.base.source).to.match(/over [67]\.\d days/);
    // Nobody reported rewards meanwhile.
    expect(Math.abs(apy.base.apy) < 1e-9, `it grew by ${apy.base.apy}`).to.equal(true);
  });
});

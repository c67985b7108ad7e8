/** Each protocol beside its adapter: the same rate, and no more gas than the keeper reckons with. */
import { expect } from "chai";
import { multicall, viewUint } from "../../../keeper/chain/multicall.ts";
import { LEG_KINDS } from "../../../keeper/chain/proposal.ts";
import { address } from "../../../keeper/kernel/units.ts";
import { PROTOCOL_IDS } from "../../../keeper/protocols/ids.ts";
import { PROTOCOLS, type ProtocolId, protocolOf } from "../../../keeper/protocols/index.ts";
import { IStrategyAdapter__factory } from "../../../types/ethers-contracts/factories/contracts/interfaces/IStrategyAdapter__factory.ts";
import { deployEveryVenue, VENUE_ORDER } from "../../support/everyVenue.ts";
import { type Engine, ETHER } from "../support/engine.ts";

const adapterInterface = IStrategyAdapter__factory.createInterface();

/** An exit request is at least a validator's worth; what leaves at once must fit Bedrock's waiting ether. */
const AMOUNTS = { Allocate: 100n * ETHER, Deallocate: 20n * ETHER, RequestExit: 40n * ETHER } as const;

describe("protocols", () => {
  let engine: Engine;
  let prepareExit: (id: ProtocolId) => Promise<void>;
  let adapters: ReadonlyMap<ProtocolId, string>;

  before(async function () {
    this.timeout(120_000);
    ({ engine, prepareExit, adapters } = await deployEveryVenue());
  });
  after(() => engine.close());

  for (const id of PROTOCOL_IDS) {
    it(`${id}: the rate read at the venue is the adapter's`, async () => {
      const adapter = address(adapters.get(id) ?? expect.fail("no adapter"));
      const protocol = protocolOf(id);
      const targets = await multicall(engine.client, engine.addresses.multicall, protocol.targets(adapter), "latest");
      const found = targets.map((target) => (target.ok ? target.value : expect.fail(target.reason)));
      const calls = [protocol.rateAt(found, engine.addresses.weth), viewUint(adapterInterface, adapter, "rate")];
      const [venue, stated] = await multicall(engine.client, engine.addresses.multicall, calls, "latest");
      if (venue === undefined || stated === undefined || !venue.ok || !stated.ok) expect.fail("a rate is missing");
      expect(venue.value).to.equal(stated.value);
      // PT stand below par, and so does their rate.
      expect(venue.value >= (id === "pendle" ? (ETHER * 9n) / 10n : ETHER)).to.equal(true);
    });
  }

  it("each leg costs at most the gas reckoned with, and hardly less", async function () {
    this.timeout(60_000);
    const { connection, addresses } = engine;
    await connection.networkHelpers.impersonateAccount(addresses.module);
    await connection.networkHelpers.setBalance(addresses.module, 10n * ETHER);
    const module = await connection.ethers.getSigner(addresses.module);
    const [depositor] = await connection.ethers.getSigners();
    // Every venue takes its legs' money from idle, one after the other.
    const funded = await connection.ethers.getContractAt("LiquidityVault", addresses.vault);
    await funded.depositEth(depositor?.address ?? "", { value: 2_000n * ETHER });
    const vault = (await connection.ethers.getContractAt("LiquidityVault", addresses.vault)).connect(module);
    /** The present range moved up by one step of the pool's ticks. */
    const nextRange = async (strategyId: number) => {
      const registry = await connection.ethers.getContractAt("StrategyRegistry", addresses.registry);
      const range = await connection.ethers.getContractAt("IRangeAdapter", await registry.adapterOf(strategyId));
      const spacing = await range.tickSpacing();
      return { tickLower: (await range.tickLower()) + spacing, tickUpper: (await range.tickUpper()) + spacing };
    };
    const offences: string[] = [];
    for (const [index, id] of VENUE_ORDER.entries()) {
      for (const kind of ["Allocate", "Reposition", "Deallocate", "RequestExit"] as const) {
        const estimate = PROTOCOLS[id].gas[kind];
        if (estimate === null) continue;
        const leg = {
          strategyId: index + 1,
          kind: LEG_KINDS.indexOf(kind),
          amount: kind === "Reposition" ? 0n : AMOUNTS[kind],
          minValue: 1n,
          ...(kind === "Reposition" ? await nextRange(index + 1) : { tickLower: 0, tickUpper: 0 }),
        };
        if (kind === "Deallocate") await prepareExit(id);
        const receipt = await (await vault.rebalance([leg], await vault.nav(), 100)).wait();
        const gas = Number(receipt?.gasUsed ?? 0n);
        if (gas > estimate.units || gas < Math.floor(estimate.units * 0.85)) {
          offences.push(`${id} ${kind}: ${gas} gas against ${estimate.units}`);
        }
      }
    }
    expect(offences).to.deep.equal([]);
  });
});

/** What the Ignition module deploys is what the plan says, fact by fact; and the reader of those facts sees a difference. */
import { strict as assert } from "node:assert";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { MAINNET_STRATEGIES, mainnetPlan, readParameters, UnknownCapError } from "../../deploy/plans/mainnet.ts";
import { ADMIN_ONLY, CALLERS, WithdrawalOrderError, withdrawalIds } from "../../deploy/roles.ts";
import { verifyDeployment } from "../../deploy/verify.ts";
import { deployEngine, type EngineAddresses, planOf } from "../../embedded/engine.ts";
import { createWorld, type World } from "../../embedded/world.ts";
import { type ChainClient, createClient } from "../../keeper/chain/client.ts";
import { ProposalModule__factory } from "../../types/ethers-contracts/factories/contracts/ProposalModule__factory.ts";

const root = join(import.meta.dirname, "..", "..");
const people = {
  safe: `0x${"01".repeat(20)}`,
  curator: `0x${"02".repeat(20)}`,
  guardian: `0x${"03".repeat(20)}`,
  proposer: `0x${"04".repeat(20)}`,
  deployer: `0x${"05".repeat(20)}`,
};

describe("deployment against its plan", function () {
  this.timeout(120_000);
  let world: World;
  let engine: EngineAddresses;
  let client: ChainClient;

  before(async () => {
    world = await createWorld({ seed: 3, historyDays: 1 });
    engine = await deployEngine(world);
    client = await createClient({ url: world.chain.url, expectedChainId: world.chain.chainId, timeoutMs: 30_000 });
  });
  after(async () => {
    client.close();
    await world.close();
  });
  const verify = (plan = planOf(world)) =>
    verifyDeployment(
      client,
      { ...engine, multicall: world.addresses.multicall3 },
      plan,
      world.account("deployer").address,
    );

  it("every fact holds: settings, fees, order, tiers, caps, oracles, roles, and the deployer has none", async () => {
    const facts = await verify();
    assert.deepEqual(
      facts.filter(({ holds }) => !holds),
      [],
    );
    const found = new Map(facts.map(({ what, found: value }) => [what, value]));
    assert.match(found.get("fees") ?? "", /managementBps 50, performanceBps 1000/);
    // Aave, Gearbox, Yearn, Sommelier and Beefy: what pays at once.
    assert.equal(found.get("withdrawal order"), "1 2 13 14 15");
    assert.equal(found.get("signer tiers"), "smallBps 1000, smallSigners 1, largeBps 4000, largeSigners 2");
    assert.equal(found.get(`${world.account("deployer").address} as admin`), "no");
    assert.ok(facts.length > 60, `${facts.length} facts`);
  });

  it("a plan that asks for something else differs in exactly that", async () => {
    const plan = planOf(world);
    const [first, ...rest] = plan.strategies;
    assert.ok(first);
    const differing = async (changed: typeof plan) =>
      (await verify(changed)).filter(({ holds }) => !holds).map(({ what }) => what);
    assert.deepEqual(await differing({ ...plan, fees: { ...plan.fees, managementBps: 51 } }), ["fees"]);
    assert.deepEqual(await differing({ ...plan, withdrawalOrder: [...plan.withdrawalOrder].reverse() }), [
      "withdrawal order",
    ]);
    const lower = { ...first, limits: { ...first.limits, lossTripBps: 49 } };
    assert.deepEqual(await differing({ ...plan, strategies: [lower, ...rest] }), [`limits of ${first.name}`]);
    assert.deepEqual(await differing({ ...plan, guardian: people.guardian }), [`${people.guardian} as guardian`]);
  });

  it("a change on chain shows", async () => {
    const guardian = await world.chain.ethers.getSigner(world.account("guardian").address);
    const manager = await world.chain.ethers.getContractAt("StrategyRegistry", engine.registry, guardian);
    const { limits } = await manager.strategy(1);
    const { dailyInflowBudget, relativeCapBps, lossTripBps } = limits;
    await manager.lowerLimits(1, { absoluteCap: 1n, dailyInflowBudget, relativeCapBps, lossTripBps });
    assert.deepEqual(
      (await verify()).filter(({ holds }) => !holds).map(({ what }) => what),
      ["limits of Aave v3 WETH"],
    );
  });

  it("the module asks for all owners above two fifths of the NAV", async () => {
    const module = ProposalModule__factory.connect(engine.module, world.chain.ethers.provider);
    const leg = { strategyId: 1, kind: 2, amount: 50n, minValue: 0n, tickLower: 0, tickUpper: 0 };
    assert.deepEqual([...(await module.requiredSigners([leg], 100n))], [3n, 2n, 5_000n]);
    assert.deepEqual([...(await module.requiredSigners([{ ...leg, amount: 40n }], 100n))], [2n, 2n, 4_000n]);
  });
});

describe("role table", () => {
  it("lists every restricted function of the sources, once", () => {
    const sources = ["contracts", "contracts/vault"].flatMap((folder) =>
      readdirSync(join(root, folder))
        .filter((name) => name.endsWith(".sol"))
        .map((name) => ({ contract: name.replace(".sol", ""), text: readFileSync(join(root, folder, name), "utf8") })),
    );
    const restricted = sources.flatMap(({ contract, text }) =>
      [...text.matchAll(/function (\w+)\([^)]*\)[^{;]*\brestricted\b/g)].map((match) => `${contract}.${match[1]}`),
    );
    const listed = [...Object.values(CALLERS), ADMIN_ONLY].flatMap((table) =>
      Object.entries<readonly string[]>(table).flatMap(([contract, names]) =>
        names.map((name) => `${contract}.${name}`),
      ),
    );
    assert.deepEqual(listed.sort(), restricted.sort());
  });
});

describe("mainnet parameters", () => {
  it("default to no fees, the design's tiers and Aave first", () => {
    const plan = mainnetPlan(people);
    assert.deepEqual(plan.fees, { recipient: `0x${"00".repeat(20)}`, managementBps: 0, performanceBps: 0 });
    assert.deepEqual(withdrawalIds(plan), [1]);
    assert.equal(plan.signerTiers.largeBps, 4_000);
  });
  it("replace caps by key, and refuse unknown keys", () => {
    const plan = mainnetPlan({ ...people, caps: { lido: { absoluteCap: "12.5", relativeCapBps: 900 } } });
    const lido = plan.strategies.find(({ key }) => key === "lido");
    assert.deepEqual([lido?.limits.absoluteCap, lido?.limits.relativeCapBps], [12_500_000_000_000_000_000n, 900]);
    assert.equal(
      plan.strategies.find(({ key }) => key === "aave"),
      MAINNET_STRATEGIES[0],
    );
    assert.throws(
      () => mainnetPlan({ ...people, caps: { nobody: { absoluteCap: "1", relativeCapBps: 1 } } }),
      UnknownCapError,
    );
    assert.throws(() => withdrawalIds(mainnetPlan({ ...people, withdrawalOrder: ["nobody"] })), WithdrawalOrderError);
  });
  it("the example is refused until people are named", () => {
    assert.throws(() => readParameters(join(root, "deploy", "parameters", "mainnet.example.json")), /not zero/);
  });
});

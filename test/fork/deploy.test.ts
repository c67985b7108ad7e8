/**
 * The mainnet plan, deployed by the Ignition module on mainnet's own contracts, and one proposal through it: deposit, propose, two
 * of three Safe owners sign, anyone executes. On recorded state a strategy whose feed has no fresh round there is left out, and said.
 */
import { strict as assert } from "node:assert";
import { Wallet } from "ethers";
import { MAINNET } from "../../deploy/chains/mainnet.ts";
import { engineModule } from "../../deploy/modules/engine.ts";
import type { StrategyPlan } from "../../deploy/plan.ts";
import { MAINNET_STRATEGIES, mainnetPlan } from "../../deploy/plans/mainnet.ts";
import { selectorOf } from "../../deploy/selectors.ts";
import { toStruct } from "../../keeper/chain/proposal.ts";
import type { Proposal } from "../../keeper/kernel/artifacts.ts";
import { address, assets, hash } from "../../keeper/kernel/units.ts";
import { collectSignatures, type OwnerSignature } from "../../keeper/propose/signing.ts";
import { proposalId, signingParts } from "../../keeper/propose/typed-data.ts";
import { type Mainnet, onMainnet } from "../support/mainnet-state.ts";
import { deploySafe } from "../support/safe.ts";
import { ETHER, fund } from "../support/venue.ts";

const wallet = (index: number): Wallet => new Wallet(`0x${(index + 1).toString(16).padStart(64, "0")}`);
const owners = [1, 2, 3].map(wallet);

/** Strategies whose price source answers freshly at the network's clock. */
async function usable(mainnet: Mainnet): Promise<readonly StrategyPlan[]> {
  const { ethers, networkHelpers } = mainnet.connection;
  const now = await networkHelpers.time.latest();
  const fresh: StrategyPlan[] = [];
  for (const strategy of MAINNET_STRATEGIES) {
    const { feed, heartbeat, margin } = strategy.oracle;
    const targets = strategy.targets.filter((target) => typeof target === "string");
    const codes = await Promise.all(targets.map((target) => ethers.provider.getCode(target)));
    if (codes.includes("0x")) {
      console.log(`      left out: ${strategy.name}, ${targets[codes.indexOf("0x")]} has no code at this block`);
      continue;
    }
    if (heartbeat === 0) {
      fresh.push(strategy);
      continue;
    }
    const source = await ethers.getContractAt("IFeed", feed);
    const { updatedAt } = await source.latestRoundData();
    const age = now - Number(updatedAt);
    if (age >= 0 && age <= heartbeat + margin) fresh.push(strategy);
    else
      console.log(
        `      left out: ${strategy.name}, its feed's round is ${(age / 86_400).toFixed(1)} days from the network's clock`,
      );
  }
  return fresh;
}

describe("the mainnet plan on mainnet", () => {
  let mainnet: Mainnet;
  onMainnet(async (opened) => {
    mainnet = opened;
  });

  it("deploys, hands every role over, and executes a signed proposal on the real Aave", async () => {
    const { ethers, ignition, networkHelpers } = mainnet.connection;
    const [deployer, curator, guardian, keeper, anyone] = await ethers.getSigners();
    assert.ok(deployer && curator && guardian && keeper && anyone);
    for (const { address: account } of [deployer, curator, guardian, keeper, anyone])
      await fund(mainnet.connection, account, 1_000n * ETHER);
    const safe = await deploySafe(
      "1.5.0",
      deployer,
      owners.map((owner) => owner.address),
      2,
    );
    const safeAddress = await safe.getAddress();
    const people = {
      safe: safeAddress,
      curator: curator.address,
      guardian: guardian.address,
      proposer: keeper.address,
      deployer: deployer.address,
    };
    const strategies = await usable(mainnet);
    const deployed = await ignition.deploy(
      engineModule(mainnetPlan(people, strategies), selectorOf, deployer.address),
      {
        defaultSender: deployer.address,
        config: { requiredConfirmations: 1, blockPollingInterval: 10 },
      },
    );
    const manager = await ethers.getContractAt("AccessManager", await deployed.manager.getAddress());
    for (const role of [0n, 1n, 2n, 3n])
      assert.deepEqual([...(await manager.hasRole(role, deployer.address))], [false, 0n]);
    assert.deepEqual([...(await manager.hasRole(0n, safeAddress))], [true, 259_200n]);
    assert.deepEqual([...(await manager.hasRole(3n, keeper.address))], [true, 0n]);

    const vault = await ethers.getContractAt("LiquidityVault", await deployed.vault.getAddress());
    const module = await ethers.getContractAt("ProposalModule", await deployed.module.getAddress());
    assert.equal(await vault.asset(), MAINNET.weth.address);
    await vault.connect(anyone).depositEth(anyone.address, { value: 200n * ETHER });

    const now = await networkHelpers.time.latest();
    const proposal: Proposal = {
      nonce: 1n,
      notBefore: now,
      deadline: now + 3_600,
      configEpoch: await module.configEpoch(),
      refNav: assets(200n * ETHER),
      navToleranceBps: 10,
      maxLoss: assets(ETHER / 100n),
      evidence: hash(`0x${"00".repeat(32)}`),
      legs: [
        {
          strategyId: 1,
          kind: "Allocate",
          amount: assets(40n * ETHER),
          minValue: assets(40n * ETHER - 2n),
          tickLower: 0,
          tickUpper: 0,
        },
      ],
    };
    const domain = { chainId: 1, module: address(await module.getAddress()) };
    const id = proposalId(domain, proposal);
    assert.equal(await module.proposalId(toStruct(proposal)), id);
    await module.connect(keeper).propose(toStruct(proposal));
    const parts = signingParts(domain, proposal);
    const signed: OwnerSignature[] = await Promise.all(
      owners.slice(0, 2).map(async (owner) => ({
        id,
        signer: address(owner.address),
        signature: await owner.signTypedData(parts.domain, parts.types, parts.value),
      })),
    );
    const all = { safe: address(safeAddress), owners: owners.map((owner) => address(owner.address)), threshold: 2 };
    await module.connect(anyone).execute(toStruct(proposal), collectSignatures(id, all, signed).packed);

    assert.equal(await module.stateOf(id), 2n);
    const debt = await vault.debtOf(1);
    assert.ok(debt >= 40n * ETHER - 2n && debt <= 40n * ETHER, `debt ${debt}`);
    assert.equal(await vault.idle(), 160n * ETHER);
  });
});

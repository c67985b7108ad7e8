/** The on-chain core with its roles, a genuine Safe and WETH9, and four adapter doubles. */
import type { HardhatEthers, HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import type { Contract, Interface, TypedDataDomain } from "ethers";
import type { LiquidityVault, ProposalModule, StrategyRegistry } from "../../types/ethers-contracts/index.ts";
import type { SafeVersion } from "./safe.ts";
import { deployCanonicalWeth, deploySafe, inOrder, signTyped } from "./safe.ts";

export const ROLE = { admin: 0n, curator: 1n, guardian: 2n, proposer: 3n } as const;
export const KIND = { Deallocate: 0, RequestExit: 1, Allocate: 2, Reposition: 3 } as const;
export const STATE = { None: 0n, Proposed: 1n, Executed: 2n, Cancelled: 3n, Aborted: 4n } as const;
export const ETHER = 10n ** 18n;
export const CURATOR_DELAY = 3 * 86_400;
export const BATCH_SECONDS = 21_600;

export const PROPOSAL_TYPES = {
  Proposal: [
    { name: "nonce", type: "uint256" },
    { name: "notBefore", type: "uint64" },
    { name: "deadline", type: "uint64" },
    { name: "configEpoch", type: "uint64" },
    { name: "refNav", type: "uint256" },
    { name: "navToleranceBps", type: "uint16" },
    { name: "maxLoss", type: "uint128" },
    { name: "evidence", type: "bytes32" },
    { name: "legs", type: "Leg[]" },
  ],
  Leg: [
    { name: "strategyId", type: "uint8" },
    { name: "kind", type: "uint8" },
    { name: "amount", type: "uint128" },
    { name: "minValue", type: "uint128" },
    { name: "tickLower", type: "int24" },
    { name: "tickUpper", type: "int24" },
  ],
};

export const POLICY = {
  cooldown: 21_600,
  maxTtl: 7_200,
  maxLossBps: 5,
  windowLossBps: 20,
  maxNavToleranceBps: 50,
} as const;

export interface LegStruct {
  readonly strategyId: number;
  readonly kind: number;
  readonly amount: bigint;
  readonly minValue: bigint;
  readonly tickLower: number;
  readonly tickUpper: number;
}

export interface ProposalStruct {
  readonly nonce: bigint;
  readonly notBefore: bigint;
  readonly deadline: bigint;
  readonly configEpoch: bigint;
  readonly refNav: bigint;
  readonly navToleranceBps: number;
  readonly maxLoss: bigint;
  readonly evidence: string;
  readonly legs: LegStruct[];
}

export const leg = (strategyId: number, kind: number, amount: bigint, minValue = 0n): LegStruct => ({
  strategyId,
  kind,
  amount,
  minValue,
  tickLower: 0,
  tickUpper: 0,
});

/** Which role may call what; see contracts/libraries/Roles.sol. */
export const ROLE_FUNCTIONS = {
  registry: {
    curator: ["registerStrategy", "setLimits", "setRiskCap", "reactivate"],
    guardian: ["lowerLimits", "lowerRiskCap", "restrict"],
  },
  guard: { curator: ["setOracle"], guardian: ["disable"] },
  vault: {
    curator: ["unpauseDeposits", "unfreeze", "setFees", "setWithdrawalOrder", "forceRevoke"],
    guardian: ["pauseDeposits", "freeze", "lowerFees"],
  },
  module: { curator: ["unpause", "setPolicy", "setSignerTiers"], guardian: ["pause"], proposer: ["propose"] },
} as const;

async function deployModule(
  ethers: HardhatEthers,
  addresses: { manager: string; vault: string; registry: string; guard: string },
  approver: string,
  approverIsSafe: boolean,
): Promise<ProposalModule> {
  return ethers.deployContract("ProposalModule", [
    addresses.manager,
    addresses.vault,
    addresses.registry,
    addresses.guard,
    approver,
    approverIsSafe,
    POLICY,
  ]);
}

/** @param lean Registers twenty strategies with the cheapest adapters, for gas figures; `adapters` is empty then. */
export async function deployCore(ethers: HardhatEthers, version: SafeVersion | "none", erc1271?: string, lean = false) {
  const signers = await ethers.getSigners();
  const signer = (index: number): HardhatEthersSigner => {
    const found = signers[index];
    if (found === undefined) throw new RangeError(`No signer ${index}.`);
    return found;
  };
  const [admin, curator, guardian, keeper, anyone, depositor] = [0, 1, 2, 3, 4, 5].map(signer);
  const owners = [6, 7, 8].map(signer);
  if (!admin || !curator || !guardian || !keeper || !anyone || !depositor) throw new RangeError("Six signers needed.");

  const weth = await deployCanonicalWeth(admin);
  const manager = await ethers.deployContract("AccessManager", [admin.address]);
  const registry: StrategyRegistry = await ethers.deployContract("StrategyRegistry", [manager.target]);
  const guard = await ethers.deployContract("OracleGuard", [manager.target, registry.target]);
  const vault: LiquidityVault = await ethers.deployContract("LiquidityVault", [
    weth.target,
    "Amplified ETH",
    "aETH",
    manager.target,
    registry.target,
    guard.target,
    { bufferBps: 500, unlockSeconds: 432_000, minReportInterval: 3_600, maxNavAge: 86_400 },
  ]);
  const safe: Contract | undefined =
    version === "none"
      ? undefined
      : await deploySafe(
          version,
          admin,
          owners.map((owner) => owner.address),
          2,
        );
  const addresses = {
    manager: await manager.getAddress(),
    vault: await vault.getAddress(),
    registry: await registry.getAddress(),
    guard: await guard.getAddress(),
  };
  const approver = safe === undefined ? (erc1271 ?? admin.address) : await safe.getAddress();
  const module = await deployModule(ethers, addresses, approver, safe !== undefined);
  const deployTwin = () => deployModule(ethers, addresses, approver, safe !== undefined);
  await registry.bindVault(addresses.vault);
  await guard.bindVault(addresses.vault);
  await vault.bindProposalModule(module.target);
  const queue = await ethers.deployContract("RedeemQueue", [vault.target, BATCH_SECONDS]);
  await vault.bindRedeemQueue(queue.target);
  // The vault's second half speaks at the vault's address: its errors are found in this contract's ABI.
  const operations = await ethers.getContractAt("VaultOperations", vault.target);

  const adapters = [];
  for (let id = 1; id <= (lean ? 20 : 8); id++) {
    const args = [addresses.vault, weth.target];
    if (lean) {
      const cheapest = await ethers.deployContract("LeanAdapterDouble", args);
      await registry.registerStrategy(cheapest.target, 1 << (id % 4));
    } else {
      const adapter = await ethers.deployContract("AdapterDouble", args);
      await registry.registerStrategy(adapter.target, 1 << (id % 4));
      adapters.push(adapter);
    }
    await registry.setLimits(id, {
      absoluteCap: 1_000n * ETHER,
      dailyInflowBudget: 1_000n * ETHER,
      relativeCapBps: 2_500,
      lossTripBps: 50,
    });
    await guard.setOracle(id, {
      kind: 1,
      feed: ethers.ZeroAddress,
      heartbeat: 0,
      margin: 0,
      maxRateGrowthBps: 2_000,
      slashBudgetBps: 500,
      minAnswer: 0,
      maxAnswer: 0,
    });
  }
  for (let riskId = 0; riskId < 4; riskId++) await registry.setRiskCap(riskId, 1_000n * ETHER, 4_000);

  const contracts = { registry, guard, vault, module };
  for (const name of ["registry", "guard", "vault", "module"] as const) {
    const face: Interface = contracts[name].interface;
    for (const [role, functions] of Object.entries(ROLE_FUNCTIONS[name])) {
      const id = role === "curator" ? ROLE.curator : role === "guardian" ? ROLE.guardian : ROLE.proposer;
      const selectors = functions.map((fragment: string) => {
        const found = face.getFunction(fragment);
        if (found === null) throw new RangeError(`${name} has no function ${fragment}.`);
        return found.selector;
      });
      await manager.setTargetFunctionRole(contracts[name].target, selectors, id);
    }
  }
  await manager.grantRole(ROLE.curator, curator.address, CURATOR_DELAY);
  await manager.grantRole(ROLE.guardian, curator.address, 0);
  await manager.grantRole(ROLE.guardian, guardian.address, 0);
  await manager.grantRole(ROLE.proposer, keeper.address, 0);

  await vault.connect(depositor).depositEth(depositor.address, { value: 100n * ETHER });

  const { chainId } = await ethers.provider.getNetwork();
  const domain: TypedDataDomain = {
    name: "Amplified Liquidity Engine",
    version: "1",
    chainId,
    verifyingContract: await module.getAddress(),
  };
  let nextNonce = 0n;

  const draft = async (legs: LegStruct[], changes: Partial<ProposalStruct> = {}): Promise<ProposalStruct> => {
    const block = await ethers.provider.getBlock("latest");
    const now = BigInt(block?.timestamp ?? 0);
    const refNav = await vault.nav();
    return {
      nonce: nextNonce++,
      notBefore: now,
      deadline: now + 3_600n,
      configEpoch: await module.configEpoch(),
      refNav,
      navToleranceBps: 10,
      maxLoss: (refNav * 5n) / 10_000n,
      evidence: ethers.id("evidence"),
      legs,
      ...changes,
    };
  };
  const sign = (proposal: ProposalStruct, by: readonly HardhatEthersSigner[], within = domain) =>
    Promise.all(by.map((owner) => signTyped(owner, within, PROPOSAL_TYPES, { ...proposal })));
  const publish = async (legs: LegStruct[], changes: Partial<ProposalStruct> = {}): Promise<ProposalStruct> => {
    const proposal = await draft(legs, changes);
    await module.connect(keeper).propose(proposal);
    return proposal;
  };
  const signed = async (proposal: ProposalStruct): Promise<string> => inOrder(await sign(proposal, owners.slice(0, 2)));

  return {
    ...contracts,
    manager,
    weth,
    safe,
    adapters,
    domain,
    queue,
    operations,
    admin,
    curator,
    guardian,
    keeper,
    anyone,
    depositor,
    owners,
    stranger: signer(9),
    draft,
    sign,
    publish,
    signed,
    deployTwin,
  };
}

export type Core = Awaited<ReturnType<typeof deployCore>>;

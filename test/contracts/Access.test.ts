/**
 * Every function that changes state, taken from the compiled ABIs, called by every role. Whoever is not named in ALLOWED must be
 * refused for being who he is; a function that is missing from the table fails the test, so that no new door opens unnoticed.
 */
import { expect } from "chai";
import type { FunctionFragment, Interface, ParamType } from "ethers";
import { artifacts, network } from "hardhat";
import { deployCore, ETHER } from "../support/core.ts";

const { ethers, networkHelpers } = await network.create();
const fixture = () => deployCore(ethers, "1.5.0");

type Role = "stranger" | "depositor" | "keeper" | "guardian" | "curator" | "owner";
const ROLES: readonly Role[] = ["stranger", "depositor", "keeper", "guardian", "curator", "owner"];
const ANYONE = ROLES;
const NOBODY: readonly Role[] = [];

/** Who passes the door. What lies behind it may still refuse for another reason. */
const ALLOWED: Record<string, Record<string, readonly Role[]>> = {
  LiquidityVault: {
    // The shares' own owner acts; everybody is one.
    approve: ANYONE,
    transfer: ANYONE,
    transferFrom: ANYONE,
    permit: ANYONE,
    deposit: ANYONE,
    mint: ANYONE,
    withdraw: ANYONE,
    redeem: ANYONE,
    depositEth: ANYONE,
    redeemEth: ANYONE,
    depositWithMin: ANYONE,
    redeemWithMin: ANYONE,
    redeemInKind: ANYONE,
    collectInKind: ANYONE,
    report: ANYONE,
    claim: ANYONE,
    harvest: ANYONE,
    rebalance: NOBODY,
    settleRedeem: NOBODY,
    fundQueue: NOBODY,
    bindProposalModule: ["owner"],
    bindRedeemQueue: ["owner"],
    setFeeRecipient: ["owner"],
    pauseDeposits: ["guardian", "curator"],
    freeze: ["guardian", "curator"],
    lowerFees: ["guardian", "curator"],
    unpauseDeposits: ["curator"],
    unfreeze: ["curator"],
    setFees: ["curator"],
    setWithdrawalOrder: ["curator"],
    forceRevoke: ["curator"],
    setAuthority: NOBODY,
  },
  StrategyRegistry: {
    bindVault: ["owner"],
    registerStrategy: ["curator"],
    setLimits: ["curator"],
    setRiskCap: ["curator"],
    reactivate: ["curator"],
    lowerLimits: ["guardian", "curator"],
    lowerRiskCap: ["guardian", "curator"],
    restrict: ["guardian", "curator"],
    recordInflows: NOBODY,
    tripFreeze: NOBODY,
    revoke: NOBODY,
    setAuthority: NOBODY,
  },
  OracleGuard: {
    bindVault: ["owner"],
    syncAll: NOBODY,
    setOracle: ["curator"],
    disable: ["guardian", "curator"],
    setAuthority: NOBODY,
  },
  ProposalModule: {
    propose: ["keeper"],
    cancel: ["keeper", "guardian", "curator"],
    approve: NOBODY,
    execute: ANYONE,
    pause: ["guardian", "curator"],
    unpause: ["curator"],
    setPolicy: ["curator"],
    setSignerTiers: ["curator"],
    setAuthority: NOBODY,
  },
  RedeemQueue: {
    // The controller, the owner of the shares or an operator either named: anyone for himself.
    requestRedeem: ANYONE,
    cancelRedeemRequest: ANYONE,
    redeem: ANYONE,
    withdraw: ANYONE,
    claimRequest: ANYONE,
    setOperator: ANYONE,
    price: ANYONE,
    fund: ANYONE,
  },
  VaultOperations: {
    report: NOBODY,
    claim: NOBODY,
    harvest: NOBODY,
    rebalance: NOBODY,
    pull: NOBODY,
    exitInKind: NOBODY,
    collectInKind: NOBODY,
    forceRevoke: NOBODY,
  },
};
/**
 * Doors of adapters that are not the vault's alone, and what they answer whoever comes without a reason. Every other function
 * that changes state, of every compiled adapter, answers the vault only.
 */
const DOORS: Record<string, Record<string, string>> = {
  // Clears away requests that others made in the adapter's name; pays nobody, refuses the adapter's own.
  StaderAdapter: { releaseForeign: "" },
  // The venue calls back inside a call of the adapter's; at any other time, and for anyone else, the call is unexpected.
  UniswapV3Adapter: { uniswapV3SwapCallback: "Adapter_UnexpectedCallback" },
  UniswapV4Adapter: { unlockCallback: "Adapter_UnexpectedCallback" },
};
/** Refusals that name the caller. Any other revert means that the door was passed. */
const REFUSALS = [
  "AccessManagedUnauthorized",
  "AccessManagerNotScheduled",
  "LiquidityVault_NotModule",
  "LiquidityVault_NotQueue",
  "LiquidityVault_NotDelegated",
  "StrategyRegistry_NotVault",
  "OracleGuard_NotVault",
  "ProposalModule_NotApprover",
  "ProposalModule_CannotCancel",
  "Adapter_NotVault",
] as const;

const changing = (face: Interface): FunctionFragment[] =>
  face.fragments
    .filter((fragment): fragment is FunctionFragment => fragment.type === "function")
    .filter((f) => !f.constant);

/** The plainest value of a type: who may call is asked before what he says is read. */
function plain(type: ParamType, caller: string): unknown {
  if (type.isArray()) return [];
  if (type.isTuple()) return (type.components ?? []).map((component) => plain(component, caller));
  if (type.type === "address") return caller;
  if (type.type === "bool") return false;
  if (type.type === "bytes") return "0x";
  if (type.type === "string") return "";
  if (type.type.startsWith("bytes")) return `0x${"00".repeat(Number(type.type.slice(5)))}`;
  return 1n;
}

const ERRORS = (
  await Promise.all(
    [
      "LiquidityVault",
      "StrategyRegistry",
      "OracleGuard",
      "ProposalModule",
      "RedeemQueue",
      "VaultOperations",
      "AccessManager",
      "EtherFiAdapter",
    ].map((name) => artifacts.readArtifact(name)),
  )
).map((artifact) => new ethers.Interface([...artifact.abi]));

/** The name of the error an eth_call ended with; "" when it went through. */
async function refusal(call: Promise<string>): Promise<string> {
  try {
    await call;
    return "";
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    const found = [...REFUSALS, "Adapter_UnexpectedCallback"].find((name) => text.includes(`${name}(`));
    if (found !== undefined) return found;
    const raw = /0x[0-9a-f]{8,}/.exec(text)?.[0];
    const parsed =
      raw === undefined ? undefined : ERRORS.map((face) => face.parseError(raw)).find((error) => error !== null);
    return parsed?.name ?? `other: ${text.slice(0, 160)}`;
  }
}

describe("Access", () => {
  it("lists every function that changes state, and no other", async () => {
    for (const [name, table] of Object.entries(ALLOWED)) {
      const artifact = await artifacts.readArtifact(name);
      const actual = [
        ...new Set(changing(new ethers.Interface([...artifact.abi])).map((fragment) => fragment.name)),
      ].sort();
      expect(Object.keys(table).sort(), name).to.deep.equal(actual);
    }
  });

  it("lets each role through exactly where the table says", async () => {
    const core = await networkHelpers.loadFixture(fixture);
    const who = {
      stranger: core.stranger,
      depositor: core.depositor,
      keeper: core.keeper,
      guardian: core.guardian,
      curator: core.curator,
      owner: core.admin,
    } as const;
    const targets: Record<string, string> = {
      LiquidityVault: await core.vault.getAddress(),
      StrategyRegistry: await core.registry.getAddress(),
      OracleGuard: await core.guard.getAddress(),
      ProposalModule: await core.module.getAddress(),
      RedeemQueue: await core.queue.getAddress(),
      VaultOperations: await core.vault.operations(),
    };
    let asked = 0;
    for (const [name, table] of Object.entries(ALLOWED)) {
      const face = new ethers.Interface([...(await artifacts.readArtifact(name)).abi]);
      for (const fragment of changing(face)) {
        for (const role of ROLES) {
          const from = who[role].address;
          const data = face.encodeFunctionData(
            fragment,
            fragment.inputs.map((input) => plain(input, from)),
          );
          const said = await refusal(ethers.provider.call({ to: targets[name] ?? null, from, data }));
          const refused = REFUSALS.some((candidate) => candidate === said);
          const allowed = table[fragment.name]?.includes(role) ?? false;
          // The curator's delayed functions refuse what was not scheduled: that is the delay, not the door.
          const waits = said === "AccessManagerNotScheduled" && role === "curator";
          expect(!refused || waits, `${name}.${fragment.name} by ${role}: ${said || "went through"}`).to.equal(allowed);
          asked += 1;
        }
      }
    }
    expect(asked).to.be.greaterThan(300);
  });

  it("makes the curator wait for everything that raises risk, and nothing else", async () => {
    const core = await networkHelpers.loadFixture(fixture);
    const contracts = {
      LiquidityVault: core.vault,
      StrategyRegistry: core.registry,
      OracleGuard: core.guard,
      ProposalModule: core.module,
    };
    for (const [name, contract] of Object.entries(contracts)) {
      for (const [functionName, roles] of Object.entries(ALLOWED[name] ?? {})) {
        if (!roles.includes("curator") || roles.length === ANYONE.length || functionName === "cancel") continue;
        const selector =
          new ethers.Interface(contract.interface.fragments).getFunction(functionName)?.selector ?? "0x00000000";
        const { immediate, delay } = await core.manager.canCall(core.curator.address, contract.target, selector);
        const lowersRisk = roles.includes("guardian");
        expect(immediate, `${name}.${functionName}`).to.equal(lowersRisk);
        expect(delay, `${name}.${functionName}`).to.equal(lowersRisk ? 0n : 259_200n);
      }
    }
  });

  it("refuses everyone but the vault at every function of every adapter", async () => {
    const core = await networkHelpers.loadFixture(fixture);
    const names = [...(await artifacts.getAllFullyQualifiedNames())].filter((name) =>
      name.startsWith("contracts/adapters/"),
    );
    const who = [core.stranger, core.depositor, core.keeper, core.guardian, core.curator, core.admin];
    const found: Record<string, Record<string, string>> = {};
    let adapters = 0;
    for (const qualified of names) {
      const artifact = await artifacts.readArtifact(qualified);
      if (artifact.bytecode === "0x") continue;
      adapters += 1;
      // The code alone, without a constructor: its vault is the zero address, which nobody is.
      const at = ethers.getAddress(ethers.id(qualified).slice(0, 42));
      await networkHelpers.setCode(at, artifact.deployedBytecode);
      const face = new ethers.Interface([...artifact.abi]);
      for (const fragment of changing(face)) {
        for (const { address } of who) {
          const data = face.encodeFunctionData(
            fragment,
            fragment.inputs.map((input) => plain(input, address)),
          );
          const said = await refusal(ethers.provider.call({ to: at, from: address, data }));
          if (said === "Adapter_NotVault") continue;
          const doors = found[artifact.contractName] ?? {};
          doors[fragment.name] = said;
          found[artifact.contractName] = doors;
        }
      }
    }
    const compiled = new Set(names.map((name) => name.split(":")[1]));
    expect(found).to.deep.equal(Object.fromEntries(Object.entries(DOORS).filter(([name]) => compiled.has(name))));
    expect(adapters).to.be.greaterThan(4);
  });

  it("cannot be made to send assets to a role: all of them together, doing all they may, gain nothing", async () => {
    const core = await networkHelpers.loadFixture(fixture);
    const weth = await ethers.getContractAt("WethDouble", await core.vault.asset());
    const holders = [core.stranger, core.keeper, core.guardian, core.curator, core.admin];
    const before = await weth.balanceOf(core.vault.target);
    const targets = [core.vault, core.registry, core.guard, core.module, core.queue];
    for (const contract of targets) {
      const face = new ethers.Interface(contract.interface.fragments);
      for (const fragment of changing(face)) {
        for (const holder of holders) {
          const data = face.encodeFunctionData(
            fragment,
            fragment.inputs.map((input) => plain(input, holder.address)),
          );
          await holder.sendTransaction({ to: contract.target, data, gasLimit: 5_000_000n }).catch(() => undefined);
        }
      }
    }
    for (const holder of holders) expect(await weth.balanceOf(holder.address), holder.address).to.equal(0n);
    expect(await weth.balanceOf(core.vault.target)).to.equal(before);
    expect(before).to.equal(100n * ETHER);
  });
});

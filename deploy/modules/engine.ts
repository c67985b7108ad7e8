/**
 * The engine's contracts, on any chain: roles, vault, registry, guard, module, then each strategy, then the hand-over. The
 * deployer holds ADMIN and CURATOR only while this runs and ends with no role.
 */
import {
  buildModule,
  type ContractCallFuture,
  type NamedArtifactContractDeploymentFuture,
} from "@nomicfoundation/ignition-core";
import { ZeroAddress } from "ethers";
import { DEFAULT_BATCH_SECONDS, type EnginePlan, type StrategyPlan } from "../plan.ts";
import { CALLERS, ROLE, withdrawalIds } from "../roles.ts";

export type SelectorOf = (contract: string, functionName: string) => string;

const bitmap = (ids: readonly number[]): number => ids.reduce((bits, id) => bits + 2 ** id, 0);

/**
 * @param selectorOf gives a function's four bytes, from the compiled ABI of whoever deploys.
 * @param deployer the account that sends; loses every role at the end.
 */
export function engineModule(plan: EnginePlan, selectorOf: SelectorOf, deployer: string) {
  return buildModule("Engine", (m) => {
    const manager = m.contract("AccessManager", [deployer]);
    const registry = m.contract("StrategyRegistry", [manager]);
    const guard = m.contract("OracleGuard", [manager, registry]);
    const vault = m.contract("LiquidityVault", [
      plan.asset,
      plan.name,
      plan.symbol,
      manager,
      registry,
      guard,
      { ...plan.vault },
    ]);
    const module = m.contract("ProposalModule", [manager, vault, registry, guard, plan.safe, true, { ...plan.policy }]);
    const queue = m.contract("RedeemQueue", [vault, plan.batchSeconds ?? DEFAULT_BATCH_SECONDS]);
    const contracts = { StrategyRegistry: registry, OracleGuard: guard, LiquidityVault: vault, ProposalModule: module };

    const bound = [
      m.call(registry, "bindVault", [vault]),
      m.call(guard, "bindVault", [vault]),
      m.call(vault, "bindProposalModule", [module]),
      m.call(vault, "bindRedeemQueue", [queue]),
    ];
    const opened = Object.entries(CALLERS).flatMap(([role, functions]) =>
      Object.entries<readonly string[]>(functions).map(([contract, names]) =>
        m.call(
          manager,
          "setTargetFunctionRole",
          [
            contracts[contract as keyof typeof contracts],
            names.map((name) => selectorOf(contract, name)),
            ROLE[role as keyof typeof CALLERS],
          ],
          { id: `roles_${role}_${contract}` },
        ),
      ),
    );
    const setUp = m.call(manager, "grantRole", [ROLE.curator, deployer, 0], {
      id: "curator_setup",
      after: [...opened, ...bound],
    });

    // One after another: the registry numbers strategies in the order they arrive, and proposals name those numbers.
    let previous: ContractCallFuture<string, string> = setUp;
    const adapters: Record<string, NamedArtifactContractDeploymentFuture<string>> = {};
    plan.strategies.forEach((strategy: StrategyPlan, index) => {
      const id = index + 1;
      const adapter = m.contract(strategy.adapter, [vault, plan.asset, ...strategy.targets], {
        id: `adapter_${strategy.key}`,
      });
      adapters[`adapter_${strategy.key}`] = adapter;
      const registered = m.call(registry, "registerStrategy", [adapter, bitmap(strategy.riskIds)], {
        id: `register_${strategy.key}`,
        after: [previous],
      });
      const priced = m.call(guard, "setOracle", [id, { ...strategy.oracle }], {
        id: `oracle_${strategy.key}`,
        after: [registered],
      });
      previous = m.call(registry, "setLimits", [id, { ...strategy.limits }], {
        id: `limits_${strategy.key}`,
        after: [priced],
      });
    });
    const capped = plan.riskCaps.map(({ riskId, absoluteCap, relativeCapBps }) =>
      m.call(registry, "setRiskCap", [riskId, absoluteCap, relativeCapBps], {
        id: `risk_${riskId}`,
        after: [previous],
      }),
    );

    // Everything that a curator would otherwise have to schedule on the first day.
    const terms: ContractCallFuture<string, string>[] = [];
    const order = withdrawalIds(plan);
    if (order.length > 0)
      terms.push(m.call(vault, "setWithdrawalOrder", [[...order]], { id: "withdrawal_order", after: [previous] }));
    const { recipient, managementBps, performanceBps } = plan.fees;
    if (recipient !== ZeroAddress) {
      const named = m.call(vault, "setFeeRecipient", [recipient], { id: "fee_recipient", after: [setUp] });
      terms.push(m.call(vault, "setFees", [managementBps, performanceBps], { id: "fees", after: [named] }));
    }
    if (plan.signerTiers.largeBps > 0)
      terms.push(m.call(module, "setSignerTiers", [{ ...plan.signerTiers }], { id: "signer_tiers", after: [setUp] }));
    const ready = [...capped, ...terms];

    const granted = [
      m.call(manager, "grantRole", [ROLE.curator, plan.curator, plan.curatorDelay], {
        id: "grant_curator",
        after: ready,
      }),
      // The curator may lower risk at once, like any guardian.
      m.call(manager, "grantRole", [ROLE.guardian, plan.curator, 0], { id: "grant_guardian_curator", after: ready }),
      m.call(manager, "grantRole", [ROLE.guardian, plan.guardian, 0], { id: "grant_guardian", after: ready }),
      m.call(manager, "grantRole", [ROLE.proposer, plan.proposer, 0], { id: "grant_proposer", after: ready }),
      m.call(manager, "grantRole", [ROLE.admin, plan.safe, plan.ownerDelay], { id: "grant_admin", after: ready }),
    ];
    const left = m.call(manager, "renounceRole", [ROLE.curator, deployer], { id: "leave_curator", after: granted });
    m.call(manager, "renounceRole", [ROLE.admin, deployer], { id: "leave_admin", after: [left] });

    return { manager, registry, guard, vault, module, queue, ...adapters };
  });
}

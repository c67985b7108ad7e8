/**
 * Reads a deployment back and holds it against its plan: settings, fees, order of withdrawals, tiers, caps, oracles, the role of
 * every restricted function, and who holds which role. Each line is one fact; a difference is a reason not to use it.
 */

import type { ChainClient } from "../keeper/chain/client.ts";
import { addr, bool, type Row, struct, uint } from "../keeper/chain/fields.ts";
import { multicall, readView, type ViewCall, view } from "../keeper/chain/multicall.ts";
import { type Address, address } from "../keeper/kernel/units.ts";
import { AccessManager__factory } from "../types/ethers-contracts/factories/@openzeppelin/contracts/access/manager/AccessManager__factory.ts";
import { LiquidityVault__factory } from "../types/ethers-contracts/factories/contracts/LiquidityVault__factory.ts";
import { OracleGuard__factory } from "../types/ethers-contracts/factories/contracts/OracleGuard__factory.ts";
import { ProposalModule__factory } from "../types/ethers-contracts/factories/contracts/ProposalModule__factory.ts";
import { RedeemQueue__factory } from "../types/ethers-contracts/factories/contracts/RedeemQueue__factory.ts";
import { StrategyRegistry__factory } from "../types/ethers-contracts/factories/contracts/StrategyRegistry__factory.ts";
import { DEFAULT_BATCH_SECONDS, type EnginePlan } from "./plan.ts";
import { ADMIN_ONLY, CALLERS, ROLE, type RoleName, withdrawalIds } from "./roles.ts";
import { selectorOf } from "./selectors.ts";

const interfaces = {
  LiquidityVault: LiquidityVault__factory.createInterface(),
  OracleGuard: OracleGuard__factory.createInterface(),
  ProposalModule: ProposalModule__factory.createInterface(),
  StrategyRegistry: StrategyRegistry__factory.createInterface(),
} as const;
type ContractName = keyof typeof interfaces;
const CONTRACTS = [
  "StrategyRegistry",
  "OracleGuard",
  "LiquidityVault",
  "ProposalModule",
] as const satisfies readonly ContractName[];
const managerInterface = AccessManager__factory.createInterface();
const queueInterface = RedeemQueue__factory.createInterface();

export interface Fact {
  readonly what: string;
  readonly expected: string;
  /** What the chain says; the reason when it could not be read. */
  readonly found: string;
  readonly holds: boolean;
}

export interface DeploymentAddresses {
  readonly vault: Address;
  readonly registry: Address;
  readonly guard: Address;
  readonly module: Address;
  readonly multicall: Address;
}

interface Question {
  readonly what: string;
  readonly expected: string;
  readonly call: ViewCall<string>;
}

/** Fields of a struct or of a row as one line, in the order of the plan's own keys. */
const fields =
  (names: readonly string[], path: readonly string[] = []) =>
  (row: Row): string => {
    const inner = path.reduce((at, key) => struct(at, /^\d+$/.test(key) ? Number(key) : key), row);
    return names.map((name) => `${name} ${String(inner.result.getValue(name))}`).join(", ");
  };
const line = (values: Readonly<Record<string, unknown>>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(", ");

function roleQuestions(
  plan: EnginePlan,
  at: Readonly<Record<ContractName, Address>>,
  manager: Address,
  deployer: string | null,
): Question[] {
  const functions = (role: RoleName, table: Readonly<Partial<Record<ContractName, readonly string[]>>>): Question[] =>
    CONTRACTS.flatMap((contract) =>
      (table[contract] ?? []).map((name) => ({
        what: `who calls ${contract}.${name}`,
        expected: `role ${ROLE[role]}`,
        call: view(
          managerInterface,
          manager,
          "getTargetFunctionRole",
          [at[contract], selectorOf(contract, name)],
          (row) => `role ${uint(row, 0)}`,
        ),
      })),
    );
  const holds = (role: RoleName, who: string, delay: number | null): Question => ({
    what: `${who} as ${role}`,
    expected: delay === null ? "no" : `yes, delay ${delay} s`,
    call: view(managerInterface, manager, "hasRole", [ROLE[role], who], (row) =>
      bool(row, "isMember") ? `yes, delay ${uint(row, "executionDelay")} s` : "no",
    ),
  });
  const left =
    deployer === null
      ? []
      : (["admin", "curator", "guardian", "proposer"] as const).map((role) => holds(role, deployer, null));
  return [
    ...functions("curator", CALLERS.curator),
    ...functions("guardian", CALLERS.guardian),
    ...functions("proposer", CALLERS.proposer),
    ...functions("admin", ADMIN_ONLY),
    holds("admin", plan.safe, plan.ownerDelay),
    holds("curator", plan.curator, plan.curatorDelay),
    holds("guardian", plan.curator, 0),
    holds("guardian", plan.guardian, 0),
    holds("proposer", plan.proposer, 0),
    holds("admin", plan.curator, null),
    holds("admin", plan.guardian, null),
    holds("admin", plan.proposer, null),
    holds("curator", plan.proposer, null),
    holds("guardian", plan.proposer, null),
    ...left,
  ];
}

/**
 * @param deployer the account that deployed, which must have no role left; null when it is not known.
 * @returns one fact per question, in a fixed order.
 */
export async function verifyDeployment(
  client: ChainClient,
  addresses: DeploymentAddresses,
  plan: EnginePlan,
  deployer: string | null,
): Promise<readonly Fact[]> {
  const { vault, registry, guard, module } = addresses;
  const at: Readonly<Record<ContractName, Address>> = {
    LiquidityVault: vault,
    OracleGuard: guard,
    ProposalModule: module,
    StrategyRegistry: registry,
  };
  const ask = (contract: ContractName, fragment: string, args: readonly unknown[], pick: (row: Row) => string) =>
    view(interfaces[contract], at[contract], fragment, args, pick);
  const plain = (row: Row): string => String(row.result.at(0));
  const manager = await readView(
    client,
    view(interfaces.ProposalModule, module, "authority", [], (row) => addr(row, 0)),
    "latest",
  );
  const queue = await readView(
    client,
    view(interfaces.LiquidityVault, vault, "redeemQueue", [], (row) => addr(row, 0)),
    "latest",
  );

  const questions: Question[] = [
    { what: "approver of proposals", expected: plan.safe, call: ask("ProposalModule", "approver", [], plain) },
    { what: "approver is a Safe", expected: "true", call: ask("ProposalModule", "approverIsSafe", [], plain) },
    { what: "module of the vault", expected: module, call: ask("LiquidityVault", "proposalModule", [], plain) },
    { what: "asset", expected: plan.asset, call: ask("LiquidityVault", "asset", [], plain) },
    ...Object.entries(plan.vault).map(([name, value]) => ({
      what: `vault ${name}`,
      expected: String(value),
      call: ask("LiquidityVault", name, [], plain),
    })),
    {
      what: "policy",
      expected: line(plan.policy),
      call: ask("ProposalModule", "policy", [], fields(Object.keys(plan.policy), ["0"])),
    },
    {
      what: "signer tiers",
      expected: line(plan.signerTiers),
      call: ask("ProposalModule", "signerTiers", [], fields(Object.keys(plan.signerTiers), ["0"])),
    },
    {
      what: "fees",
      expected: line(plan.fees),
      call: ask("LiquidityVault", "fees", [], fields(Object.keys(plan.fees), ["0"])),
    },
    {
      what: "withdrawal order",
      expected: withdrawalIds(plan).join(" ") || "none",
      call: ask("LiquidityVault", "withdrawalOrder", [], (row) => [...struct(row, 0).result].join(" ") || "none"),
    },
    {
      what: "seconds of a redeem batch",
      expected: String(plan.batchSeconds ?? DEFAULT_BATCH_SECONDS),
      call: view(queueInterface, queue, "batchSeconds", [], plain),
    },
    {
      what: "number of strategies",
      expected: String(plan.strategies.length),
      call: ask("StrategyRegistry", "count", [], plain),
    },
    ...plan.strategies.flatMap(({ name, limits, riskIds, oracle }, index): Question[] => [
      {
        what: `limits of ${name}`,
        expected: line(limits),
        call: ask("StrategyRegistry", "strategy", [index + 1], fields(Object.keys(limits), ["0", "limits"])),
      },
      {
        what: `risk ids of ${name}`,
        expected: String(riskIds.reduce((bits, id) => bits + 2 ** id, 0)),
        call: ask("StrategyRegistry", "strategy", [index + 1], (row) => String(uint(struct(row, 0), "riskIds"))),
      },
      {
        what: `oracle of ${name}`,
        expected: line({ ...oracle }),
        call: ask("OracleGuard", "oracle", [index + 1], fields(Object.keys(oracle), ["0"])),
      },
    ]),
    ...plan.riskCaps.map(({ riskId, absoluteCap, relativeCapBps }) => ({
      what: `cap of risk id ${riskId}`,
      expected: line({ absoluteCap, relativeCapBps }),
      call: ask("StrategyRegistry", "riskCap", [riskId], fields(["absoluteCap", "relativeCapBps"])),
    })),
    ...roleQuestions(plan, at, address(manager), deployer),
  ];
  const answers = await multicall(
    client,
    addresses.multicall,
    questions.map(({ call }) => call),
    "latest",
  );
  return questions.map(({ what, expected }, index) => {
    const answer = answers[index];
    const found = answer === undefined ? "no answer" : answer.ok ? answer.value : answer.reason;
    return { what, expected, found, holds: answer?.ok === true && found.toLowerCase() === expected.toLowerCase() };
  });
}

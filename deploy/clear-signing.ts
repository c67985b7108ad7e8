/**
 * What a hardware wallet shows of a proposal: an ERC-7730 (v1) descriptor of the module's typed data. The types are taken from
 * the compiled ABI of `propose`, whose one argument is the struct that owners sign.
 * `node deploy/clear-signing.ts <chain id> <module> <asset> > eip712-amplified.json` writes it for a deployment.
 */
import { getAddress, isAddress, type ParamType } from "ethers";
import { InputError } from "../keeper/kernel/errors.ts";
import { IProposalModule__factory } from "../types/ethers-contracts/factories/contracts/interfaces/IProposalModule__factory.ts";

export class DescriptorError extends InputError {
  readonly code = "CLEAR_SIGNING";
  constructor(problem: string) {
    super(`No descriptor can be made: ${problem}. Usage: node deploy/clear-signing.ts <chain id> <module> <asset>.`);
  }
}

export interface TypeMember {
  readonly name: string;
  readonly type: string;
}
export type TypedDataTypes = Readonly<Record<string, readonly TypeMember[]>>;

const structName = ({ components, arrayChildren }: ParamType, name: string): string | null => {
  const isStruct = components !== null || (arrayChildren !== null && arrayChildren.components !== null);
  // The ABI keeps a struct's shape and not its name; the interface has one array member, `legs`, of struct Leg.
  return isStruct ? (name === "legs" ? "Leg" : "Proposal") : null;
};

/** EIP-712 types of the struct that `propose` takes, from the compiled ABI: member names, order and types. */
export function typesOfAbi(): TypedDataTypes {
  const [proposal] = IProposalModule__factory.createInterface().getFunction("propose").inputs;
  if (proposal?.components === null || proposal === undefined) throw new DescriptorError("propose takes no struct");
  const types: Record<string, readonly TypeMember[]> = {};
  const collect = (name: string, members: readonly ParamType[]): void => {
    types[name] = members.map((member) => {
      const inner = structName(member, member.name);
      return { name: member.name, type: inner === null ? member.type : `${inner}[]` };
    });
    for (const member of members) {
      const inner = structName(member, member.name);
      const parts = member.arrayChildren?.components ?? null;
      if (inner !== null && parts !== null) collect(inner, parts);
    }
  };
  collect("Proposal", proposal.components);
  return types;
}

/** EIP-712 encodeType: the primary type, then the types it refers to. */
export const encodeType = (types: TypedDataTypes): string =>
  Object.entries(types)
    .map(([name, members]) => `${name}(${members.map(({ name: member, type }) => `${type} ${member}`).join(",")})`)
    .join("");

const DOMAIN: readonly TypeMember[] = [
  { name: "name", type: "string" },
  { name: "version", type: "string" },
  { name: "chainId", type: "uint256" },
  { name: "verifyingContract", type: "address" },
];

/** Words for `LegKind`, by its number. */
const LEG_KINDS = { "0": "take out", "1": "ask for exit", "2": "put in", "3": "move range" } as const;
const MAX_UINT128 = `0x${"f".repeat(32)}`;

export interface Deployment {
  readonly chainId: number;
  readonly module: string;
  /** The vault's asset, in whose units the amounts are. */
  readonly asset: string;
}

export function clearSigningDescriptor({ chainId, module, asset }: Deployment) {
  const amount = (path: string, label: string, params: Readonly<Record<string, string>> = {}) => ({
    path,
    label,
    format: "tokenAmount",
    params: { token: "$.metadata.constants.asset", ...params },
  });
  const date = (path: string, label: string) => ({ path, label, format: "date", params: { encoding: "timestamp" } });
  const raw = (path: string, label: string) => ({ path, label, format: "raw" });
  return {
    $schema: "https://eips.ethereum.org/assets/eip-7730/erc7730-v1.schema.json",
    context: {
      $id: "Amplified Liquidity Engine proposal",
      eip712: {
        domain: { name: "Amplified Liquidity Engine", version: "1" },
        deployments: [{ chainId, address: module }],
        schemas: [{ primaryType: "Proposal", types: { EIP712Domain: DOMAIN, ...typesOfAbi() } }],
      },
    },
    metadata: {
      owner: "Amplified Liquidity Engine",
      constants: { asset },
      enums: { legKind: LEG_KINDS },
    },
    display: {
      formats: {
        Proposal: {
          intent: "Move a vault's assets",
          fields: [
            raw("legs.[].strategyId", "Strategy"),
            { path: "legs.[].kind", label: "Does", format: "enum", params: { $ref: "$.metadata.enums.legKind" } },
            amount("legs.[].amount", "Amount", { threshold: MAX_UINT128, message: "all idle above the reserve" }),
            amount("legs.[].minValue", "Must give at least"),
            raw("legs.[].tickLower", "Range from tick"),
            raw("legs.[].tickUpper", "Range to tick"),
            amount("maxLoss", "May lose at most"),
            amount("refNav", "Vault is worth"),
            { path: "navToleranceBps", label: "Within", format: "unit", params: { base: "%", decimals: 2 } },
            date("notBefore", "Not before"),
            date("deadline", "Valid until"),
            raw("evidence", "Evidence hash"),
          ],
          required: ["legs.[].strategyId", "legs.[].kind", "legs.[].amount", "legs.[].minValue", "maxLoss", "deadline"],
          // Bookkeeping: an owner compares the id, which covers both.
          excluded: ["nonce", "configEpoch"],
        },
      },
    },
  };
}

if (import.meta.main) {
  const [chainId = "", module = "", asset = ""] = process.argv.slice(2);
  if (!/^[1-9]\d{0,15}$/.test(chainId) || !isAddress(module) || !isAddress(asset)) {
    const error = new DescriptorError("chain id, module or asset is missing or malformed");
    process.stderr.write(`error ${error.code}: ${error.message}\n`);
    process.exit(error.exitCode);
  }
  const descriptor = clearSigningDescriptor({
    chainId: Number(chainId),
    module: getAddress(module),
    asset: getAddress(asset),
  });
  process.stdout.write(`${JSON.stringify(descriptor, null, 2)}\n`);
}

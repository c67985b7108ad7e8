/**
 * The ABI of functions whose arguments, or results, are single words: numbers, flags, addresses and fixed bytes, written out on
 * hex strings. The general codec builds coders and turns every byte into a number and back, which for a read of several hundred
 * calls costs as much as the node does. What is not a word, or not plainly right, goes to the general codec, which also words the
 * errors; a test holds this against it.
 */
import { type FunctionFragment, getAddress, type Interface, type ParamType } from "ethers";

/** Hex digits of a word. */
const WORD = 64;
/** Spellings kept of addresses: those of one engine are few, and a hostile contract may answer many. */
const MOST_ADDRESSES = 10_000;

/** A decoded row of single words, read like the general codec's. */
export class Words {
  readonly #values: readonly unknown[];
  readonly #names: readonly string[];
  constructor(values: readonly unknown[], names: readonly string[]) {
    this.#values = values;
    this.#names = names;
  }
  get length(): number {
    return this.#values.length;
  }
  getValue(name: string): unknown {
    return this.#values[this.#names.indexOf(name)];
  }
  at(index: number): unknown {
    return this.#values.at(index);
  }
  [Symbol.iterator](): Iterator<unknown> {
    return this.#values[Symbol.iterator]();
  }
}

interface WordCodec {
  /** Digits of the value; null where the general codec must judge it. */
  readonly write: (value: unknown) => string | null;
  /** The value of a word's digits; undefined where the general codec must judge them. */
  readonly read: (digits: string) => unknown;
}

/** Checksum spelling of known addresses, by their digits in lower case, and the spellings that were checked. */
const spellings = new Map<string, string>();
const checked = new Map<string, string>();

function keep(book: Map<string, string>, key: string, value: string): string {
  if (book.size >= MOST_ADDRESSES) book.clear();
  book.set(key, value);
  return value;
}

const numberIn = (value: unknown): bigint | null =>
  typeof value === "bigint" ? value : typeof value === "number" && Number.isSafeInteger(value) ? BigInt(value) : null;

function numbers(bits: number, isSigned: boolean): WordCodec {
  const limit = 1n << BigInt(isSigned ? bits - 1 : bits);
  return {
    write: (value) => {
      const number = numberIn(value);
      if (number === null || number >= limit || number < (isSigned ? -limit : 0n)) return null;
      return BigInt.asUintN(256, number).toString(16).padStart(WORD, "0");
    },
    read: isSigned
      ? (digits) => BigInt.asIntN(bits, BigInt(`0x${digits}`))
      : bits === 256
        ? (digits) => BigInt(`0x${digits}`)
        : (digits) => BigInt.asUintN(bits, BigInt(`0x${digits}`)),
  };
}

const flag: WordCodec = {
  write: (value) => (typeof value === "boolean" ? (value ? "1" : "0").padStart(WORD, "0") : null),
  read: (digits) => /[^0]/.test(digits),
};

const account: WordCodec = {
  write: (value) => {
    if (typeof value !== "string" || !/^0x[0-9a-fA-F]{40}$/.test(value)) return null;
    // Throws on a wrong checksum, as the general codec does.
    return checked.get(value) ?? keep(checked, value, getAddress(value).slice(2).toLowerCase().padStart(WORD, "0"));
  },
  read: (digits) => {
    if (!digits.startsWith("000000000000000000000000")) return undefined;
    const key = digits.slice(24);
    return spellings.get(key) ?? keep(spellings, key, getAddress(`0x${key}`));
  },
};

const fixedBytes = (bytes: number): WordCodec => ({
  write: (value) =>
    typeof value === "string" && value.length === 2 + bytes * 2 && /^0x[0-9a-fA-F]*$/.test(value)
      ? value.slice(2).toLowerCase().padEnd(WORD, "0")
      : null,
  read: (digits) => `0x${digits.slice(0, bytes * 2)}`,
});

function codecOf({ baseType }: ParamType): WordCodec | null {
  if (baseType === "bool") return flag;
  if (baseType === "address") return account;
  const [, kind, size] = /^(u?int|bytes)(\d+)$/.exec(baseType) ?? [];
  if (kind === undefined) return null;
  return kind === "bytes" ? fixedBytes(Number(size)) : numbers(Number(size), kind === "int");
}

/** Null where one of the parameters is no single word. */
function codecsOf(types: readonly ParamType[]): readonly WordCodec[] | null {
  const codecs = types.map(codecOf);
  return codecs.includes(null) ? null : codecs.flatMap((codec) => codec ?? []);
}

/** How one function is written and read. */
export interface FunctionCodec {
  /** @throws the general codec's error on arguments of another type. */
  encode(args: readonly unknown[]): string;
  /** @throws the general codec's error on data of another shape. */
  decode(data: string): Words | ReturnType<Interface["decodeFunctionResult"]>;
}

function build(iface: Interface, fragment: FunctionFragment): FunctionCodec {
  const { selector } = fragment;
  const inputs = codecsOf(fragment.inputs);
  const outputs = codecsOf(fragment.outputs);
  const names = fragment.outputs.map(({ name }) => name);
  return {
    encode: (args) => {
      const general = (): string => iface.encodeFunctionData(fragment, [...args]);
      if (inputs === null || args.length !== inputs.length) return general();
      let data = selector;
      for (const [index, codec] of inputs.entries()) {
        const digits = codec.write(args[index]);
        if (digits === null) return general();
        data += digits;
      }
      return data;
    },
    decode: (data) => {
      const general = () => iface.decodeFunctionResult(fragment, data);
      // Nothing for nothing, parts of words and too few of them are the general codec's errors.
      if (outputs === null || outputs.length === 0 || data.length % WORD !== 2) return general();
      if (data.length < 2 + outputs.length * WORD || !/^0x[0-9a-f]*$/.test(data)) return general();
      const values: unknown[] = [];
      for (const [index, codec] of outputs.entries()) {
        const value = codec.read(data.slice(2 + index * WORD, 2 + (index + 1) * WORD));
        if (value === undefined) return general();
        values.push(value);
      }
      return new Words(values, names);
    },
  };
}

const known = new WeakMap<Interface, Map<string, FunctionCodec>>();

/** The codec of a function by its name or signature; built once. Null where the interface has no such function. */
export function functionCodec(iface: Interface, name: string): FunctionCodec | null {
  const codecs = known.get(iface) ?? new Map<string, FunctionCodec>();
  known.set(iface, codecs);
  const found = codecs.get(name);
  if (found !== undefined) return found;
  const fragment = iface.getFunction(name);
  if (fragment === null) return null;
  const codec = build(iface, fragment);
  codecs.set(name, codec);
  return codec;
}

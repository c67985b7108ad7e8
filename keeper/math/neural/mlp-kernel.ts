/**
 * The dueling network's kernel in plain TypeScript: the twin of assembly/mlp.ts, for machines and checkouts without the compiled
 * one. Same memory, same operations in the same order, same bits.
 */
import { elementwiseOn } from "./elementwise.ts";
import { MLP_WORD } from "./mlp-layout.ts";
import { productsOn } from "./products.ts";

/** What both kernels export. Addresses are in bytes. */
export interface MlpKernel {
  /** Action values of `batch` states at `input` by the parameters at `weights`. */
  forward(weights: number, input: number, batch: number): void;
  /** Goals: reward + discount x target network's value of the online network's best next action. */
  bootstrap(batch: number): void;
  /** Mean weighted Huber loss of what forward left behind, its errors and its derivative. */
  loss(batch: number): number;
  /** Fills the gradient by all parameters. */
  backpropagate(batch: number): void;
  /** One Adam step; returns the gradient's norm where clipping is on, else 0. */
  update(rate: number, correction: number): number;
}

const f = Math.fround;

/** @param memory from `heapFor`, with the descriptor written by `describeMlp`. */
export function typescriptMlp(memory: ArrayBuffer): MlpKernel {
  const words = new Int32Array(memory);
  const m = new Float32Array(memory);
  const loops = { ...productsOn(memory), ...elementwiseOn(memory) };
  /** A size, or the address of a block in bytes. */
  const word = (name: keyof typeof MLP_WORD): number => words[MLP_WORD[name]] ?? 0;
  const real = (name: keyof typeof MLP_WORD): number => m[MLP_WORD[name]] ?? 0;
  const at = (block: keyof typeof MLP_WORD, index: number): number => m[(word(block) >> 2) + index] ?? 0;

  function rectify(address: number, row: number, batch: number, units: number): void {
    for (let b = 0; b < batch; b++) {
      const from = (address + b * row) >> 2;
      for (let p = from; p < from + units; p++) if (!((m[p] ?? 0) > 0)) m[p] = 0;
    }
  }

  function gate(derivative: number, activations: number, row: number, batch: number, units: number): void {
    let d = derivative >> 2;
    for (let b = 0; b < batch; b++) {
      const from = (activations + b * row) >> 2;
      for (let p = from; p < from + units; p++, d++) if (!((m[p] ?? 0) > 0)) m[d] = 0;
    }
  }

  function forward(weights: number, input: number, batch: number): void {
    const [inputs, first, second, actions, head] = [
      word("inputs"),
      word("first"),
      word("second"),
      word("actions"),
      word("head"),
    ];
    const [row0, row1, row2] = [4 * word("row0"), 4 * word("row1"), 4 * word("row2")];
    const [a1, a2, out] = [word("a1"), word("a2"), word("out")];
    const w2 = weights + 4 * (inputs + 1) * first;
    const w3 = w2 + 4 * (first + 1) * second;
    loops.multiply(input, row0, batch, inputs + 1, weights, 4 * first, a1, row1, first);
    rectify(a1, row1, batch, first);
    loops.multiply(a1, row1, batch, first + 1, w2, 4 * second, a2, row2, second);
    rectify(a2, row2, batch, second);
    loops.multiply(a2, row2, batch, second + 1, w3, 4 * head, out, 4 * head, head);
    const share = f(1 / f(actions));
    let q = word("q") >> 2;
    for (let b = 0; b < batch; b++) {
      const from = (out >> 2) + b * head;
      let total = 0;
      for (let j = 1; j <= actions; j++) total = f(total + (m[from + j] ?? 0));
      const mean = f(total * share);
      const value = m[from] ?? 0;
      for (let j = 1; j <= actions; j++, q++) m[q] = f(f(value + (m[from + j] ?? 0)) - mean);
    }
  }

  return {
    forward,

    bootstrap(batch) {
      const actions = word("actions");
      forward(word("weights"), word("next"), batch);
      for (let b = 0; b < batch; b++) {
        let chosen = 0;
        let most = at("q", b * actions);
        for (let j = 1; j < actions; j++) {
          const value = at("q", b * actions + j);
          if (value > most) {
            most = value;
            chosen = j;
          }
        }
        words[(word("best") >> 2) + b] = chosen;
      }
      forward(word("target"), word("next"), batch);
      for (let b = 0; b < batch; b++) {
        const value = at("q", b * actions + (words[(word("best") >> 2) + b] ?? 0));
        m[(word("goal") >> 2) + b] = f(at("reward", b) + f(at("discount", b) * value));
      }
    },

    loss(batch) {
      const actions = word("actions");
      const head = word("head");
      const width = real("huber");
      const share = f(1 / f(actions));
      const part = f(1 / f(batch));
      let total = 0;
      for (let b = 0; b < batch; b++) {
        const action = words[(word("action") >> 2) + b] ?? 0;
        const error = f(at("q", b * actions + action) - at("goal", b));
        const importance = at("importance", b);
        const size = Math.abs(error);
        const cut = error > width ? width : error < -width ? -width : error;
        const one = size <= width ? f(f(0.5 * error) * error) : f(width * f(size - f(0.5 * width)));
        total += importance * one;
        m[(word("error") >> 2) + b] = error;
        const slope = f(f(importance * cut) * part);
        const even = f(slope * share);
        const to = (word("dOut") >> 2) + b * head;
        m[to] = slope;
        for (let j = 0; j < actions; j++) m[to + 1 + j] = j === action ? f(slope - even) : -even;
      }
      return total / batch;
    },

    backpropagate(batch) {
      const [inputs, first, second, head] = [word("inputs"), word("first"), word("second"), word("head")];
      const [row0, row1, row2] = [4 * word("row0"), 4 * word("row1"), 4 * word("row2")];
      const [a1, a2, dOut, d2, d1] = [word("a1"), word("a2"), word("dOut"), word("d2"), word("d1")];
      const skip1 = 4 * (inputs + 1) * first;
      const skip2 = 4 * (first + 1) * second;
      const w2 = word("weights") + skip1;
      const g1 = word("gradient");
      loops.outer(a2, row2, batch, second + 1, dOut, 4 * head, g1 + skip1 + skip2, 4 * head, head);
      loops.backward(dOut, 4 * head, batch, head, w2 + skip2, 4 * head, d2, 4 * second, second);
      gate(d2, a2, row2, batch, second);
      loops.outer(a1, row1, batch, first + 1, d2, 4 * second, g1 + skip1, 4 * second, second);
      loops.backward(d2, 4 * second, batch, second, w2, 4 * second, d1, 4 * first, first);
      gate(d1, a1, row1, batch, first);
      loops.outer(word("states"), row0, batch, inputs + 1, d1, 4 * first, g1, 4 * first, first);
    },

    update(rate, correction) {
      const count = word("count");
      const clip = real("clip");
      const gradient = word("gradient");
      let norm = 0;
      let scale = 1;
      if (clip > 0) {
        norm = f(Math.sqrt(loops.squaredNorm(gradient, count)));
        if (norm > clip) scale = f(clip / norm);
      }
      loops.adam(
        ...([word("weights"), gradient, word("moment1"), word("moment2"), count] as const),
        ...([real("beta1"), real("beta2"), rate, correction, real("epsilon"), 1, scale] as const),
      );
      return norm;
    },
  };
}

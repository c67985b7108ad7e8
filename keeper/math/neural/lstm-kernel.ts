/**
 * The LSTM kernel in plain TypeScript: the twin of assembly/lstm.ts, for machines and checkouts without the compiled one. Same
 * memory, same operations in the same order, same bits.
 */
import { logistic32, tanh32 } from "./activations.ts";
import { adam, squaredNorm } from "./adam.ts";
import { backward, multiply, outer } from "./linear.ts";
import { WORD } from "./lstm-layout.ts";

/** What both kernels export. `first` and `batch` select samples order[first .. first + batch). */
export interface LstmKernel {
  /** Fills the results of the samples. */
  forward(first: number, batch: number): void;
  /** Summed loss of the results, and its derivative by them divided by batch x outputs. */
  loss(first: number, batch: number): number;
  /** Fills the gradient by all parameters. */
  backpropagate(batch: number): void;
  /** One Adam step; returns the gradient's norm where clipping is on, else 0. */
  update(rate: number, correction: number, decay: number): number;
}

const f = Math.fround;

export function typescriptLstm(memory: ArrayBuffer): LstmKernel {
  const words = new Int32Array(memory);
  const m = new Float32Array(memory);
  const word = (name: keyof typeof WORD): number => words[WORD[name]] ?? 0;
  const real = (name: keyof typeof WORD): number => m[WORD[name]] ?? 0;
  /** Index of the first float of a block. */
  const at = (name: keyof typeof WORD): number => word(name) >> 2;

  const gatesForward = (z: number, units: number, c: number, next: number, s: number, h: number): void => {
    for (let u = 0; u < units; u++) {
      const i = logistic32(m[z + u] ?? 0);
      const forget = logistic32(m[z + units + u] ?? 0);
      const g = tanh32(m[z + 2 * units + u] ?? 0);
      const o = logistic32(m[z + 3 * units + u] ?? 0);
      const cell = f(f(forget * (m[c + u] ?? 0)) + f(i * g));
      const flat = tanh32(cell);
      m[z + u] = i;
      m[z + units + u] = forget;
      m[z + 2 * units + u] = g;
      m[z + 3 * units + u] = o;
      m[next + u] = cell;
      m[s + u] = flat;
      m[h + u] = f(o * flat);
    }
  };

  const gatesBackward = (z: number, units: number, c: number, s: number, dh: number, dc: number): void => {
    for (let u = 0; u < units; u++) {
      const i = m[z + u] ?? 0;
      const forget = m[z + units + u] ?? 0;
      const g = m[z + 2 * units + u] ?? 0;
      const o = m[z + 3 * units + u] ?? 0;
      const flat = m[s + u] ?? 0;
      const down = m[dh + u] ?? 0;
      const d = f((m[dc + u] ?? 0) + f(f(down * o) * f(1 - f(flat * flat))));
      m[z + u] = f(f(d * g) * f(i * f(1 - i)));
      m[z + units + u] = f(f(d * (m[c + u] ?? 0)) * f(forget * f(1 - forget)));
      m[z + 2 * units + u] = f(f(d * i) * f(1 - f(g * g)));
      m[z + 3 * units + u] = f(f(down * flat) * f(o * f(1 - o)));
      m[dc + u] = f(d * forget);
    }
  };

  return {
    forward(first, batch) {
      const units = word("units");
      const inputs = word("inputs");
      const steps = word("steps");
      const row = word("row");
      const head = word("head");
      const state = at("state");
      const cell = at("cell");
      m.fill(0, cell, cell + batch * units);
      for (let b = 0; b < batch; b++) {
        m.fill(0, state + b * row, state + b * row + units);
        const sample = words[at("order") + first + b] ?? 0;
        let from = at("rows") + (words[at("starts") + sample] ?? 0) * inputs;
        for (let t = 0; t < steps; t++) {
          let to = state + (t * batch + b) * row + units;
          m[to] = 1;
          for (let i = 0; i < inputs; i++) m[++to] = m[from++] ?? 0;
        }
        m[state + (steps * batch + b) * row + units] = 1;
      }
      const weights = { at: at("weights"), stride: 4 * units };
      for (let t = 0; t < steps; t++) {
        const z = at("gates") + t * batch * 4 * units;
        const from = { at: state + t * batch * row, stride: row };
        multiply(m, from, batch, units + 1 + inputs, weights, { at: z, stride: 4 * units }, 4 * units);
        for (let b = 0; b < batch; b++) {
          const c = cell + (t * batch + b) * units;
          const s = at("squashed") + (t * batch + b) * units;
          gatesForward(z + b * 4 * units, units, c, c + batch * units, s, state + ((t + 1) * batch + b) * row);
        }
      }
      const last = { at: state + steps * batch * row, stride: row };
      const dense = { at: at("dense"), stride: head };
      multiply(m, last, batch, units + 1, dense, { at: at("result"), stride: head }, head);
    },

    loss(first, batch) {
      const outputs = word("outputs");
      const head = word("head");
      const share = f(1 / f(batch * outputs));
      let total = 0;
      for (let b = 0; b < batch; b++) {
        const sample = words[at("order") + first + b] ?? 0;
        for (let o = 0; o < outputs; o++) {
          const target = m[at("targets") + sample * head + o] ?? 0;
          const error = f((m[at("result") + b * head + o] ?? 0) - target);
          const level = m[at("levels") + o] ?? 0;
          let slope = 0;
          if (!Number.isNaN(target)) {
            if (Number.isNaN(level)) {
              slope = f(f(2 * error) * share);
              total += f(error * error);
            } else if (error > 0) {
              slope = f(f(1 - level) * share);
              total += f(f(1 - level) * error);
            } else {
              slope = f(-level * share);
              total -= f(level * error);
            }
          }
          m[at("dResult") + b * head + o] = slope;
        }
      }
      return total;
    },

    backpropagate(batch) {
      const units = word("units");
      const inputs = word("inputs");
      const steps = word("steps");
      const row = word("row");
      const head = word("head");
      const dResult = { at: at("dResult"), stride: head };
      const dState = { at: at("dState"), stride: units };
      const dCell = at("dCell");
      const weights = { at: at("weights"), stride: 4 * units };
      const last = { at: at("state") + steps * batch * row, stride: row };
      outer(m, last, batch, units + 1, dResult, { at: at("denseGradient"), stride: head }, head);
      backward(m, dResult, batch, head, { at: at("dense"), stride: head }, dState, units);
      m.fill(0, dCell, dCell + batch * units);
      for (let t = steps - 1; t >= 0; t--) {
        const z = at("gates") + t * batch * 4 * units;
        for (let b = 0; b < batch; b++) {
          const c = at("cell") + (t * batch + b) * units;
          const s = at("squashed") + (t * batch + b) * units;
          gatesBackward(z + b * 4 * units, units, c, s, dState.at + b * units, dCell + b * units);
        }
        if (t > 0) backward(m, { at: z, stride: 4 * units }, batch, 4 * units, weights, dState, units);
      }
      const gates = { at: at("gates"), stride: 4 * units };
      const gradient = { at: at("gradient"), stride: 4 * units };
      outer(
        m,
        { at: at("state"), stride: row },
        batch * steps,
        units + 1 + inputs,
        gates,
        gradient,
        4 * units,
      );
    },

    update(rate, correction, decay) {
      const count = word("count");
      const clip = real("clip");
      let norm = 0;
      let scale = 1;
      if (clip > 0) {
        norm = f(Math.sqrt(squaredNorm(m, at("gradient"), count)));
        if (norm > clip) scale = f(clip / norm);
      }
      adam(m, at("weights"), at("gradient"), at("first"), at("second"), count, {
        beta1: real("beta1"),
        beta2: real("beta2"),
        epsilon: real("epsilon"),
        rate: f(rate),
        correction: f(correction),
        decay: f(decay),
        scale,
      });
      return norm;
    },
  };
}

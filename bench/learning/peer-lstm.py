"""The reference job in PyTorch, one thread: 50 units, look-back 10, dense head, mean squared error, Adam 1e-3.

Reads one JSON document from stdin: {units, steps, inputs: [[...]], targets: [...], order: [[...] per epoch], batch,
epochs, repeats, weights: {kernel, recurrent, bias, dense, denseBias}} in Keras' layout (gates i, f, c, o; kernel is inputs x 4 units).
Writes {seconds: [...], loss: last epoch's mean loss, outputs: [...] of the trained network, inferenceMicroseconds}.
"""
import json
import sys
import time

import torch

torch.set_num_threads(1)
job = json.load(sys.stdin)
units, batch, epochs = job["units"], job["batch"], job["epochs"]
x = torch.tensor(job["inputs"], dtype=torch.float32).unsqueeze(-1)
y = torch.tensor(job["targets"], dtype=torch.float32).unsqueeze(-1)
order = [torch.tensor(epoch) for epoch in job["order"]]


class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = torch.nn.LSTM(1, units, batch_first=True)
        self.dense = torch.nn.Linear(units, 1)
        given = {name: torch.tensor(values, dtype=torch.float32) for name, values in job["weights"].items()}
        with torch.no_grad():
            self.lstm.weight_ih_l0.copy_(given["kernel"].reshape(1, 4 * units).t())
            self.lstm.weight_hh_l0.copy_(given["recurrent"].reshape(units, 4 * units).t())
            self.lstm.bias_ih_l0.copy_(given["bias"])
            self.lstm.bias_hh_l0.zero_()
            # The Keras layer has one bias: the second stays at zero and takes no part in training.
            self.lstm.bias_hh_l0.requires_grad_(False)
            self.dense.weight.copy_(given["dense"].reshape(1, units))
            self.dense.bias.copy_(given["denseBias"])

    def forward(self, inputs):
        out, _ = self.lstm(inputs)
        return self.dense(out[:, -1])


def train():
    network = Network()
    optimizer = torch.optim.Adam([p for p in network.parameters() if p.requires_grad], lr=1e-3)
    started = time.perf_counter()
    for epoch in range(epochs):
        total = 0.0
        for first in range(0, len(y), batch):
            chosen = order[epoch][first : first + batch]
            optimizer.zero_grad()
            loss = torch.nn.functional.mse_loss(network(x[chosen]), y[chosen])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(chosen)
    return time.perf_counter() - started, total / len(y), network


seconds = []
for _ in range(job["repeats"]):
    elapsed, loss, network = train()
    seconds.append(elapsed)
    print(f"pytorch batch {batch}: {elapsed:.2f} s, loss {loss:.6e}", file=sys.stderr)
with torch.no_grad():
    outputs = network(x).squeeze(-1).tolist()
    one = x[:1]
    times = []
    for _ in range(2000):
        started = time.perf_counter()
        network(one)
        times.append(time.perf_counter() - started)
times.sort()
json.dump(
    {"seconds": seconds, "loss": loss, "outputs": outputs, "inferenceMicroseconds": times[len(times) // 2] * 1e6},
    sys.stdout,
)

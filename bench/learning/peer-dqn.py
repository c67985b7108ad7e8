"""Double Q-learning on a dueling network in PyTorch, one thread: gradient steps a second and one action.

Reads {inputs, first, second, actions, batch, steps, seed} from stdin; writes {stepsPerSecond, actionMicroseconds}.
"""
import json
import sys
import time

import torch

torch.set_num_threads(1)
job = json.load(sys.stdin)
inputs, actions, batch = job["inputs"], job["actions"], job["batch"]
torch.manual_seed(job["seed"])


class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.body = torch.nn.Sequential(
            torch.nn.Linear(inputs, job["first"]),
            torch.nn.ReLU(),
            torch.nn.Linear(job["first"], job["second"]),
            torch.nn.ReLU(),
        )
        self.head = torch.nn.Linear(job["second"], 1 + actions)

    def forward(self, x):
        out = self.head(self.body(x))
        advantages = out[:, 1:]
        return out[:, :1] + advantages - advantages.mean(dim=1, keepdim=True)


online, target = Network(), Network()
target.load_state_dict(online.state_dict())
optimizer = torch.optim.Adam(online.parameters(), lr=5e-4)
states, following = torch.randn(batch, inputs), torch.randn(batch, inputs)
chosen = torch.randint(actions, (batch, 1))
rewards, discounts, importances = torch.randn(batch), torch.full((batch,), 0.9), torch.rand(batch)


def step():
    with torch.no_grad():
        best = online(following).argmax(dim=1, keepdim=True)
        goal = rewards + discounts * target(following).gather(1, best).squeeze(1)
    value = online(states).gather(1, chosen).squeeze(1)
    loss = (importances * torch.nn.functional.smooth_l1_loss(value, goal, reduction="none")).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


for _ in range(50):
    step()
started = time.perf_counter()
for _ in range(job["steps"]):
    step()
rate = job["steps"] / (time.perf_counter() - started)
one = states[:1]
times = []
with torch.no_grad():
    for _ in range(1000):
        started = time.perf_counter()
        int(online(one).argmax(dim=1))
        times.append(time.perf_counter() - started)
times.sort()
json.dump({"stepsPerSecond": rate, "actionMicroseconds": times[len(times) // 2] * 1e6}, sys.stdout)

#!/usr/bin/env python3
"""Steps of the networks of `descent` and `regression`, beside the same steps in eager PyTorch, on two threads.

    python3 bench/theory.py ./manabi          # with torch and numpy in this Python

Ours is the difference between two runs of unlike length, so that what is measured and asked beside the steps drops out. Both draw new tasks
for every step. Prints milliseconds a step and the ratio, the median of three turns.
"""
import json
import math
import statistics
import subprocess
import sys
import tempfile
import time

import torch

THREADS = 2


def seconds_of(program, study, options, chosen):
    with tempfile.TemporaryDirectory() as folder:
        run = [program, "run", study, "--output", folder, "--threads", str(THREADS), "--seeds", "1", *options]
        subprocess.run(run, check=True, capture_output=True)
        written = folder + "/records.jsonl"
        subprocess.run([program, "export", study, "--output", folder, "--format", "jsonl", "--file", written], check=True, capture_output=True)
        with open(written) as lines:
            cells = [json.loads(line) for line in lines]
        return next(cell["seconds"] for cell in cells if cell["kind"] == "cell" and chosen(cell["at"]))


def ours(program, study, option, others, chosen, few, many):
    times = [seconds_of(program, study, [option, str(steps), *others], chosen) for steps in (few, many)]
    return (times[1] - times[0]) / (many - few)


class AttentionSteps(torch.nn.Module):
    """One linear self-attention layer over joined points, keys and values from the context."""

    def __init__(self, width=11):
        super().__init__()
        deviation = math.sqrt(0.002 / width)
        make = lambda: torch.nn.Parameter(torch.randn(width, width) * deviation)
        self.query, self.key, self.value, self.out = make(), make(), make(), make()

    def forward(self, inputs, values):
        context = torch.cat([inputs[:, :-1], values[:, :-1, None]], -1)
        query = torch.cat([inputs[:, -1:], torch.zeros_like(values[:, -1:, None])], -1)
        scores = (query @ self.query) @ (context @ self.key).transpose(1, 2)
        return -(query + scores @ (context @ self.value) @ self.out)[:, 0, -1]


def attention_step():
    model = AttentionSteps()
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.98), weight_decay=0)

    def step():
        inputs, weights = torch.rand(2048, 11, 10) - 0.5, torch.randn(2048, 10, 1)
        values = (inputs @ weights)[..., 0]
        loss = 0.5 * (model(inputs, values) - values[:, -1]).square().mean()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.001)
        optimiser.step()

    return step


class Block(torch.nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = torch.nn.LayerNorm(width), torch.nn.LayerNorm(width)
        self.qkv, self.out = torch.nn.Linear(width, 3 * width), torch.nn.Linear(width, width)
        self.up, self.down = torch.nn.Linear(width, 4 * width), torch.nn.Linear(4 * width, width)

    def forward(self, hidden):
        rows, tokens, width = hidden.shape
        qkv = self.qkv(self.norm1(hidden)).view(rows, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        attended = torch.nn.functional.scaled_dot_product_attention(*qkv, is_causal=True)
        hidden = hidden + self.out(attended.transpose(1, 2).reshape(rows, tokens, width))
        return hidden + self.down(torch.nn.functional.gelu(self.up(self.norm2(hidden)), approximate="tanh"))


class Decoder(torch.nn.Module):
    def __init__(self, points=11, numbers=5, width=64, layers=3, heads=2):
        super().__init__()
        self.input, self.head = torch.nn.Linear(numbers, width), torch.nn.Linear(width, 1)
        self.positions = torch.nn.Parameter(0.02 * torch.randn(2 * points - 1, width))
        self.blocks = torch.nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.norm = torch.nn.LayerNorm(width)

    def forward(self, inputs, values):
        tokens = torch.zeros(inputs.shape[0], 2 * inputs.shape[1], inputs.shape[2])
        tokens[:, 0::2] = inputs
        tokens[:, 1::2, 0] = values
        hidden = self.input(tokens[:, :-1]) + self.positions
        for block in self.blocks:
            hidden = block(hidden)
        return self.head(self.norm(hidden)[:, 0::2])[..., 0]


def decoder_step():
    model = Decoder()
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)

    def step():
        inputs = torch.randn(64, 11, 5)
        values = (inputs @ torch.randn(64, 5, 1))[..., 0]
        loss = (model(inputs, values) - values).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    return step


def peer(make, steps):
    step = make()
    for _ in range(20):
        step()
    start = time.perf_counter()
    for _ in range(steps):
        step()
    return (time.perf_counter() - start) / steps


def main():
    program = sys.argv[1]
    torch.set_num_threads(THREADS)
    works = [
        ("descent, one linear layer, 2,048 tasks",
         lambda: ours(program, "descent", "--attention-steps", ["--part", "attention", "--tasks", "100"],
                      lambda at: at["network"] == "linear" and at["layers"] == "1", 500, 2500),
         lambda: peer(attention_step, 1000)),
        ("regression, 3 layers of 64, 64 rows of 11 points",
         lambda: ours(program, "regression", "--steps", ["--part", "linear", "--prompts", "50"], lambda at: at["functions"] == "linear", 100, 900),
         lambda: peer(decoder_step, 300)),
    ]
    for name, run_ours, run_peer in works:
        turns = [(run_ours(), run_peer()) for _ in range(3)]
        mine, theirs = (1000 * statistics.median(times) for times in zip(*turns))
        ratio = statistics.median(b / a for a, b in turns)
        print(f"{name}: {mine:.2f} ms a step, PyTorch eager {theirs:.2f} ms, {ratio:.1f}x", flush=True)


main()

"""Writes training.safetensors: a small GPT's initial weights, its data and the losses of 20 steps of PyTorch's own training.

    python make_training.py training.safetensors        needs torch 2.7 or later, safetensors
"""
import sys

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

LAYERS, WIDTH, HEADS, LENGTH, ROWS, VOCABULARY, STEPS = 2, 16, 2, 9, 6, 11, 20


def dense(inputs, outputs):
    return nn.Linear(inputs, outputs)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln1 = nn.LayerNorm(WIDTH)
        self.qkv = dense(WIDTH, 3 * WIDTH)
        self.out = dense(WIDTH, WIDTH)
        self.ln2 = nn.LayerNorm(WIDTH)
        self.up = dense(WIDTH, 4 * WIDTH)
        self.down = dense(4 * WIDTH, WIDTH)

    def attend(self, normed):
        rows, length, _ = normed.shape
        projections = self.qkv(normed).view(rows, length, 3, HEADS, WIDTH // HEADS)
        queries, keys, values = projections.permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(queries, keys, values, is_causal=True)
        return self.out(mixed.transpose(1, 2).reshape(rows, length, WIDTH))

    def forward(self, hidden):
        hidden = hidden + self.attend(self.ln1(hidden))
        return hidden + self.down(F.gelu(self.up(self.ln2(hidden)), approximate="tanh"))


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.tok = nn.Embedding(VOCABULARY, WIDTH)
        self.pos = nn.Embedding(LENGTH, WIDTH)
        self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
        self.ln = nn.LayerNorm(WIDTH)
        self.head = nn.Linear(WIDTH, VOCABULARY, bias=False)

    def forward(self, ids):
        hidden = self.tok(ids) + self.pos.weight
        for block in self.blocks:
            hidden = block(hidden)
        return self.head(self.ln(hidden))


torch.manual_seed(7)
network = Network()
for parameter in network.parameters():  # norms and biases too must matter
    if parameter.dim() == 1:
        parameter.data += 0.1 * torch.randn_like(parameter)
start = {name: parameter.detach().clone() for name, parameter in network.named_parameters()}
matrices = [p for p in network.parameters() if p.dim() > 1]
vectors = [p for p in network.parameters() if p.dim() == 1]
optimiser = torch.optim.AdamW([{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}], lr=3e-3, betas=(0.9, 0.95))
data = torch.randint(VOCABULARY, (4, ROWS, LENGTH + 1))
losses, norms = [], []
for step in range(STEPS):
    rows = data[step % 4]
    loss = F.cross_entropy(network(rows[:, :-1]).flatten(0, 1), rows[:, 1:].flatten())
    optimiser.zero_grad()
    loss.backward()
    norms.append(nn.utils.clip_grad_norm_(network.parameters(), 1.0).detach())
    optimiser.step()
    losses.append(loss.detach())
end = {"end." + name: parameter.detach().clone() for name, parameter in network.named_parameters()}
save_file(start | end | {"data": data, "losses": torch.stack(losses), "norms": torch.stack(norms)}, sys.argv[1])

"""Activations that `manabi probe read` wrote beside transformers': hidden states and attention patterns of every layer.

    python activations.py MODEL.gguf FILE.safetensors

FILE holds resid_pre, resid_post, pattern and normalized of one prompt, and its tokens.
"""
import sys

import torch
from safetensors.torch import load_file

from scores import load

TOLERANCE = 1e-4  # of the largest number of a layer


def main(gguf, path):
    ours = load_file(path)
    model, _ = load(gguf)
    model.set_attn_implementation("eager")
    with torch.inference_mode():
        theirs = model(ours["tokens"][None], output_hidden_states=True, output_attentions=True)
    layers = len(theirs.attentions)
    pairs = []
    for layer in range(layers):
        pairs.append((f"blocks.{layer}.hook_resid_pre", theirs.hidden_states[layer][0]))
        pairs.append((f"blocks.{layer}.attn.hook_pattern", theirs.attentions[layer][0]))
        if layer + 1 < layers:  # the last of theirs lies behind the final norm
            pairs.append((f"blocks.{layer}.hook_resid_post", theirs.hidden_states[layer + 1][0]))
    pairs.append(("ln_final.hook_normalized", theirs.hidden_states[layers][0][-1:]))
    worst, where = 0.0, ""
    for name, expected in pairs:
        assert ours[name].shape == expected.shape, f"{name}: {ours[name].shape}, expected {expected.shape}"
        difference = ((ours[name] - expected).abs().max() / expected.abs().max()).item()
        worst, where = max((worst, where), (difference, name))
    print(f"activations of {len(pairs)} sites: largest relative difference to transformers {worst:.1e} ({where})")
    if worst > TOLERANCE:
        sys.exit(f"expected at most {TOLERANCE}")


main(*sys.argv[1:])

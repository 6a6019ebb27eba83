"""Makes blocks.json: random blocks of every encoding with the values that the Python package gguf decodes them to.

    pip install gguf numpy && python make_blocks.py > blocks.json
"""
import json

import gguf
import numpy as np

KINDS = ["F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q4_K", "Q6_K"]
# Where a block holds half-precision scales: random bytes there would often be infinite or huge.
HALVES = {"Q8_0": [0], "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q4_K": [0, 2], "Q6_K": [208]}
BLOCKS = 3

generator = np.random.default_rng(7)
golden = {}
for kind in KINDS:
    encoding = gguf.GGMLQuantizationType[kind]
    values, size = gguf.GGML_QUANT_SIZES[encoding]
    if values == 1:
        numbers = (generator.normal(size=24) * 10.0 ** generator.integers(-6, 4, 24)).astype(np.float32)
        numbers[:4] = [0.0, -0.0, 6e-8, -1.0]  # the third is subnormal in F16
        data = gguf.quants.quantize(numbers, encoding).view(np.uint8).reshape(-1)
    else:
        blocks = generator.integers(0, 256, (BLOCKS, size), dtype=np.uint8)
        for offset in HALVES[kind]:
            scales = np.array([0.0123, -0.5, 3e-6][:BLOCKS], np.float16)  # the third is subnormal
            blocks[:, offset:offset + 2] = generator.permutation(scales).view(np.uint8).reshape(-1, 2)
        data = blocks.reshape(-1)
    kinds_view = {"F32": np.float32, "F16": np.float16}.get(kind, np.uint8)
    decoded = gguf.quants.dequantize(data.view(kinds_view), encoding).astype(np.float32).reshape(-1)
    golden[kind] = {"bytes": data.tobytes().hex(), "values": [float(f"{value:.9g}") for value in decoded]}
print("{\n" + ",\n".join(f'"{kind}": {json.dumps(entry)}' for kind, entry in golden.items()) + "\n}")

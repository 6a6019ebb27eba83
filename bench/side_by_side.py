"""Manabi beside the programs it should replace: one row a line, ours and the peer's in turn three times, the median counts.

    ./manabi bench fewshot [--peers VENV] [--peer-scripts DIR] [--data DIR] [--json]
    ./manabi bench load
    ./manabi bench train [--peers VENV]
    ./manabi bench tune [--peers VENV]
    ./manabi bench patch [--peers VENV]
    ./manabi bench kernels

--peers names a Python environment with torch, transformers, lm-eval, gguf and llama-cpp-python (fewshot), torch, jax and optax (train), or torch,
transformers and peft (tune), transformers and transformer_lens (patch);
without it only our own figures are printed.
Only the standard library is needed to run this file.
"""

import argparse
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
SHARED = REPOSITORY.parent / "shared"
TURNS = 3
PROMPT_TOKENS = 520  # of a prompt with 16 demonstrations; one of the sizes that bench_kernels measures


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./manabi bench", description=__doc__.split("\n")[0])
    parser.add_argument("group", choices=["fewshot", "load", "train", "tune", "patch", "kernels"])
    parser.add_argument("--program", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--build", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--peers", help="a Python environment with the peers' packages")
    parser.add_argument("--peer-scripts", default=SHARED / "peers", type=pathlib.Path, help="folder of the peers' scripts")
    parser.add_argument("--data", default=os.environ.get("MANABI_DATA", SHARED / "data"), type=pathlib.Path)
    parser.add_argument("--llama-cpp-type", default="BF16", choices=["BF16", "F16", "Q8_0"], help="the format that is llama.cpp's fastest here")
    parser.add_argument("--work", type=pathlib.Path, help="folder for converted models (kept between calls)")
    parser.add_argument("--threads", default=os.cpu_count(), type=int)
    parser.add_argument("--turns", default=TURNS, type=int)
    parser.add_argument("--rows", default="", help="of `train`, `tune` and `patch`: only rows whose name holds this")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


class Failure(Exception):
    pass


def run(command, **environment):
    environment = dict(os.environ, OMP_WAIT_POLICY="passive", TOKENIZERS_PARALLELISM="false", HF_HUB_OFFLINE="1") | environment
    environment = {name: value for name, value in environment.items() if value is not None}
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        raise Failure(f"{' '.join(map(str, command[:4]))} ...: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else done.returncode}")
    return done.stdout


def last_json(text):
    return json.loads(text.strip().splitlines()[-1])


class Bench:
    def __init__(self, arguments):
        self.arguments = arguments
        self.work = arguments.work or pathlib.Path(tempfile.gettempdir()) / "manabi-bench"
        self.work.mkdir(parents=True, exist_ok=True)
        self.gguf = last_json(run([arguments.program, "get", "smollm2", "--json"]))["path"]

    # --- inputs, made once ---

    def requests(self, demos, items):
        path = self.work / f"sst2_16_{demos}_{items}.jsonl"
        script = self.arguments.peer_scripts / "make_requests.py"
        path.write_text(run([sys.executable, script, "--sst2", self.arguments.data / "sst2", "--shots", 16, "--items", items, "--demos", demos]))
        return path

    def hugging_face_folder(self):
        folder = self.work / "smollm2-hf"
        if not (folder / "config.json").exists():
            run([self.peer_python(), self.arguments.peer_scripts / "hf_dir.py", self.gguf, folder])
        return folder

    def llama_cpp_file(self):
        kind = self.arguments.llama_cpp_type
        path = self.work / f"smollm2-{kind.lower()}.gguf"
        if not path.exists():
            run([self.peer_python(), self.arguments.peer_scripts / "regguf.py", self.gguf, path, kind])
        return path

    def peer_python(self):
        return pathlib.Path(self.arguments.peers) / "bin" / "python"

    # --- one measurement of each side: a function that returns a figure ---

    def ours(self, requests, dtype):
        command = [self.arguments.program, "score", requests, "--dtype", dtype, "--threads", self.arguments.threads, "--json", "--output", self.work / "ours.jsonl"]
        return lambda: last_json(run(command))

    def peer(self, name, requests, dtype):
        model = self.llama_cpp_file() if name == "llama.cpp" else self.hugging_face_folder()
        script = self.arguments.peer_scripts / "fewshot.py"
        command = [self.peer_python(), script, name, requests, "--model", model, "--dtype", dtype, "--threads", self.arguments.threads]
        return lambda: last_json(run(command))

    # --- rows ---

    def compare(self, work, unit, ours, figure_of_ours, peer_name=None, peer=None, figure_of_peer=None, bar=None):
        """Ours and the peer's in turn; the median of each and of the ratio of neighbours."""
        mine, theirs = [], []
        for _ in range(self.arguments.turns):
            mine.append(figure_of_ours(ours()))
            if peer:
                theirs.append(figure_of_peer(peer()))
        row = {"work": work, "ours": round(statistics.median(mine), 3), "unit": unit}
        if peer:
            ratio = statistics.median(m / t for m, t in zip(mine, theirs))
            row |= {"peer": peer_name, "peer_figure": round(statistics.median(theirs), 3), "ratio": round(ratio, 2), "to_reach": bar}
        self.show(row)

    def show(self, row):
        if self.arguments.json:
            print(json.dumps(row), flush=True)
            return
        line = f"{row['work']:<44} {row['ours']:>9} {row['unit']:<10}"
        if "peer" in row:
            line += f"  {row['peer']:<22} {row['peer_figure']:>9}  {row['ratio']:>6}x"
            line += f"  (to reach: {row['to_reach']}x)" if row["to_reach"] else ""
        print(line, flush=True)

    def fewshot(self):
        items_per_s = lambda result: result["items_per_s"]
        cases = {"fixed": (64, {"float32": [("lm-eval", 20), ("hf-prefix", 2.7)], "bfloat16": [("llama.cpp", 2.7), ("hf-prefix", 3.5)]}),
                 "fresh": (32, {"float32": [("lm-eval", 1.5), ("hf", 1.3)], "bfloat16": [("hf", 1.45), ("llama.cpp", 2.6)]})}
        for demos, (items, dtypes) in cases.items():
            requests = self.requests(demos, items)
            for dtype, peers in dtypes.items():
                ours = self.ours(requests, dtype)
                for peer, bar in peers if self.arguments.peers else [(None, None)]:
                    measured = self.peer(peer, requests, dtype) if peer else None
                    self.compare(f"16-shot SST-2, {demos}, {dtype}", "items/s", ours, items_per_s, peer, measured, items_per_s, bar)
        self.limits()

    def load(self):
        requests = self.work / "one.jsonl"
        requests.write_text('{"context": "The sky is", "choices": [" blue"]}\n')
        for dtype in ["float32", "bfloat16"]:
            ours = self.ours(requests, dtype)
            self.compare(f"load the default model, {dtype}", "s", ours, lambda result: result["load_seconds"])
            self.compare(f"peak memory of one score, {dtype}", "MiB", ours, lambda result: result["peak_mib"])
            self.compare(f"start to first score, {dtype}", "s", self.timed(requests, dtype), lambda seconds: seconds)
        requests = self.requests("fixed", 64)
        for dtype in ["float32", "bfloat16"]:
            self.compare(f"peak memory, 16-shot SST-2 fixed, {dtype}", "MiB", self.ours(requests, dtype), lambda result: result["peak_mib"])

    def timed(self, requests, dtype):
        import time

        def once():
            begin = time.perf_counter()
            self.ours(requests, dtype)()
            return time.perf_counter() - begin

        return once

    def train(self):
        """Steps of the plain GPT on random tokens: (size, steps measured, what each peer, in float32, is to be beaten by at ours' bits)."""
        everyone = lambda float32, bfloat16: {32: dict.fromkeys(["eager", "compile", "jax"], float32), 16: dict.fromkeys(["eager", "compile", "jax"], bfloat16)}
        small = dict(layers=2, width=64, heads=1, context=32, batch=32)
        shapes = {"L2 d64 h1 T32 B32": (small, 200, everyone(1.8, 2.5)),
                  "L4 d128 h4 T64 B64": (dict(layers=4, width=128, heads=4, context=64, batch=64), 30, everyone(1.5, 2.5)),
                  "L12 d256 h8 T82 B64": (dict(layers=12, width=256, heads=8, context=82, batch=64), 4, everyone(1.25, 2.2)),
                  "L2 d64 h1 T32 B32, 8 seeds": (small | {"seeds": 8}, 50, {32: {"eager": 2, "jax": 3}})}
        tokens_per_s = lambda result: result["tokens_per_s"]
        for name, (shape, steps, bars_of) in shapes.items():
            words = [word for key, value in (shape | {"steps": steps}).items() for word in (f"--{key}", value)]
            program = pathlib.Path(self.arguments.build) / "bench" / "bench_train"
            for bits, bars in bars_of.items():
                row = f"train GPT {name}, {'float32' if bits == 32 else 'bfloat16'}"
                if self.arguments.rows not in row:
                    continue
                ours = lambda: last_json(run([program, *words, "--threads", self.arguments.threads, "--bits", bits]))
                for peer, bar in bars.items() if self.arguments.peers else [(None, None)]:
                    measured = self.training_peer(peer, words) if peer else None
                    self.compare(row, "tokens/s", ours, tokens_per_s, peer, measured, tokens_per_s, bar)

    def training_peer(self, peer, words):
        # On an idle machine a peer's small steps are fastest while its OpenMP workers spin, as they do by themselves.
        words = [self.arguments.peer_scripts / "train_jax.py", *words] if peer == "jax" else [
            self.arguments.peer_scripts / "train.py", peer, *words, "--threads", self.arguments.threads]
        return lambda: last_json(run([self.peer_python(), *words], OMP_WAIT_POLICY=None))

    def tune(self):
        """Steps of tuning on random rows of 48 tokens, 16 a step, 100 virtual tokens: the peer always in float32 (method, its name there, bar in float32, in bfloat16)."""
        steps_per_s = lambda result: 1 / result["s_per_step"]
        program = pathlib.Path(self.arguments.build) / "bench" / "bench_tune"
        model = run([self.arguments.program, "get", "smollm2"]).strip().splitlines()[-1]

        def ours(method, *words):
            return lambda: last_json(run([program, method, "--model", model, "--threads", self.arguments.threads, *words]))

        def theirs(peer):
            words = [self.peer_scripts("tune.py"), peer, "--model", self.hugging_face_folder(), "--threads", self.arguments.threads]
            return lambda: last_json(run([self.peer_python(), *words]))

        for method, peer, bars in [("prompt", "prompt", (5, 8)), ("p-tuning", "p-tuning", (5, 8)), ("prefix", "prefix", (1.6, 3)), ("lora", "lora", (1.6, 2.8)),
                                   ("full", "full", (1.5, 2.3))]:
            for dtype, bar in zip(("float32", "bfloat16"), bars):
                work = f"tune {method}, {dtype}"
                if self.arguments.rows not in work:
                    continue
                measured = theirs(peer) if self.arguments.peers else None
                self.compare(work, "steps/s", ours(method, "--dtype", dtype), steps_per_s, f"PEFT {peer}", measured, steps_per_s, bar)
        if self.arguments.rows in "tune prompt, four together":
            alone = lambda result: result["prompts_per_s"]
            four = lambda: {"prompts_per_s": 4 / ours("prompt", "--prompts", 4)()["s_per_step"]}
            one = lambda: {"prompts_per_s": 1 / ours("prompt")()["s_per_step"]}
            self.compare("tune prompt, four together", "prompts * steps/s", four, alone, "four in turn", one, alone, 1)
        if self.arguments.peers and self.arguments.rows in "tune prompt, memory":
            least = lambda result: 1 / result["peak_mib"]
            self.compare("tune prompt, memory", "1/MiB", ours("prompt"), least, "PEFT prompt", theirs("prompt"), least, 2.5)

    def patch(self):
        """Maps of the stream before every block: random tokens that differ at position 3, the logit of one token at the end."""
        cells_per_s = lambda result: result["cells_per_s"]
        for positions, bar in [(12, 12), (48, 7)]:
            ids = self.token_ids(positions)
            peer = [self.peer_scripts("patch.py"), "hooks", "--model", self.hugging_face_folder(), "--ids", ids] if self.arguments.peers else None
            self.compare_maps(f"resid_pre map, SmolLM2, {positions} positions", "smollm2", ids, "transformers, hooks", peer, bar, cells_per_s)
        if not self.arguments.peers:
            return
        shape = ["--layers", 12, "--width", 256, "--heads", 8, "--length", 32, "--vocab", 49152]
        peer = [self.peer_scripts("patch.py"), "tlens", *shape]
        self.compare_maps("resid_pre map, L12 d256 h8, 32 positions", self.random_gpt2(), self.token_ids(32), "TransformerLens", peer, 30, cells_per_s)

    def compare_maps(self, work, model, ids, peer_name, peer, bar, figure):
        if self.arguments.rows not in work:
            return
        command = [self.arguments.program, "probe", "patch", "--model", model, "--ids", ids, "--threads", self.arguments.threads, "--report", "", "--json"]

        def ours():
            result = last_json(run(command))
            return {"cells_per_s": len(result["values"]) * len(result["columns"]) / result["seconds"]}

        measured = (lambda: last_json(run([self.peer_python(), *peer, "--threads", self.arguments.threads]))) if peer else None
        self.compare(work, "cells/s", ours, figure, peer_name, measured, figure, bar)

    def peer_scripts(self, name):
        return self.arguments.peer_scripts / name

    def token_ids(self, positions):
        draw = random.Random(0)
        clean = [draw.randint(1000, 40000) for _ in range(positions)]
        path = self.work / f"patch_{positions}.json"
        path.write_text(json.dumps({"clean": clean, "corrupted": clean[:3] + [777] + clean[4:], "answer": 1234}))
        return path

    def random_gpt2(self):
        """A GPT-2 of random weights with the default model's tokenizer."""
        folder = self.work / "random-gpt2"
        if not (folder / "config.json").exists():
            program = ("import sys, shutil, torch, transformers as t; torch.manual_seed(0); "
                       "t.GPT2LMHeadModel(t.GPT2Config(n_layer=12, n_embd=256, n_head=8, vocab_size=49152, n_positions=64, bos_token_id=0, eos_token_id=0)).save_pretrained(sys.argv[1]); "
                       "shutil.copy(sys.argv[2] + '/tokenizer.json', sys.argv[1])")
            run([self.peer_python(), "-c", program, folder, self.hugging_face_folder()])
        return folder

    def limits(self):
        """This machine's bare matrix products for a prompt of the same length: the limit of the rows above."""
        for name, bits in [("float32", 32), ("bfloat16", 16)]:
            for row in self.kernel_rows(f"^matrix_products/{bits}/{PROMPT_TOKENS}/"):
                self.show(row | {"work": f"bare matrix products of one prompt, {name}"})

    def kernels(self):
        for row in self.kernel_rows("."):
            self.show(row)

    def kernel_rows(self, pattern):
        program = pathlib.Path(self.arguments.build) / "bench" / "bench_kernels"
        text = run([program, f"--benchmark_filter={pattern}", "--benchmark_format=json"], OMP_NUM_THREADS=str(self.arguments.threads))
        for entry in json.loads(text)["benchmarks"]:
            yield {"work": entry["name"], "ours": round(entry["real_time"], 3), "unit": entry["time_unit"]}


def main():
    arguments = parse_arguments()
    try:
        getattr(Bench(arguments), arguments.group)()
    except Failure as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())

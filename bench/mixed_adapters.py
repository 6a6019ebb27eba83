"""How much longer requests take that carry different adapters than the same requests with one: python3 bench/mixed_adapters.py MANABI.

Eight adapters of one method, two steps each; sixteen requests of 36 words an adapter, in a random order. Prints seconds of scoring (loading the model
is not in them), in turns, and the median ratio.
"""

import json
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile

ADAPTERS, REQUESTS, WORDS, TURNS = 8, 16, 36, 3


def adapters_of(manabi, method, folder):
    place = folder / method
    tune = [manabi, "tune", method, "--task", "sentiment", "--save", place, "--seeds", ADAPTERS, "--steps", 2, "--warm-up", 0]
    subprocess.run([str(word) for word in tune + ["--train", 8, "--dev", 4, "--test", 4]], check=True, capture_output=True)
    return sorted(str(each) for each in place.glob("seed-*"))


def write_requests(path, contexts, adapters):
    lines = [{"context": context, "choices": [" good", " bad"], "adapter": adapter} for context, adapter in zip(contexts, adapters)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def seconds_of(manabi, requests, folder):
    done = subprocess.run([manabi, "score", requests, "--output", folder / "answers.jsonl", "--json"], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)["seconds"]


def main():
    manabi = sys.argv[1] if len(sys.argv) > 1 else "./manabi"
    words = (pathlib.Path(__file__).parent.parent / "assets" / "sentiment.tsv").read_text().split()
    random.seed(0)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for method in ("prompt-tuning", "prefix-tuning", "lora"):
            adapters = adapters_of(manabi, method, folder)
            asked = [adapter for adapter in adapters for _ in range(REQUESTS)]
            random.shuffle(asked)
            contexts = [" ".join(random.sample(words, WORDS)) for _ in asked]
            mixed, one = folder / "mixed.jsonl", folder / "one.jsonl"
            write_requests(mixed, contexts, asked)
            write_requests(one, contexts, [adapters[0]] * len(asked))
            ratios = []
            for _ in range(TURNS):
                alone, together = seconds_of(manabi, one, folder), seconds_of(manabi, mixed, folder)
                ratios.append(together / alone)
                print(f"{method:14} one adapter {alone:6.2f} s   {ADAPTERS} adapters {together:6.2f} s   {ratios[-1]:.2f}x")
            print(f"{method:14} median {statistics.median(ratios):.2f}x")


if __name__ == "__main__":
    main()

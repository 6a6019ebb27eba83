"""Log-probabilities of requests under transformers, from the same GGUF file dequantised to float32.

    python scores.py requests MODEL.gguf           the hundred requests, one JSON object a line
    python scores.py golden MODEL.gguf             every fifth request with its scores: tests/learn/golden/scores.json
    python scores.py compare MODEL.gguf ANSWERS    an answer file of `manabi score` beside transformers; the last line counts

Needs torch, transformers, accelerate, gguf and tokenizers. Token ids come from the tokenizer as published (tests/text/golden/make_smollm2.py says why).
"""
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "text" / "golden")]

import parity_requests

TOLERANCE = 2e-4  # nats, for a whole choice


def load(path):
    import torch
    from transformers import AutoModelForCausalLM
    from make_smollm2 import published

    path = pathlib.Path(path)
    model = AutoModelForCausalLM.from_pretrained(str(path.parent), gguf_file=path.name, dtype=torch.float32).eval()
    return model, published(str(path))


def split(encode, context, choice):
    """Token ids and how many of them are context, as lm-evaluation-harness splits a pair. The end token stands for an empty context."""
    stripped = context.rstrip()
    ids = encode(context + choice)
    if not stripped:
        stand_in = encode("<|im_start|>")
        return stand_in + ids if ids[:1] != stand_in else ids, 1
    return ids, len(encode(stripped))


def scores_of(model, encode, request):
    import torch

    scores, counts, seen = [], [], {}  # choices of one token read the same input: one forward pass serves them all
    for choice in request["choices"]:
        ids, known = split(encode, request["context"], choice)
        read = (known, *ids[:-1])
        if read not in seen:
            with torch.inference_mode():
                logits = model(input_ids=torch.tensor([ids[:-1]]), use_cache=False, logits_to_keep=len(ids) - known).logits[0]
            seen[read] = logits.double().log_softmax(-1)
        nats = seen[read]
        scores.append(sum(nats[position, token].item() for position, token in enumerate(ids[known:])))
        counts.append(len(ids) - known)
    return scores, counts


def golden(path):
    model, encode = load(path)
    lines = []
    for request in parity_requests.all_requests()[::5]:
        scores, counts = scores_of(model, encode, request)
        lines.append(json.dumps({**request, "scores": [round(score, 6) for score in scores], "tokens": counts}, ensure_ascii=False))
    target = HERE.parent / "learn" / "golden" / "scores.json"
    target.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


def compare(path, answer_file):
    model, encode = load(path)
    answers = [json.loads(line) for line in pathlib.Path(answer_file).read_text(encoding="utf-8").splitlines()]
    wanted = parity_requests.all_requests()
    if len(answers) != len(wanted):
        sys.exit(f"{len(answers)} answers to {len(wanted)} requests")
    failed, worst = 0, 0.0
    for request, answer in zip(wanted, answers):
        scores, counts = scores_of(model, encode, request)
        apart = max(abs(ours - theirs) for ours, theirs in zip(answer["scores"], scores))
        worst = max(worst, apart)
        if apart > TOLERANCE or counts != answer["tokens"]:
            failed += 1
            print(f"request {request['id']}: {answer['scores']} here, {scores} in transformers; {answer['tokens']} and {counts} tokens")
    print(f"largest difference {worst:.2e} nats, allowed {TOLERANCE:.0e}")
    print(f"parity: {len(wanted) - failed} passed, {failed} failed")
    return 1 if failed else 0


def main():
    verb, path = sys.argv[1:3]
    if verb == "requests":
        for request in parity_requests.all_requests():
            print(json.dumps(request))
    elif verb == "golden":
        golden(path)
    else:
        sys.exit(compare(path, sys.argv[3]))


if __name__ == "__main__":
    main()

"""A model that `manabi train` saved, read by transformers: the same log-probabilities.

    python gpt2.py requests FOLDER            requests over the folder's own byte tokenizer, one JSON object a line
    python gpt2.py compare FOLDER ANSWERS     an answer file of `manabi score` beside transformers
"""
import json
import sys

TOLERANCE = 2e-4  # nats, for a whole choice
CASES = [("To be, or", [" not", " now", "?"]), ("The quick brown fox", [" jumps", "es"]), ("a", ["b", "cdefg"])]


def main(task, folder, answers=None):
    if task == "requests":
        for context, choices in CASES:
            print(json.dumps({"context": context, "choices": choices}))
        return
    import torch
    from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=f"{folder}/tokenizer.json")
    worst = 0.0
    for line, (context, choices) in zip(open(answers), CASES, strict=True):
        for choice, score in zip(choices, json.loads(line)["scores"], strict=True):
            ids, known = tokenizer(context + choice)["input_ids"], len(tokenizer(context)["input_ids"])
            with torch.inference_mode():
                nats = model(torch.tensor([ids])).logits[0].double().log_softmax(-1)
            expected = sum(nats[i - 1, ids[i]].item() for i in range(known, len(ids)))
            worst = max(worst, abs(score - expected))
    print(f"a trained model: largest difference to transformers {worst:.1e} nats")
    if worst > TOLERANCE:
        sys.exit(f"expected at most {TOLERANCE}")


main(*sys.argv[1:])

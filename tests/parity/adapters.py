"""Adapters of `manabi tune` as PEFT reads them, and PEFT's as `manabi score --adapter` reads them: choices of requests, scored by both.

    python adapters.py requests                        the requests, one JSON object a line
    python adapters.py make MODEL.gguf FOLDER          adapters of PEFT with random values, a folder each
    python adapters.py compare MODEL.gguf FOLDER       every folder in FOLDER holds an adapter and answers.jsonl
"""
import json
import pathlib
import sys

import torch

from scores import load, scores_of

TOLERANCE = 5e-4  # nats a choice
REQUESTS = [{"context": f"Review: {text}\nSentiment:", "choices": [" positive", " negative", " very good indeed"]}
            for text in ("A great film.", "It was dull, long and sad.", "I would see it again", "nothing works here")]


def make(gguf, folder):
    from peft import LoraConfig, PrefixTuningConfig, PromptEncoderConfig, PromptTuningConfig, TaskType, get_peft_model

    lm = TaskType.CAUSAL_LM
    for name, config in {
        "peft-prompt": PromptTuningConfig(task_type=lm, num_virtual_tokens=5),
        "peft-p-tuning": PromptEncoderConfig(task_type=lm, num_virtual_tokens=5, encoder_hidden_size=32),
        "peft-prefix": PrefixTuningConfig(task_type=lm, num_virtual_tokens=5),
        "peft-lora": LoraConfig(task_type=lm, r=4, use_rslora=True, target_modules=["q_proj", "v_proj", "down_proj"]),
    }.items():
        torch.manual_seed(1)
        model = get_peft_model(load(gguf)[0], config)
        for parameter_name, parameter in model.named_parameters():
            if parameter.requires_grad:
                torch.nn.init.normal_(parameter, 0.0, 0.05)
        model.save_pretrained(pathlib.Path(folder) / name)


def compare(gguf, folder):
    from peft import PeftModel

    worst = {}
    for path in sorted(pathlib.Path(folder).iterdir()):
        base, encode = load(gguf)
        model = PeftModel.from_pretrained(base, str(path)).eval()
        virtual = getattr(model.peft_config["default"], "num_virtual_tokens", 0)

        class Read:
            def __call__(self, input_ids, use_cache, logits_to_keep):
                result = model(input_ids=input_ids, attention_mask=torch.ones_like(input_ids))
                result.logits = result.logits[:, -logits_to_keep:]
                return result

        answers = [json.loads(line) for line in (path / "answers.jsonl").read_text().splitlines()]
        apart = 0.0
        for request, answer in zip(REQUESTS, answers, strict=True):
            scores, _ = scores_of(Read(), encode, request)
            apart = max(apart, max(abs(ours - theirs) for ours, theirs in zip(answer["scores"], scores)))
        worst[path.name] = apart
        print(f"{path.name:<16} {virtual:>3} virtual tokens: largest difference to PEFT {apart:.1e} nats, allowed {TOLERANCE:.0e}")
    if not worst or max(worst.values()) > TOLERANCE:
        sys.exit("adapters: failed")


if sys.argv[1] == "requests":
    print("\n".join(json.dumps(request) for request in REQUESTS))
elif sys.argv[1] == "make":
    make(*sys.argv[2:])
else:
    compare(*sys.argv[2:])

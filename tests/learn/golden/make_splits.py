"""Makes splits.json: how lm-evaluation-harness splits tricky requests, with the default model's tokenizer.

    pip install torch transformers gguf lm-eval && python make_splits.py SmolLM2-135M-Instruct.Q4_1.gguf > splits.json
"""
import json
import os
import sys

from lm_eval.api.instance import Instance
from lm_eval.api.model import TemplateLM
from transformers import AutoTokenizer

folder, name = os.path.split(os.path.abspath(sys.argv[1]))
tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=name)


class Splitter(TemplateLM):
    """Keeps what the harness would score."""

    backend = "causal"
    eot_token_id = tokenizer.eos_token_id
    prefix_token_id = tokenizer.eos_token_id if tokenizer.bos_token_id is None else tokenizer.bos_token_id

    def tok_encode(self, string, add_special_tokens=False, **_):
        return tokenizer.encode(string, add_special_tokens=False)

    def _loglikelihood_tokens(self, requests, **_):
        self.splits = [(len(context), continuation) for _, context, continuation in requests]
        return [(0.0, False) for _ in requests]

    def loglikelihood_rolling(self, requests, **_):
        raise NotImplementedError

    def generate_until(self, requests, **_):
        raise NotImplementedError


PAIRS = [
    ("a gripping film\nThe sentiment is", " positive"),
    ("a gripping film\nThe sentiment is ", "positive"),
    ("a gripping film\nThe sentiment is \n\t ", "positive"),
    ("Answer:\n", "yes"),
    ("Answer:\r\n", " yes"),
    ("", "The"),
    ("", " two words"),
    ("", "<|endoftext|>The"),
    ("", "<|im_start|>The"),
    ("<|im_start|>user\nHi<|im_end|>\n", "<|im_start|>assistant"),
    ("label: ", "0"),
    ("label:", " 12"),
    ("1", "2345"),
    ("un", "believable"),
    ("The cap", "ital of"),
    ("hello", "world"),
    ("x  ", "  y"),
    ("end.\u00a0", "next"),
    ("\u5168\u89d2\u3000", "\u306e\u7a7a\u767d"),
    ("\u2003\u2028tail\u2028", " it"),
    ("zero\u200b", "width"),
    ("separator\x1c", "x"),
    ("next line\x85", "x"),
    ("caf", "\u00e9s"),
    ("e", "\u0301 accent"),
    ("\U0001f468", "\u200d\U0001f469 family"),
    ("\u041f\u0440\u0438", "\u0432\u0435\u0442"),
    ("I", "'ll go"),
    ("don'", "t"),
    ("a\n", "\n\nb"),
    ("    indented", "    more"),
]

splitter = Splitter()
splitter.loglikelihood([Instance("loglikelihood", {}, pair, 0) for pair in PAIRS], disable_tqdm=True)
print("[")
for index, ((context, choice), (tokens, scored)) in enumerate(zip(PAIRS, splitter.splits)):
    line = json.dumps({"context": context, "choice": choice, "context_tokens": tokens, "scored": scored})
    print(line + ("," if index + 1 < len(PAIRS) else ""))
print("]")

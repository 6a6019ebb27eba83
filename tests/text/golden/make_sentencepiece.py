"""Writes sentencepiece.json: token ids of SentencePiece vocabularies in three containers.

    python make_sentencepiece.py ggml-vocab-llama-spm.gguf tok512.bin tok105.model

The GGUF file goes through llama-cpp-python, the .model file through the package sentencepiece, and llama2.c's file through the few lines below,
which merge as llama2.c does. Texts in "common" hold no special token; "special" are those that transformers would find in the text.
"""
import json
import pathlib
import struct
import sys

import sentencepiece
from llama_cpp import Llama

COMMON = [
    "a", "Hello world", " Hello world", "Hello  world", "Hello   world ", "Once upon a time, there was a little girl named Lily.", "The film was a quiet triumph.",
    "\n", "a\nb", "a\n\nb\n", "\t", "1234567890", "3.14", "it's", "I'm here", "don't stop", "x = y + 1;", "café", "naïve", "Größe", "Привет, мир", "你好，世界", "学び", "こんにちは",
    "안녕하세요", "नमस्ते", "🙂", "👩‍👩‍👧‍👦", "e\u0301", "a\u00a0b", "ﬁ", "Ⅷ", "<0x0A>", "[INST] x [/INST]", "Lily and Tom wanted to play. \"Can I go?\" she asked.", "zzzzzzzzzzzz", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
]
SPECIAL = ["<s>", "</s>a", "a</s>", "a </s> b", "<s>Hello</s>", "<unk>"]


class Llama2c:
    def __init__(self, path):
        data = pathlib.Path(path).read_bytes()
        self.ids, self.scores, at = {}, [], 4
        while at < len(data):
            score, length = struct.unpack_from("<fi", data, at)
            self.ids[data[at + 8:at + 8 + length]] = len(self.scores)
            self.scores.append(score)
            at += 8 + length

    def encode(self, text):
        symbols = [b" "] + [character.encode() for character in text]
        ids = []
        for symbol in symbols:
            ids += [self.ids[symbol]] if symbol in self.ids else [byte + 3 for byte in symbol]
        names = {id: name for name, id in self.ids.items()}
        while True:
            pairs = [(self.scores[self.ids[names[a] + names[b]]], -i) for i, (a, b) in enumerate(zip(ids, ids[1:])) if names[a] + names[b] in self.ids]
            if not pairs:
                return ids
            at = -max(pairs)[1]
            ids[at:at + 2] = [self.ids[names[ids[at]] + names[ids[at + 1]]]]


def main():
    gguf_path, llama2c_path, model_path = sys.argv[1:]
    llama = Llama(gguf_path, vocab_only=True, verbose=False)
    tok512 = Llama2c(llama2c_path)
    tok105 = sentencepiece.SentencePieceProcessor(model_file=model_path)
    vectors = {
        "llama-spm": [(text, llama.tokenize(text.encode(), add_bos=False, special=True)) for text in COMMON + SPECIAL],
        "tok512": [(text, tok512.encode(text)) for text in COMMON if text != "<0x0A>"],
        "tok105": [(text, tok105.encode(text)) for text in COMMON],
    }
    lines = []
    for name, pairs in vectors.items():
        rows = ",\n".join(json.dumps({"text": text, "ids": ids}) for text, ids in pairs)
        lines.append(f'"{name}": [\n{rows}\n]')
    pathlib.Path(__file__).with_name("sentencepiece.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


main()

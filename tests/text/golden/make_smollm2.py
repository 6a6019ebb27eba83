"""Writes smollm2.json: token ids of SmolLM2's tokenizer for the texts below.

    python make_smollm2.py SmolLM2-135M-Instruct.Q4_1.gguf

Needs gguf and tokenizers (Hugging Face's library, which transformers runs). The tokenizer is put together as the published tokenizer.json
describes it: vocabulary and merges (here from the GGUF file), single digits, GPT-2's words, bytes; the control tokens as special tokens.
transformers' own conversion (`AutoTokenizer.from_pretrained(folder, gguf_file=...)`) leaves out the split at digits. No token of the vocabulary
has two digits, so this shows only where white space stands in front of one: "  0" becomes two spaces and a digit. With --compare the
script also says where transformers and llama-cpp-python differ.
"""
import json
import pathlib
import sys

import gguf
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

PLAIN = [
    "", " ", "  ", "   ", "\t", "\n", "\n\n", "\n\n\n", "\r\n", " \n", "\n ", "\t\t x", "a", "A", "é",
    "Hello world", " Hello world", "Hello  world", "Hello   world", "hello world ", "hello world  ", "  leading", "trailing   ",
    "The film was a quiet triumph.", "The film was a quiet triumph. ", "Review: dull, slow and far too long\nSentiment:", "Sentiment: positive",
    "Sentiment: negative\n\n", "Q: Who wrote it?\nA:", "Premise: A dog runs.\nHypothesis: An animal moves.\nLabel:",
]
NUMBERS = [
    "0", " 0", "  0", "1", " 1", "12", " 12", "007", "1234567890", "3.14159", "-273.15", "1,000,000", "2024-02-29", "10:45", "50%", "$19.99", "1e-5",
    "0x1F", "x1", "1x", "a1b2c3", "v2.0.1", "label 0\nlabel 1\n", "0 1 2 3", "0  1   2", "²³¼½", "٣٤٥", "१२३", "Ⅷ", "①②③", "五百", "1st 2nd 3rd", "3\n4",
    " \n0", "\t7", "9 ", "9  ",
]
WORDS = [
    "I'm you're he's we've they'll I'd don't", "I'M YOU'RE HE'S WE'VE THEY'LL I'D DON'T", "'s 't 're 've 'm 'll 'd", "it’s a “quoted” word", "'tis the season",
    "rock'n'roll", "o'clock", "snake_case", "camelCase", "kebab-case", "SCREAMING_CASE", "word,word;word:word", "wait...what?!", "!!!!!!", "?!?!", "------", "======",
    "(parenthesis) [bracket] {brace} <angle>", "a/b\\c", "user@example.org", "https://example.org/path?query=1&other=two#part", "#hashtag @name",
    "100 % sure, 5 € or 7 £", "© 2024 ™ ®", "… – — ‘ ’", "antidisestablishmentarianism", "Donaudampfschifffahrtsgesellschaft", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
]
CODE = [
    "def f(x):\n    return x + 1\n", "\tif (a && b) {\n\t\treturn 0;\n\t}\n", "for (int i = 0; i < 10; ++i) sum += a[i];", "#include <vector>\n", "SELECT * FROM t WHERE id = 42;",
    "<div class=\"x\">text</div>", "{\"key\": [1, 2.5, null, true]}", "x = [i**2 for i in range(10)]\n\n\nprint(x)", "        eight spaces", "a  b   c    d     e",
    "print(\"Hello\\n\")", "// comment\n/* block */", "λx. x", "A ∧ B → C", "∑_{i=1}^{n} x_i²", "\\frac{a}{b}", "`code` and ```block```", "|a|b|\n|-|-|\n",
]
SCRIPTS = [
    "Ça va très bien, merci.", "Größe straße Übermut", "El niño comió piñas", "Żółć gęślą jaźń", "Привет, мир!", "Привет  мир 123", "Καλημέρα κόσμε", "שלום עולם",
    "مرحبا بالعالم", "नमस्ते दुनिया", "สวัสดีชาวโลก", "안녕하세요 세계", "こんにちは世界", "学び", "你好，世界！", "我想在apple工作1314151天～", "カタカナ ひらがな 漢字", "Tiếng Việt có dấu",
    "ខ្មែរ", "ქართული", "հայերեն", "ᚠᚢᚦᚨᚱᚲ", "𐍈𐌰𐌿𐍄", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢", "ﬁ ﬂ ligatures", "Ａｂｃ　全角",
]
MARKS = [
    "e\u0301", "cafe\u0301 society", "n\u0303o", "a\u0300\u0301\u0302", "\u0301", " \u0301x", "🙂", "🙂🙂", " 🙂 ", "👩‍👩‍👧‍👦", "🏳️‍🌈", "👍🏽", "🇯🇵🇫🇷", "☺️", "🚀 (normal) 😶‍🌫️", "🦙.cpp", "a\u200bb",
    "a\u200db", "a\u00a0b", "\u00a0", "a\u2003b", "a\u3000b", "\u2028", "a\u0085b", "\ufeffBOM", "a\u00adb", "\u0000", "a\u0000b", "\u0007\u001b[0m", "\u007f", "\ufffd", "\U0010ffff",
    "\u180e", "a \u180e b",
]
SPECIALS = [
    "<|endoftext|>", "<|im_start|>user\nHi<|im_end|>\n", "<|im_start|>system\nYou are helpful.<|im_end|>\n<|im_start|>assistant\n", "a<|im_end|>b", "a <|im_end|> b",
    "<|im_end|><|im_end|>", "<|im_end|", "<|im_end |>", "|im_end|>", "<<|im_start|>>", "<repo_name>x<file_sep>", "<reponame>", "<filename>a.py<gh_stars>10", "<issue_start><issue_comment>",
    "<jupyter_start><jupyter_text>t<jupyter_code>1<jupyter_output>", "<empty_output>", "  <|im_end|>  ", "<|im_start|>1", "1<|im_end|>2", "\n<|im_end|>\n",
]
TEXTS = PLAIN + NUMBERS + WORDS + CODE + SCRIPTS + MARKS + SPECIALS


def published(path):
    fields = gguf.GGUFReader(path).fields
    tokens = fields["tokenizer.ggml.tokens"].contents()
    types = fields["tokenizer.ggml.token_type"].contents()
    merges = [tuple(merge.split(" ")) for merge in fields["tokenizer.ggml.merges"].contents()]
    tokenizer = Tokenizer(models.BPE(vocab={token: id for id, token in enumerate(tokens)}, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True) for token, kind in zip(tokens, types) if kind == 3])
    return lambda text: tokenizer.encode(text, add_special_tokens=False).ids


def converted_by_transformers(path):
    from transformers import AutoTokenizer
    tokenizer = AutoTokenizer.from_pretrained(str(path.parent), gguf_file=path.name)
    return lambda text: tokenizer.encode(text, add_special_tokens=False)


def llama_cpp(path):
    from llama_cpp import Llama
    model = Llama(str(path), vocab_only=True, verbose=False)
    return lambda text: model.tokenize(text.encode(), add_bos=False, special=True)


def main():
    path = pathlib.Path(sys.argv[1])
    encode = published(path)
    vectors = [{"text": text, "ids": encode(text)} for text in TEXTS]
    if "--compare" in sys.argv:
        for name, other in (("transformers", converted_by_transformers(path)), ("llama.cpp", llama_cpp(path))):
            different = [(v["text"], v["ids"], other(v["text"])) for v in vectors if other(v["text"]) != v["ids"]]
            print(f"{name}: {len(different)} of {len(vectors)} differ")
            for text, ours, theirs in different:
                print(f"  {text!r}: {ours} {theirs}")
    lines = ",\n".join(json.dumps(vector) for vector in vectors)
    target = pathlib.Path(__file__).with_name("smollm2.json")
    target.write_text('{"tokenizer": "SmolLM2-135M-Instruct", "vectors": [\n' + lines + "\n]}\n")


if __name__ == "__main__":
    main()

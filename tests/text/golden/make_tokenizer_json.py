"""Writes tokenizer_json.json: small tokenizer.json documents and what Hugging Face's tokenizers makes of some texts.

    python make_tokenizer_json.py

"bytes" and "characters" are two whole documents; a case is one of them with a JSON merge patch, and its vectors.
"""
import json
import pathlib

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

TRAINING = [
    "the cat sat on the mat and the dog sat on the log", "one two three 10 20 300 4000 1999 2024", "I'm sure that you're right, it's what they'll say",
    "THE CAT SAT ON THE MAT", "hello world hello there hello again", "über straße café naïve", "學び 学び まなび", "line one\nline two\n\nline three\n",
    "    indented text\n\tand tabs", "a-b a_b a.b, a; b: c! d? (e) [f] {g}", "-- a--b -o- oo-- the--cat",
] * 4

TEXTS = [
    "", " ", "   ", "the cat sat", " the cat", "  the  cat ", "The CAT's mat", "I'LL say it's 1999", "10203000", "in 2024, 300 cats", "a1b22c333", "line one\n\nline  two \n", "\t\ttabs\n",
    "a-b_c.d, e; f: g! h? (i) [j] {k}", "über straße", "学びとは", "café", "naïve 🙂 cat", "hello<sep>world", "hello <sep> world", "<mask>the <mask> cat<mask>", "the Zed word, Zedx and Zed_ or _Zed éZed", "pad<pad><pad>end", "x  <left>  y  <right>  z",
    "--a--b--", "a--b", "one  --  two", "Ünïcödé ①②", "▁the▁cat", "日本\n語", "e.g. U.S.A.", "...", "zzz",
]
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}


def split(pattern, behavior, invert=False, kind="Regex"):
    return {"type": "Split", "pattern": {kind: pattern}, "behavior": behavior, "invert": invert}


def sequence(*steps):
    return {"type": "Sequence", "pretokenizers": list(steps)}


def added(id, content, **flags):
    token = {"id": id, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return {**token, **flags}


def train(tokenizer, **options):
    tokenizer.train_from_iterator(TRAINING, trainers.BpeTrainer(show_progress=False, **options))
    return json.loads(tokenizer.to_str())


def bytes_document():
    tokenizer = Tokenizer(models.BPE())
    # Trained without cuts, so that merges cross words and a wrong cut shows in the ids.
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=True)
    document = train(tokenizer, vocab_size=700, max_token_length=12, initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    document["pre_tokenizer"]["use_regex"] = True
    return document


def characters_document():
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    document = train(tokenizer, vocab_size=550, max_token_length=8, special_tokens=["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)])
    document["added_tokens"] = document["added_tokens"][:3]
    document["decoder"] = {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"},
                                                            {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}
    return document


def patched(document, patch):
    if not isinstance(patch, dict):
        return patch
    document = dict(document) if isinstance(document, dict) else {}
    for key, value in patch.items():
        if value is None:
            document.pop(key, None)
        else:
            document[key] = patched(document.get(key), value)
    return document


def main():
    documents = {"bytes": bytes_document(), "characters": characters_document()}
    free = max(documents["bytes"]["model"]["vocab"].values()) + 1
    metaspace = lambda scheme, splits: {"normalizer": None, "decoder": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": splits},
                                        "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": splits}}
    cases = [
        ("bytes", "gpt-2", {}),
        ("bytes", "prefix space", {"pre_tokenizer": {"add_prefix_space": True}}),
        ("bytes", "llama-3", {"pre_tokenizer": sequence(split(LLAMA3, "Isolated"), BYTE_LEVEL), "model": {"ignore_merges": True}}),
        ("bytes", "single digits", {"pre_tokenizer": sequence({"type": "Digits", "individual_digits": True}, {**BYTE_LEVEL, "use_regex": True})}),
        ("bytes", "runs of digits", {"pre_tokenizer": sequence({"type": "Digits", "individual_digits": False}, BYTE_LEVEL)}),
        ("bytes", "no cut at all", {"pre_tokenizer": BYTE_LEVEL}),
        ("bytes", "NFC", {"normalizer": {"type": "NFC"}}),
        ("bytes", "replace by regex", {"normalizer": {"type": "Replace", "pattern": {"Regex": "[aeiou]+"}, "content": "<>"}}),
        ("bytes", "inverted removal", {"pre_tokenizer": sequence(split(r"\p{L}+", "Removed", True), BYTE_LEVEL)}),
        ("bytes", "split at a string", {"pre_tokenizer": sequence(split("--", "Isolated", kind="String"), BYTE_LEVEL)}),
        ("bytes", "added tokens", {"added_tokens": [
            added(free, "<sep>"), added(free + 1, "<mask>", lstrip=True), added(free + 2, "Zed", single_word=True, special=False, normalized=True), added(free + 3, "<pad>"),
            added(free + 4, "<pad><pad>", special=False), added(free + 5, "<left>", lstrip=True), added(free + 6, "<right>", rstrip=True), added(free + 7, "学び", normalized=True, special=False)]}),
        ("characters", "llama-2", {}),
        ("characters", "without bytes", {"model": {"byte_fallback": False}}),
        ("characters", "single unknowns", {"model": {"byte_fallback": False, "fuse_unk": False}}),
    ]
    cases += [("bytes", f"split {behavior}", {"pre_tokenizer": sequence(split("-|o", behavior), BYTE_LEVEL)})
              for behavior in ("Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous")]
    cases += [("characters", f"metaspace {scheme} {splits}", metaspace(scheme, splits)) for scheme in ("always", "first", "never") for splits in (True, False)]
    rows = []
    for base, name, patch in cases:
        tokenizer = Tokenizer.from_str(json.dumps(patched(documents[base], patch)))
        vectors = [[text, tokenizer.encode(text, add_special_tokens=False).ids] for text in TEXTS]
        rows.append(json.dumps({"base": base, "name": name, "patch": patch, "vectors": vectors}, ensure_ascii=False))
    text = "{\n" + "".join(f'"{name}": {json.dumps(document, ensure_ascii=False)},\n' for name, document in documents.items())
    pathlib.Path(__file__).with_name("tokenizer_json.json").write_text(text + '"cases": [\n' + ",\n".join(rows) + "\n]}\n")


main()

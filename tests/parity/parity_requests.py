"""The hundred requests on which scores are compared with transformers: short and long, one token and many, several scripts."""
import pathlib

ASSETS = pathlib.Path(__file__).resolve().parents[2] / "assets"

# (context, choices): facts, arithmetic, code, dialogue; answers of one to a dozen tokens.
PLAIN = [
    ("The capital of France is", [" Paris", " London", " a city on the Seine"]),
    ("Two plus two makes", [" four", " five", " twenty-two"]),
    ("", ["The", " Once upon a time", "\n"]),
    ("Water boils at a temperature of", [" 100 degrees", " 0 degrees", " 212 degrees Fahrenheit"]),
    ("The opposite of hot is", [" cold", " warm", " not hot at all"]),
    ("My favourite colour is ", ["blue", "green", "the colour of the sea in winter"]),
    ("def add(a, b):\n    return", [" a + b", " a - b", " None"]),
    ("for (int i = 0; i < n; ++i) {\n  sum +=", [" a[i];", " i;", " 1"]),
    ("<ul>\n  <li>one</li>\n  <li>two", ["</li>\n</ul>", "</ul>", "</li>"]),
    ("SELECT name FROM people WHERE age >", [" 30;", " 'thirty'", " NULL"]),
    ("Q: How many legs does a spider have?\nA:", [" 8", " eight", " Six legs, like every insect"]),
    ("Q: Is the moon made of cheese?\nA:", [" No", " Yes", " No, it is made of rock"]),
    ("She opened the door and", [" walked in", " saw nothing", " the cat, who had waited all day, ran out"]),
    ("1, 2, 3, 4,", [" 5", " 6", " 5, 6, 7, 8"]),
    ("The year after 1999 is", [" 2000", " 1998", " 2001"]),
    ("x = 12 * 12 =", [" 144", " 124", " 1 4 4"]),
    ("Dear Sir or Madam,\n\n", ["I am writing", "Thank you", "Yours faithfully"]),
    ("Monday, Tuesday, Wednesday,", [" Thursday", " Friday", " Thursday, Friday, Saturday"]),
    ("A dog is an animal; a rose is a", [" flower", " plant", " stone"]),
    ("<|im_start|>user\nName a fruit.<|im_end|>\n<|im_start|>assistant\n", ["Apple", "An apple.", "I cannot do that."]),
    ("   ", ["indented", "four", "x"]),
    ("He said: \u201cI will", [" be back.\u201d", " never", " not\u201d"]),
    ("The chemical symbol of gold is", [" Au", " Ag", " Go"]),
    ("import numpy as", [" np", " numpy", " np\nimport os"]),
    ("To be, or not to be, that is the", [" question", " answer", " problem of the prince of Denmark"]),
]

# The same in other scripts, with characters of two to four bytes and marks that combine.
SCRIPTS = [
    ("Die Hauptstadt von Deutschland ist", [" Berlin", " M\u00fcnchen", " eine gro\u00dfe Stadt"]),
    ("La capitale de l\u2019Italie est", [" Rome", " Milan", " une ville tr\u00e8s ancienne"]),
    ("El perro est\u00e1 en el", [" jard\u00edn", " coche", " camino de la monta\u00f1a"]),
    ("\u65e5\u672c\u306e\u9996\u90fd\u306f", ["\u6771\u4eac", "\u4eac\u90fd", "\u6771\u4eac\u3067\u3059\u3002"]),
    ("\u5b66\u3073\u3068\u306f", ["\u4f55\u304b", "\u697d\u3057\u3044", "\u7d9a\u3051\u308b\u3053\u3068\u3060"]),
    ("\u6211\u4eca\u5929\u5f88", ["\u9ad8\u5174", "\u7d2f", "\u60f3\u53bb\u516c\u56ed\u8d70\u8d70"]),
    ("\u0421\u0442\u043e\u043b\u0438\u0446\u0430 \u0420\u043e\u0441\u0441\u0438\u0438 \u2014", [" \u041c\u043e\u0441\u043a\u0432\u0430", " \u041f\u0430\u0440\u0438\u0436", " \u0431\u043e\u043b\u044c\u0448\u043e\u0439 \u0433\u043e\u0440\u043e\u0434"]),
    ("\u0645\u0631\u062d\u0628\u0627", [" \u0628\u0643", " \u0628\u0627\u0644\u0639\u0627\u0644\u0645", " \u064a\u0627 \u0635\u062f\u064a\u0642\u064a"]),
    ("\u05e9\u05dc\u05d5\u05dd", [" \u05e2\u05d5\u05dc\u05dd", " \u05dc\u05da", " \u05dc\u05db\u05d5\u05dc\u05dd"]),
    ("\uc548\ub155\ud558\uc138\uc694", [" \uc138\uacc4", ".", " \ubc18\uac11\uc2b5\ub2c8\ub2e4"]),
    ("\u039a\u03b1\u03bb\u03b7\u03bc\u03ad\u03c1\u03b1", [" \u03ba\u03cc\u03c3\u03bc\u03b5", ".", " \u03c3\u03b5 \u03cc\u03bb\u03bf\u03c5\u03c2"]),
    ("I love you \U0001f642", ["\U0001f642", " too", " \u2764\ufe0f"]),
    ("cafe\u0301 and caf\u00e9", [" are", "\u0301", " na\u00efve re\u0301sume\u0301"]),
    ("\u0928\u092e\u0938\u094d\u0924\u0947", [" \u0926\u0941\u0928\u093f\u092f\u093e", "!", " \u0926\u094b\u0938\u094d\u0924"]),
    ("Vi\u1ec7t Nam c\u00f3 th\u1ee7 \u0111\u00f4 l\u00e0", [" H\u00e0 N\u1ed9i", " Hu\u1ebf", " m\u1ed9t th\u00e0nh ph\u1ed1"]),
]


def rows(name):
    lines = (ASSETS / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def few_shot(name, shots, at, ask, between="\n\n\n"):
    """`shots` demonstrations from every seventh row on, then the query; all labels of the set as choices."""
    chosen = rows(name)
    picked = [chosen[(at + 7 * step) % len(chosen)] for step in range(shots + 1)]
    labels = sorted({row[0] for row in chosen})
    text = between.join(f"{' '.join(row[1:])}\n{ask} {row[0]}" for row in picked[:-1])
    query = f"{' '.join(picked[-1][1:])}\n{ask}"
    return (text + between + query if shots else query, [f" {label}" for label in labels])


def all_requests():
    requests = list(PLAIN) + list(SCRIPTS)
    for index, shots in enumerate([0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 20, 24, 32]):
        for name, ask in [("sentiment", "The sentiment is"), ("topics", "Topic:"), ("questions", "It asks for"), ("entailment", "Follows:")]:
            requests.append(few_shot(name, shots, 11 * index + 3, ask))
    return [{"id": index, "context": context, "choices": choices} for index, (context, choices) in enumerate(requests)]

"""Tokenizer files, and texts for them: written by hand where something was once wrong, and drawn."""
import random

# Nothing that came after Unicode 7: the library's own tables are of several versions.
CHARACTERS = list("aabBcsStdlm120'-~_.,!?() \t\n\r$^[]&|") + [
    "\u00e9", "e\u0301", "\u00c9", "\u0915", "\u093e", "\u094d", "\u0e19", "\u0e49", "\u200c", "\u200d", "\u180e", "\u4f60", "\u597d", "\u3042", "\u30ab",
    "\u2460", "\u24b6", "\u00bd", "\u2163", "\u0661", "\u00a0", "\u3000", "\u2028", "\u0085", "\u000b", "\u0130", "\u00df", "\u017f", "\u212a", "\u03a3",
    "\u03c2", "\u01c5", "\u02b0", "\u20ac", "\u00ac", "\u203f", "\u3002", "\U0001f642", "\ufb01", "\uff21", "\u0660", "\u20dd", "\u0345", "\x00", "\x7f"]
WORDS = ["it's", "I'LL", "  ", "\r\n", "\n\n", "12345", "hello", " world", "\u0928\u092e\u0938\u094d\u0924\u0947", "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35", "don't", "~~", "pLLc", "a.b"]
MERGES = [("a", "b"), ("s", "s"), ("\u0120", "a"), ("1", "2"), ("e", "l"), ("l", "l")]
NUM_MERGES = len(MERGES)
BEHAVIORS = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]
ATOMS = [
    "a", "b", "c", "s", "1", "2", "'", "-", "~", " ", "\\.", "\\n", "\\r", "\\t", "\\v", "\\f", "\\a", "\\e", ".", "\\w", "\\W", "\\s", "\\S", "\\d", "\\D",
    "\\h", "\\H", "\\R", "\\N", "\\O", "\\b", "\\B", "\\A", "\\Z", "\\z", "\\G", "^", "$", "\\p{L}", "\\P{L}", "\\p{^L}", "\\p{N}", "\\p{Lu}",
    "\\p{Ll}", "\\p{M}", "\\p{Han}", "\\p{Greek}", "\\p{Alpha}", "\\p{Alnum}", "\\p{Letter}", "\\p{Space}", "\\p{Word}", "\\p{Upper}", "\\p{Lower}",
    "\\p{Digit}", "\\pL", "\\PN", "\\x41", "\\x{e9}", "\\u0041", "\\u00e9", "\\x{4f60}", "\\Q", "\\E", "\\101", "\\0", "\u00e9", "\u0915", "\u4f60", "\u00df",
    "[[:alpha:]]", "[[:word:]]", "[[:^space:]]", "[[:upper:]]", "[[:digit:]]", "[[:alnum:]]", "[[:xdigit:]]", "[[:cntrl:]]", "\\p{In_Devanagari}",
    "\\p{Script=Han}", "\\R+", "\\p{^Word}", "[[:punct:]]", "[[:^punct:]a]", "\\p{PosixPunct}", "\\X", "\\K", "\\/", "\\#", "#", "&", "\\-", "/", "]", "}", "{", "\\y"]
CLASS_PARTS = [
    "a", "b-d", "a-z", "A-Z", "0-9", "s", "'", " ", "\\n", "\\r", "\\w", "\\W", "\\s", "\\S", "\\d", "\\h", "\\p{L}", "\\P{N}", "\\p{Han}", "\\p{^Lu}",
    "\u00e9", "\u0900-\u097f", "\\-", "\\]", "\\[", ".", "^", "$", "[:alpha:]", "[:^word:]", "[aeiou]", "[^b]", "&&", "\\x41-\\x5a", "\\u00e9", "-", "\\b", "\\t", "/"]
QUANTIFIERS = ["?", "*", "+", "{2}", "{1,3}", "{2,}", "{,2}", "{3,1}", "??", "*?", "+?", "{1,2}?", "?+", "*+", "++", "{1,3}+", "{2}?", "{,n}", "{"]
GROUPS = ["(?:%s)", "(%s)", "(?=%s)", "(?!%s)", "(?<=%s)", "(?<!%s)", "(?>%s)", "(?i:%s)", "(?m:%s)", "(?x:%s)", "(?-i:%s)", "(?mi-x:%s)", "(?<n>%s)",
          "(?i)%s", "(?~%s)", "(?:%s|)", "(?#note)%s", "(%s)\\1", "(?<m>%s)\\k<m>", "(?:%s)\\g<0>?", "((?:%s)\\g<1>?)", "(a)?(?(1)%s|b)"]
KNOWN = [
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    # Not known by heart: cl100k as tiktoken writes it, Kimi's and DeepSeek's forms.
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s",
    r"[\p{Han}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+|\p{N}{1,3}|\s+(?!\S)|\s+",
    "[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+", r"\p{N}{1,3}",
    r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"]


def by_hand() -> list[dict]:
    """Patterns whose meaning differs between dialects, with texts that show it, and the first tokens of texts."""
    shown = [
        (r"\p{N}{1,3}+", "12345"), (r"[\p{L}&&[^\p{Han}]]+", "ab\u4f60\u597d"), ("[a-z&&[aeiou]]", "xaby"), ("~+$", "a~~\nb"), (r"\s+$", "a  \nb"),
        ("^~+", "a\n~~b"), (".$", "ab\ncd"), (r"\h+", "xyz~beef"), (r"\v", "a\nb\x0bc"), ("(?m)a.b", "xa\nbx"), (r"\pL+", "ab1pLLc"), (r"\Q.\E", "a.bQxEc"),
        (r"\W", "\u0928\u092e\u0938\u094d\u0924\u0947"), ("[[:word:]]+", "\u0928\u092e\u0938\u094d\u0924\u0947 a\u2460"), ("[[:alpha:]]+", "\u0928\u092e\u0938\u094d\u0924\u0947"), (r"\s+", "a\u180eb"), (r"\S+", "a\u180eb"),
        (r"\w+", "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35 a\u200db"), (r"\b", "ab cd"), ("", "ab"), ("x*", "axxb"), (r"(?~ab)", "xxabyy"), (r"\u0061+", "aab"), ("[[:punct:]]+", "a$+!b"),
        (r"\p{Punct}+", "a$+!b"), ("(?i)ss", "\u00dfSS\u017fs"), ("(?i:k)", "\u212aK"), ("a{,2}", "aaaa"), ("a{2,1}", "aaaa"), ("(?<x>a)|b", "ab"), ("(", "a"), ("*", "a"), ("[b-a]", "a")]
    cases = [split({"Regex": pattern}, behavior, False, text) for pattern, text in shown for behavior in ("Isolated", "Removed", "Contiguous")]
    accents = "\u0928\u092e\u0938\u094d\u0924\u0947 e\u0301a\u20dd"
    cases += [{"normalizer": {"type": "StripAccents"}, "text": accents}, {"normalizer": {"type": "Lowercase"}, "text": "\u0130\u03a3\u00c9\u1e9e \u01c5"}]
    meta = {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True}
    for pieces in (["\u2581\u2581", "a"], [" ", "a"], ["", "\u2581a"], ["\u2581a\u2581", "\u2581b"]):
        cases.append({"decoder": meta, "pieces": pieces})
    return cases


def split(pattern: dict, behavior: str, invert: bool, text: str) -> dict:
    return {"pre_tokenizer": {"type": "Split", "pattern": pattern, "behavior": behavior, "invert": invert}, "text": text}


class Draw:
    """Cases of one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def of(self, items):
        return self.random.choice(items)

    def text(self, most: int = 14) -> str:
        return "".join(self.of(WORDS) if self.random.random() < 0.15 else self.of(CHARACTERS) for _ in range(self.random.randrange(most)))

    def character_class(self) -> str:
        parts = "".join(self.of(CLASS_PARTS) for _ in range(self.random.randint(1, 4)))
        return f"[{self.of(['', '', '^'])}{parts}]"

    def pattern(self, depth: int = 0) -> str:
        made = []
        for _ in range(self.random.randint(1, 3)):
            roll = self.random.random()
            if roll < 0.2 and depth < 3:
                part = self.of(GROUPS) % self.pattern(depth + 1)
            elif roll < 0.4:
                part = self.character_class()
            else:
                part = self.of(ATOMS)
            if self.random.random() < 0.35:
                part += self.of(QUANTIFIERS)
            made.append(part)
        joined = "".join(made)
        return joined + "|" + self.pattern(depth + 1) if depth < 3 and self.random.random() < 0.2 else joined

    def any_pattern(self) -> dict:
        roll = self.random.random()
        if roll < 0.15:
            return {"String": self.of(["a", "b", " ", "\u2581", "ab", "", ".", "\\", "\u4f60", "  "])}
        return {"Regex": self.of(KNOWN) if roll < 0.3 else self.pattern()}

    def pre_tokenizer(self, depth: int = 0) -> dict:
        kind = self.of(["Split"] * 6 + ["Whitespace", "WhitespaceSplit", "Punctuation", "Digits", "BertPreTokenizer", "Metaspace", "Sequence"])
        if kind == "Split":
            return split(self.any_pattern(), self.of(BEHAVIORS), self.random.random() < 0.3, "")["pre_tokenizer"]
        if kind == "Punctuation":
            return {"type": kind, "behavior": self.of(BEHAVIORS)}
        if kind == "Digits":
            return {"type": kind, "individual_digits": self.random.random() < 0.5}
        if kind == "Metaspace":
            return {"type": kind, "replacement": self.of(["\u2581", "_"]), "prepend_scheme": self.of(["always", "never", "first"]), "split": self.random.random() < 0.7}
        if kind == "Sequence" and depth < 2:
            return {"type": kind, "pretokenizers": [self.pre_tokenizer(depth + 1) for _ in range(self.random.randint(0, 3))]}
        return {"type": kind if kind != "Sequence" else "Whitespace"}

    def normalizer(self, depth: int = 0) -> dict:
        kind = self.of(["Replace", "Replace", "NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Strip", "Prepend", "BertNormalizer", "Sequence"])
        if kind == "Replace":
            return {"type": kind, "pattern": self.any_pattern(), "content": self.of(["", "_", "aa", "\u2581"])}
        if kind == "Strip":
            return {"type": kind, "strip_left": self.random.random() < 0.7, "strip_right": self.random.random() < 0.7}
        if kind == "Prepend":
            return {"type": kind, "prepend": self.of(["\u2581", "ab"])}
        if kind == "BertNormalizer":
            return {"type": kind, "clean_text": self.random.random() < 0.5, "handle_chinese_chars": self.random.random() < 0.5,
                    "strip_accents": self.of([None, True, False]), "lowercase": self.random.random() < 0.5}
        if kind == "Sequence":
            steps = [self.normalizer(depth + 1) for _ in range(self.random.randint(0, 3))] if depth < 2 else []
            return {"type": kind, "normalizers": steps}
        return {"type": kind}

    def decoder(self, depth: int = 0) -> dict:
        kind = self.of(["Replace", "ByteFallback", "Fuse", "Strip", "Metaspace", "ByteLevel", "Sequence", "Sequence", "Sequence"])
        if kind == "Replace":
            pattern = {"Regex": self.of(["a+", "_$", "^_", "b|c"])} if self.random.random() < 0.2 else {"String": self.of(["_", "\u2581", "ab", "a", "bb"])}
            return {"type": kind, "pattern": pattern, "content": self.of([" ", "", "_", "a"])}
        if kind == "Strip":
            return {"type": kind, "content": self.of([" ", "_"]), "start": self.random.randrange(3), "stop": self.of([0, 0, 0, 1])}
        if kind == "Metaspace":
            return {"type": kind, "replacement": self.of(["\u2581", "_"]), "prepend_scheme": self.of(["always", "never", "first"]), "split": True}
        if kind == "ByteLevel":
            return {"type": kind, "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
        if kind == "Sequence":
            steps = [self.decoder(depth + 1) for _ in range(self.random.randint(1, 4))] if depth < 2 else []
            return {"type": kind, "decoders": steps}
        return {"type": kind}

    def pieces(self) -> list[str]:
        # Whole characters only of byte pieces: a broken run is another question, which Octavo answers in its own way.
        kinds = [["\u2581a"], ["\u2581"], ["_"], [" "], [""], ["a"], ["ab"], ["b_"], ["__b"], ["\u0120a"], ["\u00e4", "\u00bd", "\u0142"], ["\u4f60"],
                 ["<0x5F>"], ["<0x61>"], ["<0xE4>", "<0xBD>", "<0xA0>"], ["<0xE2>", "<0x96>", "<0x81>"], ["<0xC3>", "<0xA9>"], ["a b"], ["b"], ["c"]]
        return [piece for _ in range(self.random.randrange(7)) for piece in self.of(kinds)]

    def added_tokens(self) -> list[dict]:
        contents = ["<a>", "<a><b>", "word", " two words", "\u4f60", "[X]", "xyz", "'s"]
        return [{"id": 256 + NUM_MERGES + at, "content": content, "single_word": self.random.random() < 0.3, "lstrip": self.random.random() < 0.3,
                 "rstrip": self.random.random() < 0.3, "normalized": False, "special": self.random.random() < 0.5}
                for at, content in enumerate(self.random.sample(contents, self.random.randint(1, 4)))]

    def tokenizer(self) -> dict:
        """One token for each byte, and some merges, so that the ids show where a text was cut."""
        printable = [*range(0x21, 0x7f), *range(0xa1, 0xad), *range(0xae, 0x100)]
        others = [byte for byte in range(256) if byte not in printable]
        alphabet = {byte: chr(byte) for byte in printable} | {byte: chr(0x100 + at) for at, byte in enumerate(others)}
        vocabulary = {alphabet[byte]: byte for byte in range(256)}
        merges = []
        for first, second in MERGES:
            vocabulary[first + second] = 256 + len(merges)
            merges.append([first, second])
        steps = [self.pre_tokenizer(1) for _ in range(self.random.randint(0, 2))]
        last = {"type": "ByteLevel", "add_prefix_space": self.random.random() < 0.3, "trim_offsets": True, "use_regex": self.random.random() < 0.5}
        return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": self.added_tokens(),
                "normalizer": self.normalizer(1) if self.random.random() < 0.3 else None,
                "pre_tokenizer": {"type": "Sequence", "pretokenizers": [*steps, last]}, "post_processor": None,
                "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
                "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None,
                          "fuse_unk": False, "byte_fallback": False, "ignore_merges": False, "vocab": vocabulary, "merges": merges}}

    def case(self) -> dict:
        roll = self.random.random()
        if roll < 0.5:
            return {"pre_tokenizer": self.pre_tokenizer(), "text": self.of(CHARACTERS) + self.text()}
        if roll < 0.7:
            return {"normalizer": self.normalizer(), "text": self.text()}
        if roll < 0.9:
            return {"decoder": self.decoder(), "pieces": self.pieces()}
        tokenizer = self.tokenizer()
        contents = [token["content"] for token in tokenizer["added_tokens"]]
        text = "".join(self.of(contents) if self.random.random() < 0.3 else self.text(4) for _ in range(5))
        return {"tokenizer": tokenizer, "text": text}

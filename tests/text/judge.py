"""Compares what Octavo makes of tokenizers and texts with what Hugging Face's `tokenizers` makes of them.

    judge.py ANSWERS [--cases 3000] [--seed 1]   # ANSWERS: the program judged_answers; ends with 1 where something differs
    judge.py ANSWERS --cases 100000              # by hand, a quarter of an hour
    judge.py ANSWERS --record                    # writes tokenizers-judged.jsonl anew, which is compared where there is no pip

The library comes into .cache/tokenizers-judge; without pip, or without a network, nothing is judged.
"""
import contextlib
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))
from judge_home import enter, read_options  # noqa: E402
from judge_cases import Draw, by_hand  # noqa: E402

RECORDED = ROOT / "tests/text/data/tokenizers-judged.jsonl"
NUM_RECORDED = 1500
PACKAGES = ["tokenizers==0.22.2"]


@contextlib.contextmanager
def without_panics():
    """The library writes what it panics about to standard error."""
    kept, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)


def judge(case: dict) -> dict:
    from tokenizers import Tokenizer

    empty = {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"}
    parts = {name: case.get(name) for name in ("normalizer", "pre_tokenizer", "decoder")}
    file = case.get("tokenizer") or parts | {"version": "1.0", "added_tokens": [], "post_processor": None, "model": empty}
    try:
        tokenizer = Tokenizer.from_str(json.dumps(file))
        if "pre_tokenizer" in case:
            return {"pieces": [piece for piece, _ in tokenizer.pre_tokenizer.pre_tokenize_str(case["text"])]}
        if "normalizer" in case:
            return {"text": tokenizer.normalizer.normalize_str(case["text"])}
        if "decoder" in case:
            return {"text": tokenizer.decoder.decode(case["pieces"])}
        return {"ids": tokenizer.encode(case["text"]).ids}
    except BaseException as fault:  # A panic is no Exception.
        if isinstance(fault, KeyboardInterrupt):
            raise
        return {"refuses": str(fault)}


def answers(program: str, cases: list[dict]) -> list[dict]:
    lines = "".join(json.dumps(case) + "\n" for case in cases)
    done = subprocess.run([program], input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.rstrip("\n").split("\n")]


def agree(library: dict, octavo: dict) -> bool:
    return "refuses" in octavo if "refuses" in library else library == octavo


def has_broken(library: dict) -> bool:
    """The library fell over an index of its own, so it says nothing."""
    return any(sign in library.get("refuses", "") for sign in ("out of bounds", "bad split", "slice index", "byte index", "out of range"))


def spells_twice(case: dict) -> bool:
    """The library writes a piece twice that a normalizer has put before the first character, when it is spelled in bytes: its
    own offsets say that the piece stands for nothing of the text."""
    from tokenizers import PreTokenizedString, Tokenizer

    if "tokenizer" not in case:
        return False
    tokenizer = Tokenizer.from_str(json.dumps(case["tokenizer"]))
    ends = [place for token in case["tokenizer"]["added_tokens"] for place in places_after(case["text"], token["content"])]
    for begin in [0, *ends]:
        pieces = PreTokenizedString(case["text"][begin:])
        pieces.normalize(tokenizer.normalizer.normalize)
        tokenizer.pre_tokenizer.pre_tokenize(pieces)
        if any(text and first == last for text, (first, last), _ in pieces.get_splits("original", "char")):
            return True
    return False


def places_after(text: str, token: str) -> list[int]:
    return [at + len(token) for at in range(len(text)) if text.startswith(token, at)]


def is_left_out(case: dict, octavo: dict) -> bool:
    """Octavo says that it does not know the part; that is never so of an expression that the library knows."""
    return "not supported" in octavo.get("refuses", "")


def main() -> int:
    options = read_options()
    draw = Draw(options.seed)
    recorded = []
    if options.record:
        cases = by_hand() + [draw.case() for _ in range(NUM_RECORDED)]
    else:
        recorded = [json.loads(line) for line in RECORDED.read_text(encoding="utf-8").rstrip("\n").split("\n")]
        cases = by_hand() + [draw.case() for _ in range(options.cases)] + [line["case"] for line in recorded]
    with without_panics():
        library = [judge(case) for case in cases]
    octavo = answers(options.answers, cases)
    different = left_out = both_refuse = broken = 0
    lines = []
    for case, one, other in zip(cases, library, octavo):
        if agree(one, other):
            both_refuse += "refuses" in one
            lines.append({"case": case, "library": one})
        elif has_broken(one) or spells_twice(case):
            broken += 1
        elif is_left_out(case, other):
            left_out += 1
        else:
            different += 1
            print(f"{json.dumps(case)[:700]}\n   library {json.dumps(one)[:300]}\n   Octavo  {json.dumps(other)[:300]}")
    changed = sum(line["library"] != one and "refuses" not in one for line, one in zip(recorded, library[len(library) - len(recorded):]))
    print(f"{len(cases)} cases: {different} differ, {both_refuse} refused by both, {left_out} that Octavo does not know, "
          f"{broken} on which the library breaks, "
          f"{changed} recorded otherwise")
    if options.record:
        RECORDED.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return 1 if different or changed else 0


if __name__ == "__main__":
    sys.exit(main() if "--inside" in sys.argv else enter(__file__, "tokenizers-judge", PACKAGES))

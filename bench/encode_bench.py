#!/usr/bin/env python3
"""Encoding speed on one core, MB/s, beside Hugging Face's `tokenizers` in the same run.

usage: encode_bench.py [--build DIR] [--also PROGRAM]   # PROGRAM: an encode_bench of an earlier state, measured in turns
GPT-2's vocabulary with the expressions of GPT-2, Llama 3, Qwen2 and of one that no table knows; English and code from this
folder's own files, and Chinese that is drawn. The library comes into .cache/tokenizers-judge.
"""
import argparse
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests/support"), str(ROOT / "tests/text")]
from judge_home import enter  # noqa: E402
from judge_cases import KNOWN  # noqa: E402

PATTERNS = {"gpt-2": KNOWN[0], "llama-3": KNOWN[1], "qwen2": KNOWN[2], "o200k": KNOWN[3], "cl100k of tiktoken": KNOWN[4]}
ROUNDS = 5
DOCUMENT_BYTES = 4096


def texts() -> dict[str, str]:
    def joined(*globs: str) -> str:
        return "\n".join(path.read_text(encoding="utf-8") for glob in globs for path in sorted(ROOT.glob(glob)))

    draw = random.Random(1)
    signs = [chr(draw.randrange(0x4E00, 0x9000)) for _ in range(900)]
    chinese = "\n".join("".join(draw.choice(signs[:60] if draw.random() < 0.6 else signs) + ("\uff0c" if draw.random() < 0.1 else "")
                                for _ in range(draw.randrange(10, 60))) + "\u3002" for _ in range(6000))
    return {"english": joined("*.md", "*/README.md", "protocol/*.md", "bench/gpu/*.md"), "chinese": chinese,
            "code": joined("src/*/*.cpp", "src/*/*/*.cpp", "kernels/*/*.cpp", "actors/*/*.cpp")}


def library_speed(folder: pathlib.Path, text: str) -> tuple[float, int]:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    documents = [""]
    for line in text.rstrip("\n").split("\n"):
        if len(documents[-1].encode()) >= DOCUMENT_BYTES:
            documents.append("")
        documents[-1] += line + "\n"
    best, num_tokens = 0.0, 0
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        encoded = tokenizer.encode_batch_fast(documents, add_special_tokens=False)
        best = max(best, len("".join(documents).encode()) / 1e6 / (time.perf_counter() - begin))
        num_tokens = sum(len(each.ids) for each in encoded)
    return best, num_tokens


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--inside", action="store_true")
    options.add_argument("--build", default=str(ROOT / "build"))
    options.add_argument("--also")
    options = options.parse_args()
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    programs = {"Octavo": str(pathlib.Path(options.build) / "bench/encode_bench")}
    if options.also:
        programs["before"] = options.also
    file = json.loads((ROOT / "tests/text/data/tokenizers/gpt-2/tokenizer.json").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        samples = texts()
        for kind, text in samples.items():
            (folder / kind).write_text(text, encoding="utf-8")
        for pattern, regex in PATTERNS.items():
            split = {"type": "Split", "pattern": {"Regex": regex}, "behavior": "Isolated", "invert": False}
            byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
            file["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [split, byte_level]}
            (folder / "tokenizer.json").write_text(json.dumps(file), encoding="utf-8")
            speeds = {who: json.loads(subprocess.run([program, str(folder), *(str(folder / kind) for kind in samples)], check=True,
                                                     capture_output=True, text=True).stdout) for who, program in programs.items()}
            for kind, text in samples.items():
                library, num_tokens = library_speed(folder, text)
                own = {who: speed[str(folder / kind)] for who, speed in speeds.items()}
                row = "".join(f"  {who} {speed['mb_s']:7.2f}" for who, speed in own.items())
                same = "the same tokens" if own["Octavo"]["tokens"] == num_tokens else "OTHER TOKENS"
                print(f"{pattern:20} {kind:8}{row}  tokenizers {library:6.2f} MB/s  {own['Octavo']['mb_s'] / library:5.1f} times  {same}", flush=True)


if __name__ == "__main__":
    sys.exit(main() if "--inside" in sys.argv else enter(__file__, "tokenizers-judge", ["tokenizers==0.22.2"]))

"""The load generators that people measure servers with, against a real server, by hand: several gigabytes are installed.

    load_tools.py OCTAVO   # prints how many requests of each tool succeeded; load_tools.txt keeps the last output

The packages come into .cache/load-tools.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))
from judge_home import enter  # noqa: E402
from people import MODEL, octavo  # noqa: E402

PACKAGES = ["guidellm==0.8.1", "aiperf==0.13.0"]
TOKENIZER = str(ROOT / "examples/demo-model/model")
REQUESTS = 24


def guidellm(url: str, folder: str) -> str:
    command = [pathlib.Path(sys.executable).with_name("guidellm"), "run",
               "--backend", f"kind=openai_http,target={url},model={MODEL}", "--profile", "kind=concurrent,streams=4",
               "--constraint", f"kind=max_requests,count={REQUESTS}", "--tokenizer", f"kind=huggingface_auto,model={TOKENIZER}",
               "--data", "kind=synthetic_text,prompt_tokens=32,output_tokens=16", "--disable-progress"]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    report = json.loads((pathlib.Path(folder) / "benchmarks.json").read_text())
    totals = report["benchmarks"][0]["metrics"]["request_totals"]
    return f"{totals['successful']} of {REQUESTS} requests, {totals['errored']} errors"


def aiperf(url: str, folder: str, kind: str) -> str:
    command = [pathlib.Path(sys.executable).with_name("aiperf"), "profile", "--model", MODEL, "--url", url, "--endpoint-type", kind, "--streaming",
               "--concurrency", "4", "--request-count", str(REQUESTS), "--tokenizer", TOKENIZER, "--synthetic-input-tokens-mean", "32",
               "--output-tokens-mean", "16", "--extra-inputs", "ignore_eos:true", "--ui", "none"]
    said = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    valid, errors = re.search(r"Processed (\d+) valid requests and (\d+) errors", said.stdout + said.stderr).groups()
    return f"{valid} of {REQUESTS} requests, {errors} errors"


def main() -> int:
    if "--inside" not in sys.argv:
        enter(__file__, "load-tools", PACKAGES)
    server = octavo(sys.argv[-1])
    url = server.url.removesuffix("/v1")
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        lines.append(f"guidellm 0.8.1, chat completions: {guidellm(url, folder)}")
        for kind in ("chat", "responses", "completions"):
            lines.append(f"aiperf 0.13.0, {kind}: {aiperf(url, folder, kind)}")
    lines.append(f"the server ended with {server.stop()}")
    print("\n".join(lines))
    (ROOT / "tests/clients/load_tools.txt").write_text("\n".join(lines) + "\n")
    return 0 if all(" 0 errors" in line for line in lines[:-1]) else 1


if __name__ == "__main__":
    sys.exit(main())

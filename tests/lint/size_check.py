#!/usr/bin/env python3
"""No function has more than 60 lines, half of the files have at most 110 and 19 of 20 at most 260: C++ and CUDA, tests
included. A function is counted from the first line of its head to its closing brace, a test case likewise.

usage: size_check.py [--list N]    the N longest functions and files, besides
"""
import argparse
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FUNCTION_LINES = 60
MEDIAN_LINES = 110
P95_LINES = 260

# What may hold a brace or a quote that is none: comments, raw strings, strings, characters (but not 1'000).
NOISE = re.compile(r'''//[^\n]*|/\*.*?\*/|R"([^(\s]*)\(.*?\)\1"|"(?:[^"\\\n]|\\.)*"|(?<![0-9a-zA-Z_])'(?:[^'\\\n]|\\.)+\'''', re.S)
SCOPE = re.compile(r'^(?:inline\s+)?namespace\b|^extern\s*""')
TYPE = re.compile(r"^(?:template\s*<.*>\s*)?(?:typedef\s+)?(?:class|struct|union|enum)\b", re.S)


def without_noise(text: str) -> str:
    """The same lines, with comments blank, strings empty and preprocessor lines blank."""
    def blank(match: re.Match) -> str:
        lines = "\n" * match.group().count("\n")
        return lines if match.group().startswith("/") else '""' + lines
    text = NOISE.sub(blank, text)
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda match: "\n" * match.group().count("\n"), text, flags=re.M)


def functions(text: str):
    """Yields (first line, number of lines, the first line's text) of every function that stands in a namespace or a
    class. Counts on the formatter: the brace of a body stands after a blank, that of an initializer after a name."""
    lines = text.splitlines()
    text = without_noise(text)
    scopes = []  # Of every open brace: "scope", "function", or "other" for all that is inside of functions or initializers.
    start = 0    # Where the head of what comes next begins.
    begin = None
    for at, letter in enumerate(text):
        if letter == ";" and all(scope == "scope" for scope in scopes):
            start = at + 1
        elif letter == "{":
            head = text[start:at].strip()
            if any(scope != "scope" for scope in scopes) or not head or text[at - 1] not in " \n" or head.endswith("="):
                scopes.append("other")
            elif SCOPE.match(head) or TYPE.match(head):
                scopes.append("scope")
                start = at + 1
            else:
                scopes.append("function")
                begin = at - len(text[start:at].lstrip())
        elif letter == "}" and scopes:
            scope = scopes.pop()
            if scope == "function":
                first = text.count("\n", 0, begin) + 1
                yield first, text.count("\n", begin, at) + 1, lines[first - 1].strip()
            if scope != "other":
                start = at + 1


def sources() -> list:
    names = subprocess.run(["git", "ls-files", "*.cpp", "*.hpp", "*.cu", "*.cuh"], cwd=ROOT, check=True, capture_output=True, text=True)
    return [ROOT / name for name in names.stdout.splitlines() if (ROOT / name).exists()]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--list", type=int, default=0, metavar="N")
    shown = parser.parse_args().list
    texts = {path.relative_to(ROOT): path.read_text(encoding="utf-8") for path in sources()}
    files = sorted(((text.count("\n"), path) for path, text in texts.items()), reverse=True)
    found = sorted(((lines, path, first, head) for path, text in texts.items() for first, lines, head in functions(text)), reverse=True)
    for lines, path, first, head in found[:shown]:
        print(f"{path}:{first}: {lines} lines: {head}")
    for lines, path in files[:shown]:
        print(f"{path}: {lines} lines")

    faults = [f"{path}:{first}: a function of {lines} lines, {FUNCTION_LINES} are the limit: {head}"
              for lines, path, first, head in found if lines > FUNCTION_LINES]
    lengths = sorted(lines for lines, _ in files)
    median, p95 = lengths[len(lengths) // 2], lengths[len(lengths) * 95 // 100]
    if median > MEDIAN_LINES:
        faults.append(f"half of the files have more than {median} lines, {MEDIAN_LINES} are the limit")
    if p95 > P95_LINES:
        faults.append(f"one file in twenty has more than {p95} lines, {P95_LINES} are the limit")
    for fault in faults:
        print(fault, file=sys.stderr)
    if not faults:
        print(f"sizes: {len(files)} files (median {median} lines, p95 {p95}), {len(found)} functions of at most {found[0][0]} lines")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

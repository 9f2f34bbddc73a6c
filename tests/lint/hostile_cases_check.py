#!/usr/bin/env python3
"""docs/hostile-cases.md and the numbered tests say the same: each of the 92 cases stands in the table once, whatever test it names is there
and has its number, and no numbered test is left out of it."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
NUM_CASES = 92
ROW = re.compile(r"^\| (\d+) \| (.+) \| (.+) \| (.+) \|$", re.M)


def numbers_of(text: str) -> set[int]:
    """The cases that a file of tests has: `case 7: ...`, and what a name such as `case ${number}: ...` takes from the file."""
    numbers = {int(number) for number in re.findall(r"\(['`]case (\d+): ", text)}
    numbers |= {int(number) for number in re.findall(r"^ +'case (\d+): ", text, re.M)}  # A table of names.
    for expression in re.findall(r"\(`case \$\{([^}]*)\}", text):
        if re.fullmatch(r"\w+", expression):
            numbers |= {int(number) for number in re.findall(r"^ +(\d+): [\[{]", text, re.M)}
        numbers |= {int(number) for number in re.findall(r"[?:] (\d+)", expression)}
    return numbers


def fault_of_path(path: str, name: str) -> str | None:
    file = ROOT / path
    if not file.exists():
        return f"there is no {path}"
    return None if name in " ".join(re.sub(r'"\s*\n\s*"', "", file.read_text(encoding="utf-8")).split()) else f"{path} has no `{name}`"


def main() -> int:
    faults = []
    tested: dict[str, set[int]] = {}
    for file in sorted((ROOT / "tests/e2e").glob("*.test.mjs")):
        tested[file.name.removesuffix(".test.mjs")] = numbers_of(file.read_text(encoding="utf-8"))
    claimed: dict[str, set[int]] = {}
    rows = ROW.findall((ROOT / "docs/hostile-cases.md").read_text(encoding="utf-8"))
    if [int(row[0]) for row in rows] != list(range(1, NUM_CASES + 1)):
        faults.append(f"the table does not have each case from 1 to {NUM_CASES} once, in order")
    for number, _, _, test in rows:
        if test.startswith("none"):
            if ": " not in test:
                faults.append(f"{number}: no test, and no reason")
            continue
        by_path = re.fullmatch(r"`(tests/[^`]+)`: (.+)", test)
        if by_path:
            fault = fault_of_path(*by_path.groups())
            faults += [f"{number}: {fault}"] if fault else []
            continue
        for name in re.findall(r"`([\w-]+)`", test):
            claimed.setdefault(name, set()).add(int(number))
            if int(number) not in tested.get(name, set()):
                faults.append(f"{number}: tests/e2e/{name}.test.mjs has no such case")
    for name, numbers in tested.items():
        for number in sorted(numbers - claimed.get(name, set())):
            faults.append(f"{number}: tests/e2e/{name}.test.mjs has it, and docs/hostile-cases.md does not say so")
    print("\n".join(faults) if faults else f"hostile cases: {NUM_CASES}, {sum(len(each) for each in claimed.values())} of them by clients")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

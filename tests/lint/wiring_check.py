#!/usr/bin/env python3
"""Every test file is in a build file, every source of a room is compiled, and no file grows without bound."""
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
MAX_LINES = 400


def build_texts() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in ROOT.rglob("meson.build") if "node_modules" not in path.parts)


def main() -> int:
    faults = []
    wired = build_texts()
    for top in ("src", "kernels", "actors", "protocol", "tests", "bench", "examples"):
        for path in sorted((ROOT / top).rglob("*.cpp")):
            if "node_modules" in path.parts:
                continue
            if path.name not in wired:
                faults.append(f"{path.relative_to(ROOT)}: in no meson.build")
        for path in sorted((ROOT / top).rglob("*.cu")):
            if f"'{path.stem}'" not in wired and f"{path.name}'" not in wired:
                faults.append(f"{path.relative_to(ROOT)}: in no meson.build")
        for path in sorted([*(ROOT / top).rglob("*.[ch]pp"), *(ROOT / top).rglob("*.cu"), *(ROOT / top).rglob("*.cuh")]):
            lines = path.read_text(encoding="utf-8").count("\n")
            if lines > MAX_LINES and top != "tests":
                faults.append(f"{path.relative_to(ROOT)}: {lines} lines, at most {MAX_LINES}: which two ideas live in it?")
    for path in sorted((ROOT / "tests").rglob("*.test.mjs")):
        if "node_modules" not in path.parts and path.parent != ROOT / "tests" / "e2e":
            faults.append(f"{path.relative_to(ROOT)}: tests of real clients live in tests/e2e")
    print("\n".join(faults) if faults else "wiring: every file is built")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

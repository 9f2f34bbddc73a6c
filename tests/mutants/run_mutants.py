#!/usr/bin/env python3
"""Plants the faults of faults.txt one at a time in a copy of the sources, builds them, and runs the suites that should
notice. A fault that none of them notices is printed at the end: there a test is missing, or the line is dead.

usage: run_mutants.py [--folder FOLDER] [--only WORD] [--jobs N]
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# The suites that should notice a fault in a room, the quickest first.
SUITES = {
    "src/core": ["core", "scheduler", "cache", "text", "protocol", "response", "property"],
    "src/cache": ["cache", "scheduler", "property", "sim"],
    "src/scheduler": ["scheduler", "reservation", "property", "replay", "sim"],
    "src/engine": ["engine", "property", "recording", "replay"],
    "src/response": ["response", "protocol", "sim"],
    "protocol": ["protocol", "actors", "sim"],
    "src/text": ["text", "response", "sim"],
    "src/grammar": ["grammar"],
}
FOLDER_OF = {"reservation": "scheduler"}
LEAST_SHARE = 0.97  # Of the faults; why the others live stands beside them in the list.
TIME_LIMIT_S = 60  # A suite that takes longer hangs, which is noticed too.
ENVIRONMENT = {**os.environ, "OCTAVO_PROPERTY_STEPS": "200000"}


def read_faults(text):
    """Yields (file, text, replacement)."""
    file = before = None
    for line in text.splitlines():
        if line.startswith("- "):
            before = line[2:]
        elif line.startswith("+"):
            yield file, before, line[2:]
        elif line and not line.startswith("#"):
            file = line


def suites_of(file):
    return next(suites for room, suites in SUITES.items() if file.startswith(room + "/"))


def binary_of(suite):
    return f"tests/{FOLDER_OF.get(suite, suite)}/{suite}_test"


def copy_sources(folder):
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    for name in names:
        source, copy = ROOT / name, folder / name
        if not source.exists() or name.startswith(("examples/screenshots/", "tests/e2e/")):
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        if not copy.exists() or copy.read_bytes() != source.read_bytes():
            shutil.copy(source, copy)


class Mutants:
    def __init__(self, folder, jobs):
        self.folder, self.jobs = folder, jobs
        copy_sources(folder)
        if not (folder / "build/build.ninja").exists():
            subprocess.run(["meson", "setup", "build", "-Dbuildtype=plain", "-Doptimization=1", "-Dbench=false", "-Dweb=disabled",
                            "-Dcuda=disabled"], cwd=folder, check=True, stdout=subprocess.DEVNULL)

    def build(self, suites):
        command = ["ninja", "-C", "build", f"-j{self.jobs}"] + [binary_of(suite) for suite in suites]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True)

    def passes(self, suite):
        environment = {**ENVIRONMENT, "OCTAVO_TESTS_DIR": str(self.folder / "tests")}
        try:
            done = subprocess.run([self.folder / "build" / binary_of(suite)], cwd=self.folder, env=environment, timeout=TIME_LIMIT_S,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0

    def noticed_by(self, file, before, after):
        """The suite that notices the fault, "nobody", or "the compiler". A suite is built when those before it have noticed
        nothing, since most faults are noticed by the first."""
        path = self.folder / file
        sound = path.read_text()
        path.write_text(sound.replace(before, after))
        try:
            for suite in suites_of(file):
                if self.build([suite]).returncode != 0:
                    return "the compiler"
                if not self.passes(suite):
                    return suite
            return "nobody"
        finally:
            path.write_text(sound)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", default=str(ROOT / "build-mutants"), help="where the copy is built; default: build-mutants")
    parser.add_argument("--only", default="", help="faults whose file or text has this word")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    args = parser.parse_args()
    faults = [fault for fault in read_faults((pathlib.Path(__file__).parent / "faults.txt").read_text())
              if args.only in fault[0] or args.only in fault[1]]
    for file, before, _ in faults:
        count = (ROOT / file).read_text().count(before)
        if count != 1:
            sys.exit(f"{file}: this text stands {count} times in it, not once: {before}")
    mutants = Mutants(pathlib.Path(args.folder), args.jobs)
    suites = sorted({suite for file, _, _ in faults for suite in suites_of(file)})
    built = mutants.build(suites)
    if built.returncode != 0:
        sys.exit(built.stdout)
    if broken := [suite for suite in suites if not mutants.passes(suite)]:
        sys.exit(f"without any fault these suites fail: {', '.join(broken)}")
    alive, invalid = [], []
    for number, (file, before, after) in enumerate(faults, 1):
        began = time.time()
        who = mutants.noticed_by(file, before, after)
        print(f"[{number}/{len(faults)}] {file}: {before[:70]}: noticed by {who} ({time.time() - began:.0f} s)", flush=True)
        if who == "nobody":
            alive.append((file, before, after))
        if who == "the compiler":
            invalid.append((file, before, after))
    for title, found in (("not noticed", alive), ("does not compile, so it is no fault", invalid)):
        for file, before, after in found:
            print(f"{title}: {file}: {before!r} -> {after!r}")
    num_noticed = len(faults) - len(alive) - len(invalid)
    print(f"mutants: {num_noticed} of {len(faults)} planted faults are noticed")
    return 1 if invalid or num_noticed < LEAST_SHARE * len(faults) else 0


if __name__ == "__main__":
    sys.exit(main())

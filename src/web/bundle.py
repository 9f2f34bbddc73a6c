#!/usr/bin/env python3
"""Builds the chat page with npm in a folder of its own and embeds it; where that cannot be had, the plain page.

usage: bundle.py SOURCE_FOLDER WORK_FOLDER OUTPUT.cpp DEPFILE NPM auto|enabled

The source folder is only read. Packages are fetched again only when package-lock.json has changed, so that a build
whose packages are there needs no network.
"""
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys

import embed

DESCRIPTION = ("package.json", "package-lock.json", ".npmrc")


def run(npm: str, work: pathlib.Path, *arguments: str) -> None:
    done = subprocess.run([npm, *arguments], cwd=work, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, encoding="utf-8", errors="replace")
    if done.returncode != 0:
        told = [line for line in done.stdout.splitlines() if line.strip() and not line.startswith(("npm warn", "npm error     at"))]
        raise RuntimeError("\n".join([f"npm {' '.join(arguments)} failed:", *told]))


def install(npm: str, work: pathlib.Path) -> None:
    wanted = hashlib.sha256(b"".join((work / name).read_bytes() for name in DESCRIPTION)).hexdigest()
    stamp = work / "node_modules" / ".installed"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    run(npm, work, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline",
        "--fetch-retries=1", "--fetch-retry-mintimeout=2000")
    stamp.write_text(wanted, encoding="utf-8")


def write_licenses(work: pathlib.Path) -> None:
    """The bundle holds other people's work: their terms go with it, as licenses.txt."""
    texts = []
    for name in sorted(json.loads((work / "package.json").read_text(encoding="utf-8"))["dependencies"]):
        folder = work / "node_modules" / name
        for path in sorted(folder.glob("LICENSE*")):
            terms = path.read_text(encoding="utf-8").strip()
            texts.append(f"{name}\n{'=' * len(name)}\n\n{terms}\n")
    (work / "dist" / "licenses.txt").write_text("\n\n".join(texts), encoding="utf-8")


def prepare(source: pathlib.Path, work: pathlib.Path) -> None:
    work.mkdir(parents=True, exist_ok=True)
    for name in DESCRIPTION:
        shutil.copyfile(source / name, work / name)
    for folder in ("app", "dist"):
        shutil.rmtree(work / folder, ignore_errors=True)
    shutil.copytree(source / "app", work / "app")


def write_depfile(source: pathlib.Path, output: str, depfile: pathlib.Path) -> None:
    files = [source / name for name in DESCRIPTION]
    files += [path for folder in ("app", "plain") for path in (source / folder).rglob("*")]
    listed = " ".join(os.fspath(path).replace(" ", "\\ ") for path in sorted(files))
    depfile.write_text(f"{output}: {listed}\n", encoding="utf-8")


def build(npm: str, source: pathlib.Path, work: pathlib.Path, wish: str) -> pathlib.Path:
    """The folder to embed. That packages cannot be had is the world's fault; a page that does not build is ours."""
    prepare(source, work)
    try:
        install(npm, work)
    except RuntimeError as error:
        if wish == "enabled":
            raise
        print(f"web: {error}\nweb: the plain page is embedded instead; to try again: rm {sys.argv[3]} and build", file=sys.stderr)
        return source / "plain"
    run(npm, work, "run", "build")
    write_licenses(work)
    return work / "dist"


def main() -> int:
    source, work, output, depfile = (pathlib.Path(argument) for argument in sys.argv[1:5])
    npm, wish = sys.argv[5:7]
    try:
        embed.write(build(npm, source, work, wish), output)
    except RuntimeError as error:
        print(f"web: {error}", file=sys.stderr)
        return 1
    write_depfile(source, sys.argv[3], depfile)
    return 0


if __name__ == "__main__":
    sys.exit(main())

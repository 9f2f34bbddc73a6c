"""A place of its own for the library that judges: a virtual environment under .cache, made when it is first needed."""
import argparse
import pathlib
import subprocess
import sys
import venv

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKIPPED = 77


def read_options() -> argparse.Namespace:
    """What a judge that draws its cases may be asked."""
    options = argparse.ArgumentParser()
    options.add_argument("--inside", action="store_true")
    options.add_argument("answers")
    options.add_argument("--cases", type=int, default=3000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--record", action="store_true")
    return options.parse_args()


def enter(script: str, home: str, packages: list[str]) -> None:
    """Starts `script` again, with --inside before its arguments, where the packages are installed.

    Ends with 77, which Meson takes for a skipped test, where they cannot be had: without pip or a network.
    """
    place = ROOT / ".cache" / home
    python = place / "bin/python"
    if not (place / "ready").exists():
        try:
            venv.create(place, with_pip=True, clear=True)
            subprocess.run([python, "-m", "pip", "install", "-q", *packages], check=True)
        except (subprocess.CalledProcessError, OSError, SystemExit) as fault:  # Debian's venv exits where it lacks pip.
            print(f"skipped: {packages[0]} cannot be installed here ({fault}).")
            sys.exit(SKIPPED)
        (place / "ready").touch()
    sys.exit(subprocess.run([python, script, "--inside", *sys.argv[1:]]).returncode)

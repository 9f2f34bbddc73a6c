#!/usr/bin/env python3
"""What `meson install` puts down is enough to embed the engine: the example compiles with nothing but pkg-config's flags, and runs.

    installed_test.py BUILD EXAMPLE   # BUILD: the build folder; installs into a temporary folder
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODEL = ROOT / "examples/demo-model/model"
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]


def said(command: list, **more) -> str:
    done = subprocess.run(command, capture_output=True, text=True, **more)
    if done.returncode != 0:
        raise AssertionError(f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.root = pathlib.Path(cls.temporary.name)
        said(["meson", "install", "-C", BUILD, "--no-rebuild", "--destdir", str(cls.root)], env=os.environ | {"DESTDIR": str(cls.root)})
        cls.pc = next(cls.root.rglob("octavo.pc"))
        cls.environment = os.environ | {
            "PKG_CONFIG_PATH": str(cls.pc.parent), "PKG_CONFIG_SYSROOT_DIR": str(cls.root), "LD_LIBRARY_PATH": str(cls.pc.parent.parent)}

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def compile(self, source: pathlib.Path, program: pathlib.Path):
        flags = said(["pkg-config", "--cflags", "--libs", "octavo"], env=self.environment).split()
        said(["g++", "-std=c++20", *WARNINGS, str(source), *flags, "-o", str(program)], cwd=self.root)

    def test_the_example_compiles_and_tells_its_stories(self):
        program = self.root / "embedded"
        self.compile(EXAMPLE, program)
        output = said([str(program), str(MODEL)], env=self.environment)
        self.assertRegex(output, r"^LlamaForCausalLM on .+, \d+ tokens in \"Once upon a time\"\n> Tell me a story about a fox named Pip\.\n")
        self.assertRegex(output, r"Pip[^>]*\n\(\d+ tokens read, \d+ written\)\n")
        self.assertRegex(output, r"\na fox: .+\nan owl: .*owl.*\na mouse: .*mouse.*\n")
        self.assertRegex(output, r"\nrefused: the prompt has \d+ tokens and the context length is \d+: shorten the prompt\n$")

    def test_the_program_of_readme_tells_two_stories(self):
        program = re.search(r"^```cpp\n(.*?)^```$", (ROOT / "README.md").read_text(encoding="utf-8"), re.M | re.S).group(1)
        source = self.root / "stories.cpp"
        source.write_text(program.replace("/path/to/model", str(MODEL)), encoding="utf-8")
        self.compile(source, self.root / "stories")
        output = said([str(self.root / "stories")], env=self.environment)
        self.assertRegex(output, r"(?s)fox.*owl")

    def test_the_example_says_what_is_wrong_with_a_model(self):
        program = self.root / "embedded"
        self.compile(EXAMPLE, program)
        done = subprocess.run([str(program), "/nowhere"], env=self.environment, capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("`/nowhere` is not a directory", done.stderr)

    def test_the_header_needs_the_standard_library_alone(self):
        headers = list((self.root).rglob("*.hpp"))
        self.assertEqual([header.name for header in headers], ["octavo.hpp"])
        included = re.findall(r'#\s*include\s*(\S+)', headers[0].read_text(encoding="utf-8"))
        self.assertTrue(included)
        self.assertEqual([name for name in included if not re.fullmatch(r"<[a-z_]+>", name)], [])

    def test_the_library_exports_its_interface_alone(self):
        library = next(self.root.rglob("liboctavo.so"))
        names = said(["nm", "--dynamic", "--defined-only", "--demangle", "--format=posix", str(library)]).splitlines()
        own = [name for name in names if name.startswith("octavo::")]
        self.assertIn("octavo::Engine::step() T", " ".join(own))
        allowed = r"octavo::Engine(Error)?::|(typeinfo|typeinfo name|vtable) for octavo::EngineError "
        self.assertEqual([name for name in names if not re.match(allowed, name)], [])

    def test_a_prefix_of_ones_own_is_found_when_the_program_runs(self):
        said(["pkg-config", "--exists", "octavo"], env=self.environment)
        text = self.pc.read_text(encoding="utf-8")
        prefix = re.search(r"^prefix=(.*)$", text, re.M).group(1)
        self.assertEqual("-rpath" in text, prefix not in ("/usr", "/usr/local"))


if __name__ == "__main__":
    BUILD, EXAMPLE = sys.argv.pop(1), pathlib.Path(sys.argv.pop(1))
    unittest.main(verbosity=2)

"""Writes what Jinja itself makes of the templates of judged.jsonl, set up as `transformers` sets it up.

    judge.py            # compares; ends with 1 where a line says something else
    judge.py --record   # writes the lines anew

Jinja comes into .cache/jinja-judge; without pip, or without a network, nothing is judged.
"""
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/support"))
from judge_home import enter  # noqa: E402

CASES = ROOT / "tests/text/data/chat-templates/judged.jsonl"
PACKAGES = ["jinja2==3.1.6", "markupsafe==3.0.3"]


def make_environment():
    from jinja2 import TemplateError, nodes
    from jinja2.ext import Extension, loopcontrols
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Generation(Extension):
        tags = {"generation"}

        def parse(self, parser):
            line = next(parser.stream).lineno
            body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
            return nodes.CallBlock(self.call_method("run"), [], [], body).set_lineno(line)

        def run(self, caller):
            return caller()

    def tojson(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    def raise_exception(message):
        raise TemplateError(message)

    def strftime_now(form):
        import datetime
        return datetime.datetime(2024, 7, 26, 12).strftime(form)

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols])
    environment.filters["tojson"] = tojson
    environment.globals.update(raise_exception=raise_exception, strftime_now=strftime_now)
    return environment


def judge(environment, source):
    case = {"template": source}
    try:
        template = environment.from_string(source)
    except Exception:
        return case | {"refuses": "to load"}
    try:
        return case | {"writes": template.render()}
    except Exception:
        return case | {"refuses": "to render"}


def main():
    lines = CASES.read_text(encoding="utf-8").rstrip("\n").split("\n")
    environment = make_environment()
    judged = [json.dumps(judge(environment, json.loads(line)["template"]), ensure_ascii=False) for line in lines]
    if "--record" in sys.argv:
        CASES.write_text("".join(line + "\n" for line in judged), encoding="utf-8")
    different = [(old, new) for old, new in zip(lines, judged) if old != new]
    for old, new in different:
        print(f"recorded {old}\n   judged {new}")
    print(f"{len(different)} of {len(lines)} templates are judged otherwise")
    return 1 if different and "--record" not in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main() if "--inside" in sys.argv else enter(__file__, "jinja-judge", PACKAGES))

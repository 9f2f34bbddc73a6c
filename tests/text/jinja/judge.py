"""Compares what Octavo makes of templates with what Jinja itself makes of them, set up as `transformers` sets it up.

    judge.py ANSWERS [--cases 3000] [--seed 1]   # ANSWERS: the program jinja_answers; ends with 1 where something differs
    judge.py ANSWERS --cases 100000              # by hand, some minutes
    judge.py ANSWERS --record                    # asks Jinja anew about the lines of judged.jsonl, which is compared where there is no pip

Jinja comes into .cache/jinja-judge; without pip, or without a network, nothing is judged.
"""
import json
import pathlib
import subprocess
import sys
import warnings

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/support"))
from judge_home import enter, read_options  # noqa: E402
from judge_cases import NOT_JUDGED, UNKNOWN, Draw  # noqa: E402

CASES = ROOT / "tests/text/data/chat-templates/judged.jsonl"
PACKAGES = ["jinja2==3.1.6", "markupsafe==3.0.3"]
BATCH = 5000


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


def judge(environment, case):
    try:
        template = environment.from_string(case["template"])
    except Exception as fault:
        return {"refuses": "to load", "why": str(fault)}
    try:
        return {"writes": template.render(**case.get("context", {}))}
    except Exception as fault:
        return {"refuses": "to render", "why": str(fault)}


def answers(program, cases):
    lines = "".join(json.dumps({"context": {}} | case) + "\n" for case in cases)
    done = subprocess.run([program], input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.rstrip("\n").split("\n")]


def agree(jinja, octavo):
    """What Jinja finds out while it renders may be found sooner, never later."""
    if "writes" in jinja:
        return jinja == octavo
    return "refuses" in octavo and (octavo["refuses"] == jinja["refuses"] or octavo["refuses"] == "to load")


def is_judged(jinja, octavo):
    if octavo.get("refuses") == "to load" and UNKNOWN.search(octavo["why"]):
        return False
    if "unhashable" in jinja.get("why", "") and jinja["refuses"] == "to load":
        return False
    if "writes" in jinja:
        return not NOT_JUDGED.search(jinja["writes"]) and "128 bits" not in octavo.get("why", "")
    return True


def compare(program, environment, cases):
    """How many differ, and how many are not judged."""
    different = left_out = 0
    for case, octavo in zip(cases, answers(program, cases)):
        jinja = judge(environment, case)
        if agree(jinja, octavo):
            continue
        if not is_judged(jinja, octavo):
            left_out += 1
            continue
        different += 1
        print(f"{json.dumps(case, ensure_ascii=False)}\n   Jinja  {json.dumps(jinja, ensure_ascii=False)[:600]}\n   Octavo {json.dumps(octavo, ensure_ascii=False)[:600]}")
    return different, left_out


def recorded_line(environment, line):
    case = {name: part for name, part in json.loads(line).items() if name in ("template", "context")}
    answer = judge(environment, case)
    answer.pop("why", None)
    return json.dumps(case | answer, ensure_ascii=False)


def main():
    options = read_options()
    warnings.simplefilter("ignore")  # Python warns of what templates spell.
    environment = make_environment()
    lines = CASES.read_text(encoding="utf-8").rstrip("\n").split("\n")
    judged = [recorded_line(environment, line) for line in lines]
    if options.record:
        CASES.write_text("".join(line + "\n" for line in judged), encoding="utf-8")
    changed = [(old, new) for old, new in zip(lines, judged) if old != new]
    for old, new in changed:
        print(f"recorded {old}\n   judged {new}")
    draw = Draw(options.seed)
    different = left_out = 0
    for begin in range(0, options.cases, BATCH):
        cases = [draw.case() for _ in range(min(BATCH, options.cases - begin))]
        more_different, more_left_out = compare(options.answers, environment, cases)
        different, left_out = different + more_different, left_out + more_left_out
    print(f"{options.cases} templates: {different} differ, {left_out} that Octavo answers in its own way; "
          f"{len(changed)} of {len(lines)} recorded ones are judged otherwise")
    return 1 if different or (changed and not options.record) else 0


if __name__ == "__main__":
    sys.exit(main() if "--inside" in sys.argv else enter(__file__, "jinja-judge", PACKAGES))

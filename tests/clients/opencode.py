"""The coding agent opencode against a house that says what a script tells it, by hand: hundreds of megabytes come from npm.

    opencode.py OCTAVO   # prints a line per step; opencode.txt keeps the last output

It speaks chat completions through the AI SDK's provider for servers like OpenAI's. The package comes into .cache/opencode.
"""
import json
import sys

from people import MODEL, ROOT, Relay, Steps, call, empty_folder, interrupted, npm_home, run, scripted

PACKAGE = "opencode-ai@1.18.33"
SHELL = "echo sly-fox-$(echo OUT | tr A-Z a-z) | tee notes.txt"
TASK = "Write the word fox into notes.txt"
STORY = "Once there was a fox.\n"
SCRIPT = [
    {"when": "You are a title generator", "say": "A fox in a file"},
    {"when": "Are you there", "say": "I am back."},
    {"when": "sly-fox-out", "say": "<think>\nIt is done.\n</think>\n\nThe file says sly-fox-out."},
    {"when": TASK, "say": "<think>\nA shell can do it.\n</think>\n\nI write it.\n" + call("bash", command=SHELL, description="Writes it")
        + "\n" + call("write", filePath="{work}/story.txt", content=STORY)},
    {"when": "without end", "say": "on and " * 3000},
    {"when": "", "say": "I do not know."},
]


def config(url: str) -> dict:
    model = {"name": MODEL, "limit": {"context": 30000, "output": 8000}, "tool_call": True, "reasoning": True}
    provider = {"npm": "@ai-sdk/openai-compatible", "name": "Octavo", "options": {"baseURL": url, "apiKey": "none"}, "models": {MODEL: model}}
    return {"provider": {"octavo": provider}, "model": f"octavo/{MODEL}", "small_model": f"octavo/{MODEL}", "enabled_providers": ["octavo"],
            "permission": {"*": "allow"}, "autoupdate": False, "share": "disabled"}


class Opencode:
    def __init__(self, home):
        self.program = npm_home("opencode", [PACKAGE]) / "opencode"
        self.work = empty_folder(home / "work")
        folders = {"HOME": "", "XDG_CONFIG_HOME": "config", "XDG_DATA_HOME": "data", "XDG_STATE_HOME": "state", "XDG_CACHE_HOME": "cache"}
        place = empty_folder(home / "home")
        self.environment = {name: str(place / folder) for name, folder in folders.items()} | {"OPENCODE_DISABLE_MODELS_FETCH": "1"}

    def command(self, *arguments: str) -> list:
        return [self.program, "run", "--format", "json", *arguments]

    def ask(self, *arguments: str) -> dict:
        """What opencode said and did, by kind."""
        said = run(self.command(*arguments), self.work, self.environment)
        told = {"text": [], "tool_use": [], "reasoning": [], "step_finish": [], "error": []}
        for line in said.splitlines():
            event = json.loads(line) if line.startswith("{") else {}
            if event.get("type") in told:
                told[event["type"]].append(event.get("part", event))
        told["last"] = told["text"][-1]["text"] if told["text"] else json.dumps(told["error"])[:300] or said[-300:]
        return told


def take_steps(opencode: Opencode, relay: Relay, server, steps: Steps) -> None:
    told = opencode.ask("--thinking", TASK)
    notes, story = opencode.work / "notes.txt", opencode.work / "story.txt"
    done = {each["tool"]: each["state"]["status"] for each in told["tool_use"]}
    steps.check(done == {"bash": "completed", "write": "completed"}, "two calls in one answer were made", str(done))
    steps.check(notes.exists() and notes.read_text() == "sly-fox-out\n", "the command ran in the shell")
    steps.check(story.exists() and story.read_text() == STORY, "the file has what the other call's arguments say")
    steps.check(told["last"] == "The file says sly-fox-out.", "the answer to what the shell said", told["last"])
    thought = [each["text"] for each in told["reasoning"]]
    steps.check(thought == ["A shell can do it.", "It is done."], "what was thought comes apart from what is said", str(thought))
    tokens = [each["tokens"] for each in told["step_finish"]]
    steps.check([each["reason"] for each in told["step_finish"]] == ["tool-calls", "stop"], "why each step ended")
    steps.check(len(tokens) == 2 and all(each["reasoning"] > 0 for each in tokens) and tokens[-1]["cache"]["read"] > 0,
                "tokens are counted", str([{name: each[name] for name in ("input", "output", "reasoning")} | {"cached": each["cache"]["read"]} for each in tokens]))
    told = opencode.ask("--continue", "Are you there?")
    steps.check(told["last"] == "I am back.", "a session is gone on with by another process", told["last"])
    asked = relay.take()
    steps.check(set(asked) == {"POST /v1/chat/completions"}, "asked", str(asked))
    is_idle = interrupted(opencode.command("Speak without end"), opencode.work, opencode.environment, server)
    steps.check(is_idle, "the server is idle again after an interrupt")


def main() -> int:
    steps = Steps(__file__)
    home = ROOT / ".cache/opencode-run"
    opencode = Opencode(home)
    script = json.loads(json.dumps(SCRIPT).replace("{work}", str(opencode.work)))
    server = scripted(sys.argv[1], script, ["--reasoning-parser", "think", "--pace", "5"])
    relay = Relay(server.root)
    (opencode.work / "opencode.json").write_text(json.dumps(config(relay.url)))
    steps.say("opencode " + run([opencode.program, "--version"], opencode.work, opencode.environment).splitlines()[-1])
    take_steps(opencode, relay, server, steps)
    steps.check(server.stop() == 0, "the server ended well")
    steps.say(f"the server's warnings: {'; '.join(server.warnings()) or 'none'}")
    return steps.end()


if __name__ == "__main__":
    sys.exit(main())

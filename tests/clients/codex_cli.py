"""OpenAI's Codex CLI against a house that says what a script tells it, by hand: hundreds of megabytes come from npm.

    codex_cli.py OCTAVO   # prints a line per step; codex_cli.txt keeps the last output

The package comes into .cache/codex-cli.
"""
import json
import re
import sys

from people import MODEL, ROOT, Relay, Steps, call, empty_folder, interrupted, npm_home, run, scripted

PACKAGE = "@openai/codex@0.171.0"
SHELL = "echo sly-fox-$(echo OUT | tr A-Z a-z) | tee notes.txt"
TASK = "Write the word fox into notes.txt"
SCRIPT = [
    {"when": "Are you there", "say": "I am back."},
    {"when": "sly-fox-out", "say": "<think>\nIt is done.\n</think>\n\nThe file says sly-fox-out."},
    {"when": TASK, "say": f"<think>\nA shell can do it.\n</think>\n\nI write it.\n{call('exec_command', cmd=SHELL)}\n{call('exec_command', cmd='echo second')}"},
    {"when": "Which colour", "say": '{"colour": "red"}'},
    {"when": "without end", "say": "on and " * 3000},
    {"when": "", "say": "I do not know."},
]
# What the server has no tools for is switched off: a search of the web, and agents under the agent, which come as a namespace.
CONFIG = """
model = "{model}"
model_provider = "octavo"
web_search = "disabled"
[features]
multi_agent = false
[model_providers.octavo]
name = "Octavo"
base_url = "{url}"
wire_api = "responses"
supports_websockets = {socket}
request_max_retries = 0
stream_max_retries = 0
"""
# By each of these Codex sends tools that the server refuses; the last cannot be had otherwise.
UNTAKEN = [("agents", ["-c", "features.multi_agent=true"]), ("web search", ["-c", 'web_search="live"']),
           ("an MCP server", ["-c", 'mcp_servers.sky.command="python3"', "-c", 'mcp_servers.sky.args=["{sky}"]'])]
SKY = """
import json, sys
tool = {"name": "get_weather", "description": "The weather.", "inputSchema": {"type": "object", "properties": {}}}
for line in sys.stdin:
    asked = json.loads(line)
    if "id" not in asked: continue
    result = {"tools": [tool]} if asked["method"] == "tools/list" else {}
    if asked["method"] == "initialize":
        version = asked["params"]["protocolVersion"]
        result = {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": {"name": "sky", "version": "1"}}
    print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}), flush=True)
"""
SCHEMA = {"type": "object", "properties": {"colour": {"type": "string", "enum": ["red", "blue"]}}, "required": ["colour"], "additionalProperties": False}


class Codex:
    def __init__(self, relay: Relay, home):
        self.relay = relay
        self.program = npm_home("codex-cli", [PACKAGE]) / "codex"
        self.home = empty_folder(home / "home")
        self.work = empty_folder(home / "work")
        self.environment = {"CODEX_HOME": str(self.home)}

    def configure(self, socket: bool) -> None:
        settings = {"model": MODEL, "url": self.relay.url, "socket": str(socket).lower()}
        (self.home / "config.toml").write_text(CONFIG.format(**settings))

    def command(self, *arguments: str) -> list:
        return [self.program, "exec", "--json", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", *arguments]

    def ask(self, *arguments: str) -> dict:
        """What Codex said and did, by kind."""
        said = run(self.command(*arguments), self.work, self.environment)
        told = {"agent_message": [], "command_execution": [], "reasoning": [], "usage": {}, "faults": []}
        for line in said.splitlines():
            event = json.loads(line) if line.startswith("{") else {}
            item = event.get("item", {})
            if event.get("type") == "item.completed" and item["type"] in told:
                told[item["type"]].append(item)
            told["usage"] = event.get("usage", told["usage"])
            if event.get("type") in ("error", "turn.failed"):
                told["faults"].append(line)
        told["last"] = told["agent_message"][-1]["text"] if told["agent_message"] else "; ".join(told["faults"]) or said[-300:]
        return told


def take_steps(codex: Codex, steps: Steps, name: str, first_line: str) -> None:
    notes = codex.work / "notes.txt"
    notes.unlink(missing_ok=True)
    told = codex.ask(TASK)
    ran = [(each["exit_code"], each["aggregated_output"].strip()) for each in told["command_execution"]]
    steps.check(notes.exists() and sorted(ran) == [(0, "second"), (0, "sly-fox-out")], f"{name}: two calls in one answer ran in the shell", str(ran))
    steps.check(told["last"] == "The file says sly-fox-out.", f"{name}: the answer to what the shell said", told["last"])
    usage = told["usage"]
    steps.check(usage.get("reasoning_output_tokens", 0) > 0, f"{name}: what was thought is counted",
                f"{usage.get('input_tokens')} tokens read, {usage.get('cached_input_tokens')} of them cached, {usage.get('output_tokens')} written")
    told = codex.ask("resume", "--last", "Are you there?")
    steps.check(told["last"] == "I am back.", f"{name}: a session is gone on with by another process", told["last"])
    asked = codex.relay.take()
    steps.check(bool(asked) and all(line == first_line for line in asked), f"{name}: asked", str(asked))
    schema = codex.work / "schema.json"
    schema.write_text(json.dumps(SCHEMA))
    told = codex.ask("--output-schema", str(schema), "Which colour?")
    steps.check(told["last"] == '{"colour": "red"}', f"{name}: an answer after a schema", told["last"])
    is_idle = interrupted(codex.command("Speak without end"), codex.work, codex.environment, codex.server)
    steps.check(is_idle, f"{name}: the server is idle again after an interrupt")
    codex.relay.take()


def say_limits(codex: Codex, steps: Steps) -> None:
    sky = codex.work / "sky.py"
    sky.write_text(SKY)
    for name, settings in UNTAKEN:
        told = codex.ask(*(each.replace("{sky}", str(sky)) for each in settings), "Hello")
        found = re.search(r"tools\[\d+\]: [^\"\\]+", "".join(told["faults"]))
        steps.say(f"limit  with {name}: {found.group(0) if found else told['last']}")


def main() -> int:
    steps = Steps(__file__)
    server = scripted(sys.argv[1], SCRIPT, ["--reasoning-parser", "think", "--pace", "5"])
    codex = Codex(Relay(server.root), ROOT / ".cache/codex-cli-run")
    codex.server = server
    steps.say(run([codex.program, "--version"], codex.work, codex.environment).splitlines()[-1])
    for socket, name, first_line in ((True, "WebSocket", "GET /v1/responses (WebSocket)"), (False, "HTTP", "POST /v1/responses")):
        codex.configure(socket)
        take_steps(codex, steps, name, first_line)
    say_limits(codex, steps)
    steps.check(server.stop() == 0, "the server ended well")
    steps.say(f"the server's warnings: {'; '.join(server.warnings()) or 'none'}")
    return steps.end()


if __name__ == "__main__":
    sys.exit(main())

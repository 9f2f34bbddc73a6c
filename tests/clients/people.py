"""What the clients that people use share here: a folder with their packages, a house that says what a script tells it, and a
relay that notes what was asked.

Each client's program is run by hand, prints a line per step, and keeps its last lines beside it.
"""
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODEL = "octavo-demo"
HAS_GRAMMAR = (ROOT / ".xgrammar/pins.sha256").exists()


def npm_home(name: str, packages: list[str]) -> pathlib.Path:
    """The folder of the programs of these npm packages, in .cache, fetched when they are first needed."""
    home = ROOT / ".cache" / name
    if not (home / "ready").exists():
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        (home / "package.json").write_text("{}\n")
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", *packages], cwd=home, check=True, capture_output=True)
        (home / "ready").touch()
    return home / "node_modules/.bin"


def empty_folder(path: pathlib.Path) -> pathlib.Path:
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path


def call(name: str, **arguments) -> str:
    """A call as the demo model's template has it."""
    return f"<tool_call>\n{json.dumps({'name': name, 'arguments': arguments})}\n</tool_call>"


class Process:
    """A server that tells where it listens, on a free port, while it is in use."""

    def __init__(self, command: list):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.said: list[str] = []
        self.root = None
        for line in self.process.stdout:
            self.said.append(line.rstrip())
            found = re.match(r"Octavo is serving at (\S+)/$", line)
            if found:
                self.root = found.group(1)
                break
        if self.root is None:
            raise RuntimeError(f"{command[0]} did not start")
        self.url = self.root + "/v1"
        self.reader = threading.Thread(target=lambda: self.said.extend(map(str.rstrip, self.process.stdout)), daemon=True)
        self.reader.start()

    def metric(self, name: str) -> float:
        """The sum of a metric over its labels."""
        with urllib.request.urlopen(self.root + "/metrics") as answer:
            said = answer.read().decode()
        return sum(float(value) for value in re.findall(rf"^octavo:{name}(?:{{.*}})? (\S+)$", said, re.M))

    def becomes_idle(self, seconds: float = 10) -> bool:
        """Whether nothing runs or waits before the time is up."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            if self.metric("num_requests_in_flight") == 0:
                return True
            time.sleep(0.05)
        return False

    def stop(self) -> int:
        self.process.terminate()
        code = self.process.wait(30)
        self.reader.join()
        return code

    def warnings(self) -> list[str]:
        """What the log warned of, each once, without the time."""
        return sorted({line.split("] ", 2)[-1] for line in self.said if "[warning]" in line or "[error]" in line})


def octavo(binary: str) -> Process:
    """`octavo serve` with the demo model."""
    return Process([binary, "serve", "--port", "0", "--seed", "0", "--log-level", "warning", "--kv-cache-memory", "512MiB"])


def scripted(binary: str, script: list[dict], flags: list[str] = ()) -> Process:
    """The house beside this binary over a script: [{when, say}], see tests/e2e/scripted_house.cpp."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(script, file)
        file.flush()
        return Process([pathlib.Path(binary).resolve().parent / "tests/scripted_house", file.name, *flags])


class Relay:
    """Stands before a server and notes the first line of each request; of an upgrade that it is one."""

    def __init__(self, root: str):
        self.upstream = ("127.0.0.1", int(root.rsplit(":", 1)[1]))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.root = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.url = self.root + "/v1"
        self.asked: list[str] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def take(self) -> dict[str, int]:
        """How often each request was made since the last call."""
        asked, self.asked = self.asked, []
        return {line: asked.count(line) for line in sorted(set(asked))}

    def _accept(self) -> None:
        while True:
            client, _ = self.listener.accept()
            server = socket.create_connection(self.upstream)
            threading.Thread(target=self._pass, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self._pass, args=(server, client, False), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, notes: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if notes:
                    self._note(data)
                sink.sendall(data)
        for each in (source, sink):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _note(self, data: bytes) -> None:
        found = re.match(rb"((?:GET|POST|DELETE|OPTIONS) \S+) HTTP/1.1\r\n", data)
        if found:
            is_upgrade = re.search(rb"(?i)\r\nupgrade: *websocket\r\n", data)
            self.asked.append(found.group(1).decode() + (" (WebSocket)" if is_upgrade else ""))


class Steps:
    """One line per step, printed and kept beside the program that took them."""

    def __init__(self, script: str):
        self.kept = pathlib.Path(script).with_suffix(".txt")
        self.lines: list[str] = []
        self.num_failed = 0

    def say(self, line: str) -> None:
        print(line, flush=True)
        self.lines.append(line)

    def check(self, is_good: bool, what: str, detail: str = "") -> None:
        self.num_failed += not is_good
        self.say(f"{'ok    ' if is_good else 'FAILED'} {what}" + (f" ({detail})" if detail else ""))

    def end(self) -> int:
        self.say(f"{self.num_failed} steps failed")
        self.kept.write_text("\n".join(self.lines) + "\n")
        return 1 if self.num_failed else 0


def surroundings(folder: pathlib.Path, environment: dict) -> dict:
    """Some programs believe PWD rather than ask where they are."""
    return {"cwd": folder, "env": os.environ | {"PWD": str(folder)} | environment, "stdin": subprocess.DEVNULL}


def run(command: list, folder: pathlib.Path, environment: dict, seconds: float = 120) -> str:
    """What a program said on both channels."""
    return subprocess.run(command, **surroundings(folder, environment), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=seconds).stdout


def interrupted(command: list, folder: pathlib.Path, environment: dict, server: Process) -> bool:
    """Whether a server that is busy with a program's question is idle soon after the program was interrupted."""
    child = subprocess.Popen(command, **surroundings(folder, environment), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                             start_new_session=True)
    ends, num_busy = time.monotonic() + 60, 0
    while num_busy < 10 and time.monotonic() < ends:  # A second long: longer than a title takes.
        num_busy = num_busy + 1 if server.metric("num_requests_in_flight") > 0 else 0
        time.sleep(0.1)
    was_busy = server.metric("num_requests_in_flight") > 0
    os.killpg(child.pid, signal.SIGINT)
    is_idle = was_busy and server.becomes_idle()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGTERM)
    child.wait(30)
    return is_idle

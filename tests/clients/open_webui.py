"""Open WebUI in a browser, before a house that says what a script tells it, by hand: seven gigabytes are installed.

    open_webui.py OCTAVO   # prints a line per step; open_webui.txt keeps the last output

The packages come into .cache/open-webui (Python 3.11 or 3.12); the browser is the system's Chromium.
"""
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request

from people import ROOT, Process, Relay, Steps, call, empty_folder, scripted

sys.path.insert(0, str(ROOT / "tests/support"))
from judge_home import enter  # noqa: E402

VERSION = "0.12.4"
PACKAGES = [f"open-webui=={VERSION}", "playwright==1.65.2"]
STORY = "Once there was a fox named Pip."
# A title, tags and what might be asked next are asked for in prompts that say what JSON they want.
SCRIPT = [
    {"when": "concise title", "say": '{"title": "A fox"}'},
    {"when": "### Task", "say": "{}"},
    {"when": "<tool_response>", "say": "It is late."},
    {"when": "What time", "say": call("get_current_timestamp")},
    {"when": "Tell me a story", "say": f"<think>\nA fox it is.\n</think>\n\n{STORY}"},
    {"when": "without end", "say": "on and " * 400},
]
PATIENCE_MS = 60_000


def start(url: str, folder, log) -> tuple[subprocess.Popen, str]:
    """Open WebUI without accounts, on a free port, that knows one server of models."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    settings = {"DATA_DIR": str(folder), "WEBUI_AUTH": "False", "WEBUI_SECRET_KEY": "none", "OPENAI_API_BASE_URL": url, "OPENAI_API_KEY": "none",
                "ENABLE_OLLAMA_API": "False", "OFFLINE_MODE": "True", "HF_HUB_OFFLINE": "1", "RAG_EMBEDDING_ENGINE": "openai"}
    program = os.path.join(os.path.dirname(sys.executable), "open-webui")
    child = subprocess.Popen([program, "serve", "--host", "127.0.0.1", "--port", str(port)], cwd=folder, env=os.environ | settings,
                             stdout=log, stderr=subprocess.STDOUT)
    root = f"http://127.0.0.1:{port}"
    ends = time.monotonic() + 180
    while time.monotonic() < ends and child.poll() is None:
        try:
            with urllib.request.urlopen(root + "/health", timeout=5):
                return child, root
        except OSError:
            time.sleep(0.5)
    raise RuntimeError(f"Open WebUI did not start: see {log.name}")


class Chat:
    """The page of a chat."""

    def __init__(self, page):
        self.page = page
        self.answers = page.locator(".chat-assistant")

    def ask(self, text: str) -> None:
        self.page.locator("#chat-input").click()
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")

    def last(self) -> str:
        return self.answers.last.inner_text() if self.answers.count() else ""

    def comes_to_say(self, text: str) -> bool:
        """Whether the last answer has this before the time is up."""
        ends = time.monotonic() + PATIENCE_MS / 1000
        while time.monotonic() < ends:
            if text in self.last():
                return True
            self.page.wait_for_timeout(50)
        return False

    def lengths(self, text: str) -> list[int]:
        """How long the last answer was each time it had grown, until it has this."""
        seen, ends = [0], time.monotonic() + PATIENCE_MS / 1000
        while time.monotonic() < ends and text not in self.last():
            length = len(self.last())
            if length > seen[-1]:
                seen.append(length)
            self.page.wait_for_timeout(20)
        return seen[1:]


def open_page(browser, root: str) -> Chat:
    page = browser.new_context(viewport={"width": 1200, "height": 800}).new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(root)
    page.locator("#chat-input").wait_for()
    news = page.get_by_role("button", name=re.compile("Okay, Let"))
    try:
        news.click(timeout=10_000)
    except Exception:  # Only the first visit is told what is new.
        pass
    return Chat(page)


def take_steps(chat: Chat, relay: Relay, server: Process, steps: Steps) -> None:
    model = chat.page.locator("#model-selector-model-button")
    model.click()
    listed = chat.page.get_by_role("option").all_inner_texts() or [model.inner_text()]
    chat.page.keyboard.press("Escape")
    steps.check(any("octavo-demo" in each for each in listed), "the model is listed", ", ".join(each.split("\n")[0] for each in listed))
    chat.ask("Speak without end")
    lengths = chat.lengths("on and " * 20)
    steps.check(len(lengths) >= 5, "an answer is streamed", f"it grew {len(lengths)} times")
    chat.page.get_by_role("button", name="Stop").click()
    steps.check(server.becomes_idle(5), "the server is idle after Stop")
    said = chat.last()
    chat.page.wait_for_timeout(1000)
    steps.check(said == chat.last() and "on and" in said, "what was said until then stays", f"{said.count('on and')} times")
    chat.ask("Tell me a story")
    is_told = chat.comes_to_say(STORY)
    steps.check(is_told and "Thought" in chat.last(), "what was thought comes apart from what is said", chat.last()[-100:].replace("\n", " "))
    chat.ask("What time is it?")
    is_told = chat.comes_to_say("It is late.")
    steps.check(is_told, "a tool of its own is called, and its result answered", chat.last()[-100:].replace("\n", " "))
    server.becomes_idle()
    title = chat.page.title()
    steps.check("A fox" in title, "the title that it asked for", title)
    asked = relay.take()
    steps.check({"GET /v1/models", "POST /v1/chat/completions"} == set(asked), "asked", str(asked))


def main() -> int:
    if "--inside" not in sys.argv:
        enter(__file__, "open-webui", PACKAGES)
    from playwright.sync_api import sync_playwright

    steps = Steps(__file__)
    server = scripted(sys.argv[-1], SCRIPT, ["--reasoning-parser", "think", "--pace", "20"])
    relay = Relay(server.root)
    folder = empty_folder(ROOT / ".cache/open-webui-run")
    with open(folder / "log.txt", "w") as log, sync_playwright() as playwright:
        webui, root = start(relay.url, folder, log)
        steps.say(f"Open WebUI {VERSION}")
        browser = playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox", "--disable-gpu"])
        chat = open_page(browser, root)
        try:
            take_steps(chat, relay, server, steps)
        finally:
            chat.page.screenshot(path=folder / "last.png")
            browser.close()
            webui.terminate()
            webui.wait(30)
    steps.check(server.stop() == 0, "the server ended well")
    steps.say(f"the server's warnings: {'; '.join(server.warnings()) or 'none'}")
    return steps.end()


if __name__ == "__main__":
    sys.exit(main())

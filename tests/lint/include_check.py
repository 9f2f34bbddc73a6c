#!/usr/bin/env python3
"""Holds the includes to the rooms: who may include whom, as the table in ARCHITECTURE.md says."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
ALLOWED = {
    "src/core": set(),
    "kernels": set(),
    "src/cache": {"src/core"},
    "src/scheduler": {"src/core"},
    "src/engine": {"src/core", "src/cache", "src/scheduler"},
    "src/recording": {"src/core", "src/cache", "src/scheduler", "src/engine"},
    "src/replay": {"src/core", "src/cache", "src/scheduler", "src/engine", "src/recording", "src/web"},
    "src/text": {"src/core"},
    "src/grammar": {"src/core", "src/text"},
    "src/model": {"src/core", "kernels"},
    "src/runtime": {"src/core", "src/engine", "src/model", "kernels"},
    "src/output": {"src/core"},
    "src/response": {"src/core", "src/text", "src/grammar", "src/output"},
    "src/archive": {"src/core", "src/response"},
    "src/library": {"src/core", "src/cache", "src/scheduler", "src/engine", "src/text", "src/grammar", "src/output", "src/model", "src/runtime",
                    "src/response", "kernels"},
    "src/access": {"src/core"},
    "src/web": set(),
    "protocol": {"src/core", "src/output", "src/response", "src/access"},
    "actors": {"src/core", "src/cache", "src/scheduler", "src/engine", "src/text", "src/output", "src/runtime", "src/response", "src/archive", "src/access", "protocol"},
    "src/app": {"src/core", "src/cache", "src/scheduler", "src/engine", "src/recording", "src/replay", "src/text", "src/grammar", "src/output", "src/model",
                "src/runtime", "src/response", "src/archive", "src/library", "src/access", "src/web", "kernels", "protocol", "actors"},
}
# Libraries that belong to some rooms only.
LIBRARIES = {
    r"boost/(asio|beast)/": {"protocol", "actors", "src/app"},
    r"spdlog/": {"actors", "protocol", "src/app"},
    r"hwy/": {"kernels"},
    r"concurrentqueue/": {"actors"},
    r"xgrammar/|dlpack/": {"src/grammar"},
    r"oniguruma|pcre2|utf8proc": {"src/text"},
    r"prometheus/": {"protocol"},
    r"sqlite3": {"src/archive"},
    r"openssl/": {"src/access"},
    r"zlib": {"src/replay", "src/text"},
    r"CLI/": {"src/app"},
    r"(cuda|cublas|nccl)\w*\.h": {"kernels"},
    r"(thread|mutex|condition_variable|future)>": {"kernels", "actors", "src/app", "src/model", "src/runtime"},
}
FORBIDDEN = {
    "actors": [r"\bdetached\b", r"cancellation_signal", r"awaitable_operators", r"asio/experimental/"],
}
# A rule may have an exception; why stands in the file.
EXCEPTIONS = {("actors/websocket/websocket_connection.hpp", r"cancellation_signal")}
INCLUDE = re.compile(r'#\s*include\s*([<"])([^">]+[">])')


def room_of(path: str) -> str | None:
    return next((room for room in sorted(ALLOWED, key=len, reverse=True) if path.startswith(room + "/")), None)


def faults_in(path: pathlib.Path, room: str) -> list[str]:
    faults = []
    text = path.read_text(encoding="utf-8")
    name = path.relative_to(ROOT).as_posix()
    for number, line in enumerate(text.splitlines(), 1):
        found = INCLUDE.match(line)
        if found:
            target = found.group(2)
            other = room_of(target)
            if other and other != room and other not in ALLOWED[room]:
                faults.append(f"{name}:{number}: {room} may not include {other}")
            for pattern, rooms in LIBRARIES.items():
                if re.match(pattern, target) and room not in rooms:
                    faults.append(f"{name}:{number}: {room} may not include <{target}")
            is_ours = not target.startswith(("hwy/",))
            if found.group(1) == '"' and is_ours and not (ROOT / target[:-1]).exists():
                faults.append(f"{name}:{number}: includes are root-relative: {target[:-1]}")
        for pattern in FORBIDDEN.get(room, []):
            if (name, pattern) not in EXCEPTIONS and re.search(pattern, line.split("//")[0]):
                faults.append(f"{name}:{number}: {pattern} is forbidden in {room}")
    return faults


def main() -> int:
    faults = []
    for room in ALLOWED:
        for path in sorted([*(ROOT / room).rglob("*.[ch]pp"), *(ROOT / room).rglob("*.cu*")]):
            if room_of(path.relative_to(ROOT).as_posix()) == room:
                faults += faults_in(path, room)
    print("\n".join(faults) if faults else "includes: all point the right way")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

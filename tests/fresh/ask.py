#!/usr/bin/env python3
"""Asks a server for its health and for one answer, with nothing but Python's own library, and prints both.

usage: ask.py http://HOST:PORT/
"""
import base64
import json
import os
import socket
import struct
import sys
import urllib.parse
import urllib.request

TIMEOUT_S = 60


def read_exactly(stream, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise SystemExit("the connection closed before the answer ended")
    return data


def text_frame(text: str) -> bytes:
    """One masked frame of RFC 6455 with at most 125 bytes; a mask of zeros leaves the text as it is."""
    data = text.encode()
    assert len(data) <= 125
    return struct.pack("!BB4x", 0x81, 0x80 | len(data)) + data


def read_frame(stream) -> str:
    opcode, size = struct.unpack("!BB", read_exactly(stream, 2))
    if size == 126:
        size, = struct.unpack("!H", read_exactly(stream, 2))
    elif size == 127:
        size, = struct.unpack("!Q", read_exactly(stream, 8))
    data = read_exactly(stream, size)
    if opcode != 0x81:
        raise SystemExit(f"a frame of another kind: {opcode:#x}")
    return data.decode()


def answer(url: urllib.parse.SplitResult, question: str) -> str:
    with socket.create_connection((url.hostname, url.port), timeout=TIMEOUT_S) as connection:
        stream = connection.makefile("rb")
        key = base64.b64encode(os.urandom(16)).decode()
        connection.sendall((f"GET /v1/responses HTTP/1.1\r\nHost: {url.netloc}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n").encode())
        status = stream.readline().decode().strip()
        if " 101 " not in status:
            raise SystemExit(f"no WebSocket: {status}")
        while stream.readline().strip():
            pass
        connection.sendall(text_frame(json.dumps({"type": "response.create", "input": question})))
        text = ""
        while True:
            event = json.loads(read_frame(stream))
            if event["type"] == "response.output_text.delta":
                text += event["delta"]
            if event["type"] == "response.completed":
                return text
            if event["type"] in ("response.incomplete", "response.failed", "error"):
                raise SystemExit(f"no answer: {event}")


def main() -> None:
    url = urllib.parse.urlsplit(sys.argv[1])
    with urllib.request.urlopen(f"{sys.argv[1]}health", timeout=TIMEOUT_S) as health:
        print(health.read().decode().strip())
    text = answer(url, "Tell me a story about a fox named Pip.")
    if "Pip" not in text:
        raise SystemExit(f"not the answer: {text!r}")
    print(text)


if __name__ == "__main__":
    main()

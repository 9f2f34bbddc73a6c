#!/usr/bin/env python3
"""Many raw WebSockets that read nothing after their upgrade, for what no library of clients does.

crowd.py PORT NUMBER MESSAGE [RECEIVE_BYTES] opens NUMBER of them, sends MESSAGE on each and prints `open`. A line `reset` on standard
input resets all at once and prints `reset`; the end of standard input ends it. RECEIVE_BYTES: of each socket's receive buffer.
"""
import socket
import struct
import sys

UPGRADE = (b"GET /v1/responses HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
           b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")


def frame(text):
    payload = text.encode()
    head = bytes([0x81, 0x80 | len(payload)]) if len(payload) < 126 else b"\x81\xfe" + struct.pack(">H", len(payload))
    return head + bytes(4) + payload  # A mask of zeros.


def opened(port, message, receive_bytes):
    client = socket.socket()
    if receive_bytes:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    client.connect(("127.0.0.1", port))
    client.sendall(UPGRADE)
    head = b""
    while b"\r\n\r\n" not in head:
        more = client.recv(1 if receive_bytes else 1024)
        if not more:
            sys.exit(f"no upgrade: {head}")
        head += more
    if not head.startswith(b"HTTP/1.1 101"):
        sys.exit(f"no upgrade: {head}")
    client.sendall(message)
    return client


def main():
    port, number, message = int(sys.argv[1]), int(sys.argv[2]), frame(sys.argv[3])
    receive_bytes = int(sys.argv[4]) if len(sys.argv) > 4 else 0
    clients = [opened(port, message, receive_bytes) for _ in range(number)]
    print("open", flush=True)
    for line in sys.stdin:
        if line.strip() != "reset":
            continue
        for client in clients:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        for client in clients:
            client.close()
        print("reset", flush=True)


main()

"""What an idle connection and a TLS handshake cost a server, seen from one process beside it."""
import base64
import contextlib
import os
import pathlib
import resource
import socket
import ssl
import subprocess
import time

UPGRADE = ("GET /v1/responses HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
           "Sec-WebSocket-Key: {key}\r\n{more}\r\n")


def make_certificate(folder: pathlib.Path, kind: str) -> tuple[pathlib.Path, pathlib.Path]:
    """A certificate for localhost and its key. kind: `ec` (P-256) or `rsa` (2,048 bits)."""
    certificate, key = folder / f"{kind}.pem", folder / f"{kind}.key"
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"] if kind == "ec" else ["-newkey", "rsa:2048"]
    subprocess.run(["openssl", "req", "-x509", *new_key, "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True)
    return certificate, key


def client_context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def resident_bytes(pid: int) -> int:
    return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def open_websocket(port: int, context: ssl.SSLContext | None, more: str = "") -> socket.socket:
    """A WebSocket after its upgrade. Of TLS only the socket is kept: the client's memory is not what is measured."""
    stream = socket.create_connection(("127.0.0.1", port))
    if context is not None:
        stream = context.wrap_socket(stream, server_hostname="localhost")
    key = base64.b64encode(os.urandom(16)).decode()
    stream.sendall(UPGRADE.format(key=key, more=more).encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += stream.recv(4096)
    assert answer.startswith(b"HTTP/1.1 101 "), answer
    return stream if context is None else socket.socket(fileno=stream.detach())


def idle_bytes(pid: int, port: int, count: int, context: ssl.SSLContext | None, more: str = "") -> float:
    """Resident bytes of the server for each of so many idle WebSockets, which are gone at the end."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(count + 1000, limit[1]), limit[1]))
    with contextlib.ExitStack() as held:
        for _ in range(100):
            held.enter_context(open_websocket(port, context, more))
        before = resident_bytes(pid)
        for _ in range(count):
            held.enter_context(open_websocket(port, context, more))
        return (resident_bytes(pid) - before) / count


def processor_seconds(pid: int) -> float:
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def handshakes(pid: int, port: int, count: int) -> tuple[float, float]:
    """Whole handshakes one after the other: those in a second, and the server's processor seconds for each."""
    context = client_context()
    began, used = time.monotonic(), processor_seconds(pid)
    for _ in range(count):
        with socket.create_connection(("127.0.0.1", port)) as stream, context.wrap_socket(stream, server_hostname="localhost"):
            pass
    return count / (time.monotonic() - began), (processor_seconds(pid) - used) / count


def signatures_per_second(kind: str) -> float:
    """What `openssl speed` makes of a key of this kind on one core."""
    name = "ecdsap256" if kind == "ec" else "rsa2048"
    text = subprocess.run(["openssl", "speed", "-seconds", "2", "-mr", name], check=True, capture_output=True, text=True).stdout
    # A line for each kind: +F2 for RSA and +F4 for ECDSA, its place, its bits, signatures and checks in a second.
    line = next(line for line in text.splitlines() if line.startswith("+F4" if kind == "ec" else "+F2"))
    return float(line.split(":")[3])

"""A WebSocket's client in bytes: frames of RFC 6455 written as a case wants them, right or wrong, and read as they come."""

import base64
import hashlib
import os
import socket
import struct

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
GUID = b'258EAFA5-E914-47DA-95CA-C5AB0DC85B11'  # RFC 6455, section 1.3.
MASK = b'\x37\xfa\x21\x3d'


def masked(payload, mask):
    """The payload with the mask over it, as one large number: quick for megabytes, too."""
    size = len(payload)
    pattern = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, 'big') ^ int.from_bytes(pattern, 'big')).to_bytes(size, 'big')


def length_bytes(size, mask_bit=0x80):
    if size < 126:
        return bytes([mask_bit | size])
    if size < 1 << 16:
        return bytes([mask_bit | 126]) + struct.pack('>H', size)
    return bytes([mask_bit | 127]) + struct.pack('>Q', size)


def frame(opcode, payload=b'', fin=True, rsv=0, length=None):
    """length: the bytes after the first, where they are not those of the payload."""
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    head += length_bytes(len(payload)) if length is None else length
    return head + MASK + masked(payload, MASK)


def close(code=1000, reason=b''):
    return frame(CLOSE, struct.pack('>H', code) + reason)


def fragments(payload, size, opcode=TEXT):
    """One message in frames of `size` bytes."""
    parts = [payload[i:i + size] for i in range(0, len(payload), size)] or [b'']
    last = len(parts) - 1
    return [frame(opcode if i == 0 else CONTINUATION, part, fin=i == last) for i, part in enumerate(parts)]


class Closed(Exception):
    """The server has closed the TCP connection."""


class Client:
    """One connection after its upgrade."""

    def __init__(self, port):
        self.socket = socket.create_connection(('127.0.0.1', port), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b''
        self._upgrade(port)

    def _upgrade(self, port):
        key = base64.b64encode(os.urandom(16))
        self.socket.sendall(b'GET / HTTP/1.1\r\nHost: localhost:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
                            b'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n\r\n' % (port, key))
        while b'\r\n\r\n' not in self.buffer:
            self._read_more()
        head, self.buffer = self.buffer.split(b'\r\n\r\n', 1)
        accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
        if not head.startswith(b'HTTP/1.1 101 ') or accept not in head:
            raise Closed('the upgrade was refused')

    def send(self, data, chop=None):
        """chop: so many bytes in each segment. A server that has closed takes nothing more, which is no fault here."""
        try:
            for i in range(0, len(data), chop or len(data) or 1):
                self.socket.sendall(data[i:i + (chop or len(data))])
        except (BrokenPipeError, ConnectionResetError):
            pass

    def _read_more(self):
        try:
            data = self.socket.recv(1 << 18)
        except (ConnectionResetError, BrokenPipeError):
            data = b''
        if not data:
            raise Closed('the server has closed')
        self.buffer += data

    def _take(self, size):
        if len(self.buffer) < size:
            parts, have = [self.buffer], len(self.buffer)
            while have < size:
                self.buffer = b''
                self._read_more()
                parts.append(self.buffer)
                have += len(self.buffer)
            self.buffer = b''.join(parts)
        taken, self.buffer = self.buffer[:size], self.buffer[size:]
        return taken

    def read_frame(self, timeout=10):
        """(opcode, payload). Raises Closed, TimeoutError; ValueError for what no server may send."""
        self.socket.settimeout(timeout)
        first, second = self._take(2)
        size = second & 0x7F
        if first & 0x70 or second & 0x80:
            raise ValueError('the server has set a reserved bit or a mask')
        if size == 126:
            size, = struct.unpack('>H', self._take(2))
        elif size == 127:
            size, = struct.unpack('>Q', self._take(8))
        if not first & 0x80:
            raise ValueError('the server has fragmented a message')
        return first & 0x0F, self._take(size)

    def is_closed(self, timeout=5):
        """Whether the server closes the TCP connection."""
        self.socket.settimeout(timeout)
        try:
            while True:
                self._read_more()
        except Closed:
            return True
        except TimeoutError:
            return False

    def leave(self):
        self.socket.close()

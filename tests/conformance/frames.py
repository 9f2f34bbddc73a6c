"""A WebSocket's client in bytes: frames of RFC 6455 written as a case wants them, right or wrong, and read as they come."""

import base64
import hashlib
import os
import re
import socket
import struct
import zlib

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

    def __init__(self, port, offer=''):
        self.socket = socket.create_connection(('127.0.0.1', port), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b''
        self._upgrade(port, offer)

    def _upgrade(self, port, offer):
        key = base64.b64encode(os.urandom(16))
        self.socket.sendall(b'GET / HTTP/1.1\r\nHost: localhost:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
                            b'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n' % (port, key) +
                            (b'Sec-WebSocket-Extensions: %s\r\n' % offer.encode() if offer else b'') + b'\r\n')
        while b'\r\n\r\n' not in self.buffer:
            self._read_more()
        head, self.buffer = self.buffer.split(b'\r\n\r\n', 1)
        accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
        if not head.startswith(b'HTTP/1.1 101 ') or accept not in head:
            raise Closed('the upgrade was refused')
        found = re.search(rb'Sec-WebSocket-Extensions: (.*)', head)
        self.extension = found.group(1).decode().strip() if found else ''
        self.inflater = None

    def bits(self, name):
        """Of a window that was agreed upon."""
        found = re.search(rf'{name}=(\d+)', self.extension)
        return int(found.group(1)) if found else 15

    def send_compressed(self, payload, size=0):
        """A text that refers to none before it; in fragments of so many bytes, or whole."""
        packer = zlib.compressobj(6, zlib.DEFLATED, -self.bits('client_max_window_bits'))
        packed = (packer.compress(payload) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]
        frames = fragments(packed, size or len(packed))
        self.send(bytes([frames[0][0] | 0x40]) + b''.join(frames)[1:])

    def read_message(self, timeout=10):
        """(opcode, text), whole and inflated."""
        first, payload = self._read_any(timeout)
        opcode, is_packed, is_whole = first & 0x0F, first & 0x40, first & 0x80
        while not is_whole:
            first, more = self._read_any(timeout)
            payload, is_whole = payload + more, first & 0x80
            if first & 0x7F:
                raise ValueError('a later fragment has a kind or a mark')
        if not is_packed:
            return opcode, payload
        if self.inflater is None or 'server_no_context_takeover' in self.extension:
            self.inflater = zlib.decompressobj(-self.bits('server_max_window_bits'))
        return opcode, self.inflater.decompress(payload + b'\x00\x00\xff\xff')

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
        first, payload = self._read_any(timeout)
        if first & 0x70:
            raise ValueError('the server has set a reserved bit')
        if not first & 0x80:
            raise ValueError('the server has fragmented a message')
        return first & 0x0F, payload

    def _read_any(self, timeout):
        """The first byte of a frame, and what it holds."""
        self.socket.settimeout(timeout)
        first, second = self._take(2)
        size = second & 0x7F
        if second & 0x80:
            raise ValueError('the server has set a mask')
        if size == 126:
            size, = struct.unpack('>H', self._take(2))
        elif size == 127:
            size, = struct.unpack('>Q', self._take(8))
        return first, self._take(size)

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

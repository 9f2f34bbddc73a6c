"""The public list of conformance cases by the ids of Autobahn|Testsuite, sections 1 to 7, 9 and 10, written anew from RFC
6455; and a few of our own (`own.`). A case says what a client sends and what the server must answer."""

import struct
from dataclasses import dataclass, field

from frames import BINARY, CLOSE, CONTINUATION, MASK, PING, PONG, TEXT, close, fragments, frame
from utf8_sequences import KOSME, SEQUENCES

PROTOCOL_ERROR, TEXT_ONLY, BAD_UTF8 = 1002, 1003, 1007
KILO, MEGA = 1 << 10, 1 << 20
NUM_ROUND_TRIPS = 100


@dataclass(eq=False)
class Case:
    id: str
    what: str
    sends: list                                    # Segments, one after the other.
    answers: list = field(default_factory=list)    # The frames that must come, in order: (opcode, payload).
    closes: tuple = ()                             # The server's close codes that will do; empty: the client closes.
    lenient: tuple = ()                            # Further codes that RFC 6455 allows, although others fit better.
    chop: int = 0                                  # Bytes in each TCP segment.
    pause: float = 0                               # Seconds between the segments.
    may_be_silent: bool = False                    # The answers may be missing, as the end overtakes them: not strict.
    late: list = field(default_factory=list)       # Sent after a second without a close, which is then not strict.
    offer: str = ''                                # Of an extension. With it and nothing to send, the answers are sent compressed.
    is_declined: bool = False                      # The server must not take the offer.

    @property
    def fails(self):
        return bool(self.closes)


def well(id, what, sends, answers, **more):
    return Case(id, what, sends, answers, **more)


def fault(id, what, sends, code=PROTOCOL_ERROR, answers=(), **more):
    return Case(id, what, sends, list(answers), (code,) if isinstance(code, int) else code, **more)


def text_of(size):
    """UTF-8 of that many bytes, with characters of two bytes at even places."""
    return (b'\xc3\xb6' * (size // 2)) + b'*' * (size % 2)


def echo(id, what, payload, **more):
    return well(id, what, [frame(TEXT, payload)], [(TEXT, payload)], **more)


def refused(id, what, sends, **more):
    """Binary messages are refused: the server speaks JSON in text frames."""
    return fault(id, what, sends, TEXT_ONLY, **more)


def framing():
    for i, size in enumerate((0, 125, 126, 127, 128, 65535, 65536, 65536), 1):
        chop = 997 if i == 8 else 0
        what = f'text of {size} bytes' + (' in segments of 997' if chop else '')
        yield echo(f'1.1.{i}', what, b'*' * size, chop=chop)
        yield refused(f'1.2.{i}', what.replace('text', 'binary'), [frame(BINARY, b'\xfe' * size)], chop=chop)


def pings():
    def answered(id, what, payloads, **more):
        return well(id, what, [b''.join(frame(PING, each) for each in payloads)], [(PONG, each) for each in payloads], **more)

    yield answered('2.1', 'ping without payload', [b''])
    yield answered('2.2', 'ping with text', [b'Hello, world!'])
    yield answered('2.3', 'ping with bytes', [b'\x00\xff\xfe\xfd\xfc\xfb\x00\xff'])
    yield answered('2.4', 'ping of 125 bytes', [b'\xfe' * 125])
    yield fault('2.5', 'ping of 126 bytes', [frame(PING, b'\xfe' * 126)])
    yield answered('2.6', 'ping of 125 bytes, byte by byte', [b'\xfe' * 125], chop=1)
    yield well('2.7', 'unasked pong', [frame(PONG)], [])
    yield well('2.8', 'unasked pong with payload', [frame(PONG, b'unsolicited')], [])
    yield well('2.9', 'unasked pong, then a ping', [frame(PONG, b'unsolicited') + frame(PING, b'ping')], [(PONG, b'ping')])
    ten = [b'payload-%d' % i for i in range(10)]
    yield answered('2.10', 'ten pings at once', ten)
    yield answered('2.11', 'ten pings, byte by byte', ten, chop=1)


def after_text(id, what, bad, chop=0, at_once=True):
    """A text that is answered, then what the connection fails for, then a ping that is not answered."""
    hello = b'Hello, world!'
    parts = [frame(TEXT, hello), bad, frame(PING)]
    return fault(id, what, [b''.join(parts)] if at_once else parts, answers=[(TEXT, hello)], may_be_silent=True, chop=chop)


def reserved_bits():
    hello = b'Hello, world!'
    yield fault('3.1', 'text with RSV 1', [frame(TEXT, hello, rsv=1)])
    yield after_text('3.2', 'text, then text with RSV 2, then ping', frame(TEXT, hello, rsv=2))
    yield after_text('3.3', 'the same with RSV 3, frame by frame', frame(TEXT, hello, rsv=3), at_once=False)
    yield after_text('3.4', 'the same with RSV 4, byte by byte', frame(TEXT, hello, rsv=4), chop=1)
    yield fault('3.5', 'binary with RSV 5', [frame(BINARY, b'\x00\xff' * 4, rsv=5)])
    yield fault('3.6', 'ping with RSV 6', [frame(PING, hello, rsv=6)])
    yield fault('3.7', 'close with RSV 7', [frame(CLOSE, b'\x03\xe8', rsv=7)])


def opcodes():
    for group, first in ((1, 3), (2, 11)):
        yield fault(f'4.{group}.1', f'opcode {first}', [frame(first)])
        yield fault(f'4.{group}.2', f'opcode {first + 1} with payload', [frame(first + 1, b'reserved opcode payload')])
        yield after_text(f'4.{group}.3', f'text, then opcode {first + 2}, then ping', frame(first + 2), at_once=False)
        yield after_text(f'4.{group}.4', f'the same with opcode {first + 3} and payload', frame(first + 3, b'payload'),
                         at_once=False)
        yield after_text(f'4.{group}.5', f'the same with opcode {first + 4}, byte by byte', frame(first + 4, b'payload'),
                         chop=1)


def in_three_ways(ids, what, parts, make):
    """At once, frame by frame, byte by byte."""
    yield make(ids[0], what, [b''.join(parts)])
    yield make(ids[1], what + ', frame by frame', parts)
    yield make(ids[2], what + ', byte by byte', [b''.join(parts)], chop=1)


def fragmentation():
    one, two = frame(TEXT, b'fragment1', fin=False), frame(CONTINUATION, b'fragment2')
    whole = [(TEXT, b'fragment1fragment2')]
    yield fault('5.1', 'ping in two fragments', [frame(PING, b'fragment1', fin=False) + two])
    yield fault('5.2', 'pong in two fragments', [frame(PONG, b'fragment1', fin=False) + two])
    yield from in_three_ways(('5.3', '5.4', '5.5'), 'text in two fragments', [one, two],
                             lambda id, what, sends, **more: well(id, what, sends, whole, **more))
    yield from in_three_ways(('5.6', '5.7', '5.8'), 'a ping between two fragments', [one, frame(PING, b'ping'), two],
                             lambda id, what, sends, **more: well(id, what, sends, [(PONG, b'ping')] + whole, **more))
    hello = frame(TEXT, b'Hello, world!')
    last = frame(CONTINUATION, b'non-continuation payload')
    more_to_come = frame(CONTINUATION, b'non-continuation payload', fin=False)
    yield from in_three_ways(('5.9', '5.10', '5.11'), 'a last fragment of nothing, then text', [last, hello], fault)
    yield from in_three_ways(('5.12', '5.13', '5.14'), 'a fragment of nothing, then text', [more_to_come, hello], fault)
    yield fault('5.15', 'a message, then a fragment of nothing, then text', [one + two + more_to_come + hello],
                answers=whole, may_be_silent=True)
    yield fault('5.16', 'twice a fragment of nothing, then a last one', [(frame(CONTINUATION, b'a', fin=False) + one + two) * 2])
    yield fault('5.17', 'twice a last fragment of nothing, then a message', [(last + one + two) * 2])
    yield fault('5.18', 'text in two fragments that both begin a message', [one + frame(TEXT, b'fragment2')])
    parts = [b'fragment%d' % i for i in range(1, 6)]
    sent = fragments(b''.join(parts), 9)
    pauses = [sent[0] + sent[1] + frame(PING, b'ping1'), sent[2] + sent[3] + frame(PING, b'ping2'), sent[4]]
    answers = [(PONG, b'ping1'), (PONG, b'ping2'), (TEXT, b''.join(parts))]
    yield well('5.19', 'five fragments with pings and pauses between', pauses, answers, pause=0.3)
    yield well('5.20', 'the same, each frame by itself', sent[:2] + [frame(PING, b'ping1')] + sent[2:4] +
               [frame(PING, b'ping2'), sent[4]], answers, pause=0.05)


def utf8():
    greeting = 'Hello-µ@ßöäüàá-UTF-8!!'.encode()
    kosme, bad, edited = KOSME, b'\xf4\x90\x80\x80', b'edited'
    yield echo('6.1.1', 'text of no bytes', b'')
    empty = [frame(TEXT, fin=False), frame(CONTINUATION, fin=False), frame(CONTINUATION)]
    yield well('6.1.2', 'three fragments of no bytes', [b''.join(empty)], [(TEXT, b'')])
    middle = frame(CONTINUATION, b'middle frame payload', fin=False)
    yield well('6.1.3', 'text between two empty fragments', [empty[0] + middle + empty[2]], [(TEXT, b'middle frame payload')])
    yield echo('6.2.1', 'valid UTF-8', greeting)
    yield well('6.2.2', 'the same, cut between characters', fragments(greeting, 12), [(TEXT, greeting)])
    yield well('6.2.3', 'the same in fragments of one byte', [b''.join(fragments(greeting, 1))], [(TEXT, greeting)])
    yield well('6.2.4', 'characters of two and three bytes in fragments of one', [b''.join(fragments(kosme, 1))], [(TEXT, kosme)])
    broken = kosme + b'\xed\xa0\x80' + edited
    yield fault('6.3.1', 'a surrogate', [frame(TEXT, broken)], BAD_UTF8)
    yield fault('6.3.2', 'the same in fragments of one byte', [b''.join(fragments(broken, 1))], BAD_UTF8)
    begin = frame(TEXT, kosme, fin=False)
    yield fault('6.4.1', 'fails at the fragment that breaks a text', [begin, frame(CONTINUATION, bad, fin=False)], BAD_UTF8,
                late=[frame(CONTINUATION, edited)], pause=0.1)
    yield fault('6.4.2', 'the same within a character', [frame(TEXT, kosme + b'\xf4', fin=False), frame(CONTINUATION, b'\x90', fin=False)],
                BAD_UTF8, late=[frame(CONTINUATION, b'\x80\x80' + edited)], pause=0.1)
    whole = frame(TEXT, kosme + bad + edited)
    at = len(whole) - len(edited)
    yield fault('6.4.3', 'fails at the bytes of a frame that break a text', [whole[:at - 4], whole[at - 4:at]], BAD_UTF8,
                late=[whole[at:]], pause=0.1)
    yield fault('6.4.4', 'the same within a character', [whole[:at - 3], whole[at - 3:at - 2]], BAD_UTF8, late=[whole[at - 2:]], pause=0.1)
    for group, (what, sequences) in enumerate(SEQUENCES, 5):
        for i, (payload, is_valid) in enumerate(sequences, 1):
            make = echo if is_valid else (lambda id, what, payload: fault(id, what, [frame(TEXT, payload)], BAD_UTF8))
            yield make(f'6.{group}.{i}', what, payload)


def closing():
    hello, large = b'Hello World!', text_of(256 * KILO)
    yield Case('7.1.1', 'a message, then close', [frame(TEXT, hello) + close()], [(TEXT, hello)], (1000,), may_be_silent=True)
    yield Case('7.1.2', 'close twice', [close() + close()], [], (1000,))
    yield Case('7.1.3', 'a ping after close', [close() + frame(PING)], [], (1000,))
    yield Case('7.1.4', 'text after close', [close() + frame(TEXT, hello)], [], (1000,))
    yield Case('7.1.5', 'close between two fragments', [frame(TEXT, b'fragment1', fin=False) + close() + frame(CONTINUATION, b'2')],
               [], (1000,))
    yield Case('7.1.6', 'a message of 256 KiB, then close and ping', [frame(TEXT, large) + close() + frame(PING)],
               [(TEXT, large)], (1000,), may_be_silent=True)
    yield Case('7.3.1', 'close without a code', [frame(CLOSE)], [], (1000, None))
    yield fault('7.3.2', 'close with one byte', [frame(CLOSE, b'a')])
    yield Case('7.3.3', 'close with a code', [close()], [], (1000,))
    yield Case('7.3.4', 'close with a code and a reason', [close(1000, b'Hello World!')], [], (1000,))
    yield Case('7.3.5', 'close with a reason of 123 bytes', [close(1000, b'*' * 123)], [], (1000,))
    yield fault('7.3.6', 'close with a reason of 124 bytes', [close(1000, b'*' * 124)])
    yield fault('7.5.1', 'close with a reason that is no UTF-8', [close(1000, KOSME + b'\xf4\x90\x80\x80edited')], BAD_UTF8,
                lenient=(PROTOCOL_ERROR,))
    for i, code in enumerate((1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999), 1):
        yield Case(f'7.7.{i}', 'close with a code that may be sent is echoed', [close(code)], [], (code,))
    for i, code in enumerate((0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999), 1):
        yield fault(f'7.9.{i}', 'close with a code that may not be sent', [close(code)])
    for i, code in enumerate((5000, 65535), 1):
        yield fault(f'7.13.{i}', 'close with a code beyond all ranges (for information)', [close(code)], (PROTOCOL_ERROR, code, 1000))


def limits():
    for group, make, opcode in ((1, echo, TEXT), (2, None, BINARY)):
        for i, size in enumerate((64 * KILO, 256 * KILO, MEGA, 4 * MEGA, 8 * MEGA, 16 * MEGA), 1):
            name = f'{size // KILO} KiB'
            payload = text_of(size)
            yield (make(f'9.1.{i}', f'text of {name}', payload) if make else
                   refused(f'9.2.{i}', f'binary of {name}', [frame(BINARY, payload)]))
    for i, size in enumerate((64, 256, KILO, 4 * KILO, 16 * KILO, 64 * KILO, 256 * KILO, MEGA, 4 * MEGA), 1):
        payload = text_of(4 * MEGA)
        yield well(f'9.3.{i}', f'text of 4 MiB in fragments of {size} bytes', [b''.join(fragments(payload, size))], [(TEXT, payload)])
        yield refused(f'9.4.{i}', f'binary of 4 MiB in fragments of {size} bytes', [b''.join(fragments(payload, size, BINARY))])
    for i, chop in enumerate((64, 128, 256, 512, KILO, 2 * KILO), 1):
        yield echo(f'9.5.{i}', f'text of 1 MiB in segments of {chop} bytes', text_of(MEGA), chop=chop)
        yield refused(f'9.6.{i}', f'binary of 1 MiB in segments of {chop} bytes', [frame(BINARY, text_of(MEGA))], chop=chop)
    for i, size in enumerate((0, 16, 64, 256, KILO, 4 * KILO), 1):
        payload = text_of(size)
        what = f'{NUM_ROUND_TRIPS} messages of {size} bytes'
        yield well(f'9.7.{i}', f'text, {what}', [frame(TEXT, payload)] * NUM_ROUND_TRIPS, [(TEXT, payload)] * NUM_ROUND_TRIPS)
        yield refused(f'9.8.{i}', f'binary, {what}', [frame(BINARY, payload)] * NUM_ROUND_TRIPS)


def fragmented_by_client():
    payload = text_of(64 * KILO)
    yield well('10.1.1', 'text of 64 KiB in fragments of 1300 bytes', fragments(payload, 1300), [(TEXT, payload)])


def own():
    wide = struct.pack('>Q', 5)
    yield fault('own.1', 'a frame without a mask', [b'\x81\x05Hello'])
    yield fault('own.2', 'a short length in two bytes', [frame(TEXT, b'Hello', length=b'\xfe\x00\x05')])
    yield fault('own.3', 'a short length in eight bytes', [frame(TEXT, b'Hello', length=b'\xff' + wide)])
    huge = {'the highest bit alone': 1 << 63, 'all bits': (1 << 64) - 1, 'all bits but the highest': (1 << 63) - 1}
    for i, (name, length) in enumerate(huge.items(), 4):
        yield fault(f'own.{i}', f'a length with {name}', [b'\x81\xff' + struct.pack('>Q', length) + MASK + b'Hello'],
                    (PROTOCOL_ERROR, 1009))
    yield fault('own.7', 'text of 1 byte above the limit of 64 MiB', [frame(TEXT, b'*' * (64 * MEGA + 1))], 1009)


def all_cases():
    for make in (framing, pings, reserved_bits, opcodes, fragmentation, utf8, closing, limits, fragmented_by_client, own):
        yield from make()

"""Compressed messages (RFC 7692): what sections 12 and 13 of the public list are about, with fewer messages and sizes and
numbers of our own; and faults (`own.2x`)."""

import base64
import json
import random
import zlib

from cases import Case, fault
from frames import CONTINUATION, PING, TEXT, frame

RSV1 = 4
NUM_MESSAGES = 20
SIZES = ((16, 0), (1 << 10, 0), (1 << 13, 256), (1 << 16, 0), (1 << 17, 0), (1 << 17, 1 << 10))
PLAIN = 'permessage-deflate; client_max_window_bits'
OFFERS = (PLAIN,
          PLAIN + '; server_no_context_takeover',
          PLAIN + '; server_max_window_bits=9',
          PLAIN + '; server_max_window_bits=15',
          PLAIN + '; server_no_context_takeover; server_max_window_bits=9',
          'permessage-deflate; client_max_window_bits=9; client_no_context_takeover',
          f'unheard-of; x=1, {PLAIN}; server_max_window_bits=9, permessage-deflate')


def deflated(payload, window=10, before=b''):
    """before: what the payload may refer to."""
    packer = zlib.compressobj(6, zlib.DEFLATED, -window, **({'zdict': before} if before else {}))
    return (packer.compress(payload) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]


def kinds():
    """Texts of 128 KiB and more."""
    draw = random.Random(12)
    words = ['Fuchs', 'läuft', 'über', 'die', 'grüne', 'Wiese', 'und', 'schläft', '🦊', 'night', 'river']
    records = [{'id': i, 'name': draw.choice(words), 'rate': draw.random()} for i in range(4000)]
    return {'JSON': json.dumps(records),
            'prose': ' '.join(draw.choice(words) for _ in range(40_000)),
            'markup': ''.join(f'<li class="w{i % 7}"><a href="/{i}">{draw.choice(words)}</a></li>' for i in range(6000)),
            'base64 of random bytes': base64.b64encode(draw.randbytes(100_000)).decode(),
            'one letter': 'x' * (1 << 17)}


def of_size(text, size):
    """The first bytes of a text, filled up where a character would be cut."""
    return text.encode()[:size].decode(errors='ignore').encode().ljust(size, b'.')


def compressed():
    for i, (kind, text) in enumerate(kinds().items(), 1):
        for j, (size, piece) in enumerate(SIZES, 1):
            what = f'{NUM_MESSAGES} messages of {size} bytes of {kind}, compressed' + (f', in fragments of {piece} bytes' if piece else '')
            yield Case(f'12.{i}.{j}', what, [], [(TEXT, of_size(text, size))] * NUM_MESSAGES, offer=PLAIN, chop=piece)
    prose = kinds()['prose']
    for i, offer in enumerate(OFFERS, 1):
        for j, (size, piece) in enumerate(SIZES, 1):
            what = f'{NUM_MESSAGES} messages of {size} bytes, by the offer `{offer}`' + (f', in fragments of {piece} bytes' if piece else '')
            yield Case(f'13.{i}.{j}', what, [], [(TEXT, of_size(prose, size))] * NUM_MESSAGES, offer=offer, chop=piece)


def broken():
    hello = deflated(b'Hello')
    long = b'Once upon a time there was a fox. '
    bomb = deflated(b'x' * (70 << 20))
    yield fault('own.21', 'a bomb of 70 MiB in 70 kB', [frame(TEXT, bomb, rsv=RSV1)], 1009, offer=PLAIN)
    yield fault('own.22', 'what cannot be inflated', [frame(TEXT, b'\xff' * 64, rsv=RSV1)], 1007, offer=PLAIN)
    yield fault('own.23', 'compressed text that is no UTF-8', [frame(TEXT, deflated(b'\xff\xfe'), rsv=RSV1)], 1007, offer=PLAIN)
    yield fault('own.24', 'a compressed ping', [frame(PING, hello, rsv=RSV1)], offer=PLAIN)
    yield fault('own.25', 'a mark of compression on a later fragment',
                [frame(TEXT, hello[:3], fin=False, rsv=RSV1), frame(CONTINUATION, hello[3:], rsv=RSV1)], offer=PLAIN)
    yield fault('own.26', 'a compressed message that nobody offered', [frame(TEXT, hello, rsv=RSV1)])
    yield Case('own.27', 'a message that refers to the one before, against what was agreed',
               [frame(TEXT, deflated(long), rsv=RSV1), frame(TEXT, deflated(long, before=long), rsv=RSV1)], [(TEXT, long)] * 2, offer=PLAIN)
    for i, wrong in enumerate(('server_max_window_bits=7', 'server_max_window_bits=16', 'server_max_window_bits', 'server_max_window_bits=9x',
                               'server_max_window_bits=9; server_max_window_bits=9', 'client_max_window_bits=99', 'unheard_of',
                               'server_no_context_takeover=1', 'client_no_context_takeover; client_no_context_takeover'), 31):
        yield Case(f'own.{i}', f'an offer that must be declined: `{wrong}`', [frame(TEXT, b'Hello')], [(TEXT, b'Hello')],
                   offer=f'permessage-deflate; {wrong}', is_declined=True)
    yield Case('own.40', 'an offer of windows of 8 bits', [frame(TEXT, b'Hello')], [(TEXT, b'Hello')],
               offer='permessage-deflate; server_max_window_bits=8; client_max_window_bits=8')


def deflate_cases():
    yield from compressed()
    yield from broken()

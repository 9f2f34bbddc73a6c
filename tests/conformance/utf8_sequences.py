"""Section 6.5 to 6.23 of the list: sequences after Markus Kuhn's stress test of UTF-8 decoders, valid (True) and not, one group for
each way to be wrong."""

CONTINUATIONS = bytes(range(0x80, 0xC0))
KOSME = b'\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5'  # "κόσμε", with its second letter in three bytes.


def all_are(is_valid, *payloads):
    return [(payload, is_valid) for payload in payloads]


def is_utf8(payload):
    try:
        payload.decode()
        return True
    except UnicodeDecodeError:
        return False


def lonely(first, last):
    return b''.join(bytes([byte]) + b' ' for byte in range(first, last + 1))


# The last byte of the first and of the last sequence of each length from 2 to 6 is missing.
INCOMPLETE = [b'\xc0', b'\xe0\x80', b'\xf0\x80\x80', b'\xf8\x80\x80\x80', b'\xfc\x80\x80\x80\x80',
              b'\xdf', b'\xef\xbf', b'\xf7\xbf\xbf', b'\xfb\xbf\xbf\xbf', b'\xfd\xbf\xbf\xbf\xbf']

SEQUENCES = [
    ('valid sequences of one to four bytes', all_are(True, b'hello$world', 'hello¢world'.encode(), 'hello€world'.encode(),
                                                     'hello\U00024B62world'.encode(), KOSME)),
    ('a prefix of a valid text', [(KOSME[:i], is_utf8(KOSME[:i])) for i in range(1, len(KOSME) + 1)]),
    ('the first character of each length', all_are(True, b'\x00', b'\xc2\x80', b'\xe0\xa0\x80', b'\xf0\x90\x80\x80')),
    ('the first sequence of five and six bytes', all_are(False, b'\xf8\x88\x80\x80\x80', b'\xfc\x84\x80\x80\x80\x80')),
    ('the last character of each length', all_are(True, b'\x7f', b'\xdf\xbf', b'\xef\xbf\xbf', b'\xf4\x8f\xbf\xbf')),
    ('the last sequence of four to six bytes', all_are(False, b'\xf7\xbf\xbf\xbf', b'\xfb\xbf\xbf\xbf\xbf', b'\xfd\xbf\xbf\xbf\xbf\xbf')),
    ('around the borders of what is valid', all_are(True, b'\xed\x9f\xbf', b'\xee\x80\x80', b'\xef\xbf\xbd', b'\xf4\x8f\xbf\xbf') +
     all_are(False, b'\xf4\x90\x80\x80')),
    ('continuation bytes without a start', all_are(False, b'\x80', b'\xbf', b'\x80\xbf', b'\x80\xbf\x80', b'\x80\xbf\x80\xbf',
                                                   b'\x80\xbf\x80\xbf\x80', b'\x80\xbf\x80\xbf\x80\xbf', CONTINUATIONS)),
    ('starts without continuation', all_are(False, lonely(0xC0, 0xDF), lonely(0xE0, 0xEF), lonely(0xF0, 0xF7), lonely(0xF8, 0xFB),
                                            lonely(0xFC, 0xFD))),
    ('a sequence without its last byte', all_are(False, *INCOMPLETE)),
    ('all of these, end to end', all_are(False, b''.join(INCOMPLETE))),
    ('bytes that are in no UTF-8', all_are(False, b'\xfe', b'\xff', b'\xfe\xfe\xff\xff')),
    ('an overlong slash', all_are(False, b'\xc0\xaf', b'\xe0\x80\xaf', b'\xf0\x80\x80\xaf', b'\xf8\x80\x80\x80\xaf', b'\xfc\x80\x80\x80\x80\xaf')),
    ('the largest overlong sequences', all_are(False, b'\xc1\xbf', b'\xe0\x9f\xbf', b'\xf0\x8f\xbf\xbf', b'\xf8\x87\xbf\xbf\xbf',
                                               b'\xfc\x83\xbf\xbf\xbf\xbf')),
    ('an overlong NUL', all_are(False, b'\xc0\x80', b'\xe0\x80\x80', b'\xf0\x80\x80\x80', b'\xf8\x80\x80\x80\x80', b'\xfc\x80\x80\x80\x80\x80')),
    ('a single surrogate', all_are(False, b'\xed\xa0\x80', b'\xed\xad\xbf', b'\xed\xae\x80', b'\xed\xaf\xbf', b'\xed\xb0\x80',
                                   b'\xed\xbe\x80', b'\xed\xbf\xbf')),
    ('a pair of surrogates', all_are(False, *(high + low for high in (b'\xed\xa0\x80', b'\xed\xad\xbf', b'\xed\xae\x80', b'\xed\xaf\xbf')
                                              for low in (b'\xed\xb0\x80', b'\xed\xbf\xbf')))),
    ('code points that are no characters', all_are(True, *(chr(plane << 16 | low).encode() for plane in range(17)
                                                           for low in (0xFFFE, 0xFFFF)))),
    ('specials', all_are(True, *(chr(code).encode() for code in range(0xFFF9, 0x10000)))),
]

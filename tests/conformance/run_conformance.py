#!/usr/bin/env python3
"""usage: run_conformance.py ECHO_SERVER [--write] [--only ID-PREFIX]

Runs every case of cases.py against the production connection with an echo behind it, several at once, and compares the table of
results with protocol/WEBSOCKET.md; --write writes it there."""

import argparse
import itertools
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cases import all_cases
from deflate import deflate_cases
from frames import CLOSE, Client, Closed, close, frame

TABLE = Path(__file__).resolve().parents[2] / 'protocol' / 'WEBSOCKET.md'
MAX_GROWTH_KIB = 4 << 10  # Of the server, by a frame that promises 2^63 bytes.
PASS, OVERTAKEN, NON_STRICT = 'pass', 'pass, answered if in time', 'pass, not strict'


def code_of(payload):
    return int.from_bytes(payload[:2], 'big') if payload else None


def receive(client, timeout=10):
    """A message; without compression the server sends each in one frame."""
    return client.read_message(timeout) if client.extension else client.read_frame(timeout)


def answer_of(client, timeout=10):
    """The frames until the server closes, and the code that it closes with."""
    frames = []
    while True:
        opcode, payload = receive(client, timeout)
        if opcode == CLOSE:
            return frames, code_of(payload)
        frames.append((opcode, payload))


def send(case, client):
    for i, segment in enumerate(case.sends):
        if case.pause and i > 0:
            time.sleep(case.pause)
        client.send(segment, case.chop)


def told_late(case, client):
    """Sends the rest of a broken message if the server has not failed the connection by then."""
    if not case.late:
        return False
    client.socket.settimeout(1)
    try:
        client._read_more()
        return False
    except TimeoutError:
        for segment in case.late:
            client.send(segment)
        return True


def judge_compressed(case, client):
    """One message after the other, each sent compressed and echoed in whichever way."""
    for message in case.answers:
        client.send_compressed(message[1], case.chop)
        if client.read_message() != message:
            return 'FAIL: another answer'
    client.send(close())
    _, code = answer_of(client)
    return PASS if code == 1000 and client.is_closed() else f'FAIL: closed with {code}'


def judge(case, client):
    if bool(client.extension) != (bool(case.offer) and not case.is_declined):
        return f'FAIL: agreed upon `{client.extension}`'
    if case.offer and not case.sends:
        return judge_compressed(case, client)
    send(case, client)
    is_late = told_late(case, client)
    if case.fails:
        frames, code = answer_of(client)
        client.send(frame(CLOSE, b'' if code is None else code.to_bytes(2, 'big')))
    else:
        frames = [receive(client) for _ in case.answers]
        client.send(close())
        rest, code = answer_of(client)
        frames += rest
    if code not in (case.closes or (1000,)) + case.lenient:
        return f'FAIL: closed with {code}'
    is_silent = case.may_be_silent and not frames
    if frames != case.answers and not is_silent:
        return f'FAIL: answered {[(opcode, payload[:20]) for opcode, payload in frames][:5]}'
    if not client.is_closed():
        return 'FAIL: the TCP connection stays open'
    if case.may_be_silent:  # Whether the answer was in time differs from run to run.
        return OVERTAKEN
    return NON_STRICT if is_late or code in case.lenient else PASS


def verdict(case, port):
    try:
        client = Client(port, case.offer)
    except Exception as error:  # Whatever it is, it is this case's result.
        return f'FAIL: no connection: {error}'
    try:
        return judge(case, client)
    except Closed:
        return 'FAIL: the TCP connection was closed without a close frame'
    except TimeoutError:
        return 'FAIL: no answer in time'
    except ValueError as error:
        return f'FAIL: {error}'
    finally:
        client.leave()


def memory_kib(server):
    status = Path(f'/proc/{server.pid}/status').read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith('VmHWM'))


def section_of(case):
    return case.id.rsplit('.', 1)[0]


def expected(case):
    if not case.fails:
        return 'echo' if case.answers else 'nothing'
    codes = ' or '.join('no code' if code is None else str(code) for code in case.closes)
    return ('echo, then ' if case.answers else '') + f'close {codes}'


def key_of(case):
    number = [int(part) if part.isdigit() else 99 for part in case.id.split('.')]
    return number


def table(results):
    """One line for neighbours that differ in nothing but their ids."""
    lines = ['| case | what the client sends | expected | result |', '|---|---|---|---|']
    ordered = sorted(results.items(), key=lambda item: key_of(item[0]))
    same = lambda item: (section_of(item[0]), item[0].what, expected(item[0]), item[1])
    for (_, what, expectation, result), group in itertools.groupby(ordered, key=same):
        ids = [case.id for case, _ in group]
        name = ids[0] if len(ids) == 1 else f'{ids[0]} to {ids[-1].rsplit(".", 1)[1]}'
        lines.append(f'| {name} | {what} | {expectation} | {result} |')
    return '\n'.join(lines) + '\n'


def counted(results):
    count = lambda wanted: sum(result == wanted for result in results.values())
    counts = [count(PASS), count(OVERTAKEN), count(NON_STRICT)]
    return '{} pass, {} pass whose answer may be overtaken, {} pass without being strict, {} fail'.format(
        *counts, len(results) - sum(counts))


def page(results):
    begin = TABLE.read_text().split('<!-- results -->')[0] if TABLE.exists() else ''
    return f'{begin}<!-- results -->\n\n{len(results)} cases: {counted(results)}.\n\n{table(results)}'


def run(server, port, cases):
    """All cases at once but for those that are told by the server's memory, which run first and alone."""
    alone = [case for case in cases if case.id.startswith('own.') and case.what.startswith('a length with')]
    before = memory_kib(server)
    results = {case: verdict(case, port) for case in alone}
    if alone and memory_kib(server) - before > MAX_GROWTH_KIB:
        results = {case: 'FAIL: memory was taken for what a frame promises' for case in alone}
    others = [case for case in cases if case not in alone]
    with ThreadPoolExecutor(4) as pool:
        results.update(zip(others, pool.map(lambda case: verdict(case, port), others)))
    return results


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('server')
    arguments.add_argument('--write', action='store_true')
    arguments.add_argument('--only', default='')
    options = arguments.parse_args()
    cases = [case for case in (*all_cases(), *deflate_cases()) if case.id.startswith(options.only)]
    with subprocess.Popen([options.server], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        port = int(server.stdout.readline())
        results = run(server, port, cases)
        server.stdin.close()
        has_crashed = server.wait(10) != 0
    failed = {case: result for case, result in results.items() if result.startswith('FAIL')}
    for case, result in failed.items():
        print(f'{case.id} ({case.what}): expected {expected(case)}, {result}')
    print(f'conformance: {counted(results)}')
    if has_crashed:
        sys.exit('the server has crashed')
    if options.write:
        TABLE.write_text(page(results))
    elif not options.only and not failed and page(results) != TABLE.read_text():
        sys.exit(f'{TABLE.name} has other results: run this again with --write, and look at what changed')
    sys.exit(bool(failed))


if __name__ == '__main__':
    main()

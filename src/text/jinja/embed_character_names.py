#!/usr/bin/env python3
"""Writes the names of Unicode's characters, as this Python knows them, into one C++ source, packed by zlib.

usage: embed_character_names.py ALIASES.txt OUTPUT.cpp

A line of the unpacked text is a name, a tab and the character's number in hexadecimal digits, or the first and the last
number of a block of ideographs, whose names end with their numbers. ALIASES.txt holds the further names that Unicode gives,
in the same form; they cannot be had from Python.
"""
import pathlib
import sys
import unicodedata
import zlib

IDEOGRAPH = "CJK UNIFIED IDEOGRAPH-"


def ideograph_ranges() -> list[str]:
    numbers = [number for number in range(0x110000) if unicodedata.name(chr(number), "").startswith(IDEOGRAPH)]
    lines, first = [], numbers[0]
    for number, following in zip(numbers, [*numbers[1:], None]):
        if following != number + 1:
            lines.append(f"{IDEOGRAPH}\t{first:X}-{number:X}")
            first = following
    return lines


def names() -> list[str]:
    named = ((unicodedata.name(chr(number), ""), number) for number in range(0x110000))
    return [f"{name}\t{number:X}" for name, number in named if name and not name.startswith(IDEOGRAPH)]


def main() -> None:
    aliases = pathlib.Path(sys.argv[1]).read_text().splitlines()
    selectors = [f"VS{i + 1}\t{0xFE00 + i if i < 16 else 0xE0100 + i - 16:X}" for i in range(256)]
    text = "\n".join(["", *names(), *ideograph_ranges(), *selectors, *aliases, ""]).encode()
    packed = zlib.compress(text, 9)
    lines = [", ".join(map(str, packed[i:i + 32])) for i in range(0, len(packed), 32)]
    pathlib.Path(sys.argv[2]).write_text("\n".join([
        '#include "src/text/jinja/character_names.hpp"', "", "namespace octavo::jinja {", "namespace {", "",
        "const unsigned char kPacked[] = {", ",\n".join(lines) + "};", "", "}  // namespace", "",
        "PackedNames packed_character_names() {", f"  return {{kPacked, sizeof(kPacked), {len(text)}}};", "}", "",
        "}  // namespace octavo::jinja", ""]))


if __name__ == "__main__":
    main()

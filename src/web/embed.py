#!/usr/bin/env python3
"""Turns a folder of web files into one C++ source that holds them, packed and plain.

usage: embed.py FOLDER OUTPUT.cpp [FUNCTION]

FUNCTION finds a file by its path; it is declared in src/web/assets.hpp.
"""
import gzip
import hashlib
import pathlib
import sys

# Pages are found under these names.
PAGES = {"/index.html": "/", "/dashboard.html": "/dashboard"}

MIME = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}


def literal(data: bytes) -> str:
    lines = [", ".join(str(byte) for byte in data[i:i + 32]) for i in range(0, len(data), 32)]
    return "{" + ",\n".join(lines) + "}"


def write(folder: pathlib.Path, output: pathlib.Path, function: str = "find_asset") -> None:
    arrays, rows = [], []
    for index, path in enumerate(sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix in MIME)):
        body = path.read_bytes()
        packed = gzip.compress(body, 9, mtime=0)
        if len(packed) > 0.95 * len(body):
            packed = b""
        name = "/" + path.relative_to(folder).as_posix()
        name = PAGES.get(name, name)
        etag = '\\"' + hashlib.sha256(body).hexdigest()[:32] + '\\"'
        for kind, data in (("Body", body), ("Gzip", packed)):
            arrays.append(f"const unsigned char k{kind}{index}[] = {literal(data or bytes(1))};")
        view = "std::string_view(reinterpret_cast<const char*>({}), {})".format
        rows.append(f'    Asset{{"{name}", "{MIME[path.suffix]}", "{etag}", {view(f"kBody{index}", len(body))}, '
                    f'{view(f"kGzip{index}", len(packed))}}},')
    output.write_text("\n".join([
        '#include "src/web/assets.hpp"', "", "namespace octavo {", "namespace {", "", *arrays, "",
        "const Asset kAssets[] = {", *rows, "};", "", "}  // namespace", "",
        f"const Asset* {function}(std::string_view path) {{",
        "  for (const Asset& asset : kAssets) {", "    if (asset.path == path) return &asset;", "  }",
        "  return nullptr;", "}", "", "}  // namespace octavo", ""]))


if __name__ == "__main__":
    write(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), *sys.argv[3:])

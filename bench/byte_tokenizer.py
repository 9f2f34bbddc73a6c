"""A tokenizer for made-up models: each of the 256 bytes is a token, and every further id has a text of its own."""
import json
import pathlib


def byte_alphabet() -> list[str]:
    """GPT-2's printable stand-ins for the 256 bytes."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = iter(range(256, 512))
    return [chr(byte) if byte in plain else chr(next(others)) for byte in range(256)]


def write_tokenizer(folder: pathlib.Path, vocab_size: int) -> None:
    vocab = {piece: i for i, piece in enumerate(byte_alphabet())}
    vocab |= {f"t{i}": i for i in range(256, vocab_size)}
    (folder / "tokenizer.json").write_text(json.dumps({
        "added_tokens": [], "normalizer": None, "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False},
        "decoder": {"type": "ByteLevel"}, "post_processor": None,
        "model": {"type": "BPE", "vocab": vocab, "merges": []}}))

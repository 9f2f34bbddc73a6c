#!/usr/bin/env python3
"""Measures every figure of Octavo beside its ceiling on this machine, and prints one row for each.

Absolute figures mean little on a shared machine: the bandwidth is read again beside every row, and a row is a share of
what the machine gave in that moment. usage: run_bench.py [--build DIR] [--rows NAME,...] [--traces FILE...] [--out FILE.json]
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request

import sockets
from byte_tokenizer import write_tokenizer

ROOT = pathlib.Path(__file__).resolve().parent.parent
LLAMA = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu", "rms_norm_eps": 1e-5,
         "torch_dtype": "bfloat16"}
SHAPES = {
    "1B": LLAMA | {"vocab_size": 128256, "hidden_size": 2048, "intermediate_size": 8192, "num_hidden_layers": 16,
                   "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 64, "max_position_embeddings": 131072,
                   "rope_theta": 500000.0, "tie_word_embeddings": True,
                   "rope_scaling": {"rope_type": "llama3", "factor": 32.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0,
                                    "original_max_position_embeddings": 8192}},
    "0.6B": {"architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "vocab_size": 151936, "hidden_size": 1024,
             "intermediate_size": 3072, "num_hidden_layers": 28, "num_attention_heads": 16, "num_key_value_heads": 8,
             "head_dim": 128, "hidden_act": "silu", "max_position_embeddings": 40960, "rms_norm_eps": 1e-6,
             "rope_theta": 1000000.0, "tie_word_embeddings": True, "attention_bias": False, "torch_dtype": "bfloat16"},
    "tiny": LLAMA | {"vocab_size": 4096, "hidden_size": 512, "intermediate_size": 1376, "num_hidden_layers": 8,
                     "num_attention_heads": 8, "num_key_value_heads": 8, "max_position_embeddings": 4096,
                     "rope_theta": 10000.0, "tie_word_embeddings": False},
}


ROWS = ["engine_overhead", "metrics", "memory", "sharing", "traces", "decode", "batch", "prefill", "depth", "server", "sockets", "transports", "structured", "latency", "start"]


class Bench:
    def __init__(self, build: pathlib.Path, folder: pathlib.Path, traces: list[str]) -> None:
        self.build, self.folder, self.trace_files, self.rows = build, folder, traces, []
        for name, config in SHAPES.items():
            (folder / name).mkdir()
            (folder / name / "config.json").write_text(json.dumps(config))
            write_tokenizer(folder / name, config["vocab_size"])
        self.probe()

    def json_of(self, *command: str) -> dict:
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    def probe(self) -> dict:
        self.machine = self.json_of(str(self.build / "bench/machine_probe"))
        return self.machine

    def bandwidth(self) -> float:
        """GB/s of all cores reading 2 MiB pages, now."""
        return self.probe()["read_gb_s"]["2MiB"]["all"]

    def peak(self) -> float:
        """GFLOP/s of bf16 products on all cores, by the instruction that the figures are set in."""
        return self.machine["gflop_s"]["vdpbf16ps"]["all"]

    def inspect(self, shape: str) -> dict:
        return self.json_of(str(self.build / "octavo"), "inspect", str(self.folder / shape), "--json")

    def engine(self, shape: str, prompt: int, gen: int, requests: int, concurrency: int, *flags: str) -> dict:
        return self.json_of(str(self.build / "octavo"), "bench", "throughput", str(self.folder / shape), "--json",
                            "--load-format", "dummy", "--input-len", str(prompt), "--output-len", str(gen),
                            "--num-prompts", str(requests), "--concurrency", str(concurrency), *flags)

    def row(self, name: str, value: str, asked: str, beside: str = "") -> None:
        self.rows.append({"row": name, "measured": value, "asked": asked, "beside": beside})
        print(f"{name:58} {value:>34}   asked {asked:24} {beside}", flush=True)

    # -- rows ---------------------------------------------------------------------------------------------------

    def decode(self) -> None:
        for shape in ("1B", "0.6B"):
            weights = self.inspect(shape)["memory"]["weights_bytes"]
            shares = []
            for _ in range(3):
                before = self.bandwidth()
                rate = 1000 / self.engine(shape, 16, 48, 1, 1)["itl_ms"]["p50"]
                shares.append((rate * weights / 1e9 / statistics.mean([before, self.bandwidth()]), rate))
            share, rate = statistics.median(shares)
            self.row(f"decode, one stream, {shape}", f"{rate:.1f} tok/s = {share:.2f} of the bandwidth", "0.93 (0.97)",
                     f"now {self.machine['read_gb_s']['2MiB']['all']:.1f} GB/s")

    def batch(self) -> None:
        weights = self.inspect("1B")["memory"]["weights_bytes"]
        for streams, peer in ((8, 0.38), (16, 0.38), (32, 0.51)):
            bandwidth = self.bandwidth()
            rate = streams * 1000 / self.engine("1B", 16, 32, streams, streams)["itl_ms"]["p50"]
            bandwidth = statistics.mean([bandwidth, self.bandwidth()])
            limit = streams / max(weights / 1e9 / bandwidth, streams * weights / 1e9 / self.peak())
            self.row(f"decode, {streams} streams, 1B", f"{rate:.0f} tok/s = {rate / limit:.2f} of the limit",
                     f"{1.5 * peer:.2f} of it ({1.8 * peer:.2f})", f"limit now {limit:.0f} tok/s")

    def prefill(self) -> None:
        for shape in ("1B", "0.6B"):
            config, total = SHAPES[shape], self.inspect(shape)["parameters"]
            products = total - config["vocab_size"] * config["hidden_size"]
            rates = [512_000 / self.engine(shape, 512, 1, 1, 1, "--max-num-batched-tokens", "512")["ttft_ms"]["p50"]
                     for _ in range(3)]
            self.probe()
            rate = statistics.median(rates)
            self.row(f"prefill of 512 tokens, {shape}", f"{rate:.0f} tok/s = {rate * 2 * products / 1e9 / self.peak():.2f} of the peak",
                     "0.65 (0.75)", f"vdpbf16ps peak now {self.peak():.0f} GFLOP/s")

    def depth(self) -> None:
        per_token = self.inspect("0.6B")["memory"]["kv_bytes_per_token"]
        near = self.engine("0.6B", 16, 24, 1, 1)["itl_ms"]["p50"]
        far = self.engine("0.6B", 2048, 24, 1, 1)["itl_ms"]["p50"]
        longer = far - near
        rate = f"{per_token * 2032 / 1e6 / longer:.1f} GB/s" if longer > 0 else "less than the noise"
        self.row("keys and values read at 2,048 tokens of context, 0.6B", rate, "20 (bandwidth)",
                 f"bandwidth now {self.bandwidth():.1f} GB/s, step {near:.1f} -> {far:.1f} ms")

    def engine_overhead(self) -> None:
        seen = self.json_of(str(self.build / "bench/ring_bench"))
        self.row("scheduler, block manager and actors, 64 sequences", f"{seen['ring_us_per_step']:.0f} us a step", "under 100 us",
                 f"pure rooms {seen['pure_us_per_step']:.0f} us")
        for size, asked in ((256, ("50 us", "30 us")), (1024, ("linear", "linear")), (4096, ("linear", "linear"))):
            self.row(f"scheduler plan + complete, {size} sequences", f"{seen[f'scheduler_us_{size}']:.0f} us a step", asked[0],
                     f"{seen[f'scheduler_ticks_{size}'] / size:.0f} ticks a sequence")
            self.row(f"block manager, {size} sequences", f"{seen[f'block_manager_us_{size}']:.0f} us a step", asked[1],
                     f"{seen[f'block_manager_ticks_{size}'] / size:.0f} ticks a sequence")
        self.row("prefix lookup, 2,000 tokens", f"{seen['prefix_lookup_us']:.1f} us", "5 us", "all 125 blocks found")

    def metrics(self) -> None:
        seen = self.json_of(str(self.build / "bench/metrics_bench"))
        self.row("metrics page, for 200 series", f"{200 * seen['us'] / seen['series'] / 1000:.3f} ms", "under 0.3 ms",
                 f"{seen['series']} series in {seen['us'] / 1000:.3f} ms, {seen['bytes']:,} bytes")

    def replay(self, trace: str, *flags: str) -> dict:
        return self.json_of(str(self.build / "octavo"), "replay", trace, "--no-html", "--json", *flags)

    def memory(self) -> None:
        """Paging beside contiguous reservations: OPT-13B, 12 GiB of keys and values, the paper's ShareGPT lengths."""
        shape = ("--model-shape", "opt-13b", "--kv-memory", "12GiB")
        seen = self.replay("synthetic:sharegpt", *shape)["allocators"]
        paged = seen["paged"]
        for name, asked in (("paged", "at least 96.3 %"), ("orca-max", "20.4 % +-5"), ("orca-pow2", "26.8 % +-5"), ("orca-oracle", "38.2 % +-5")):
            self.row(f"memory that holds tokens, {name}", f"{100 * seen[name]['memory']['tokens']:.1f} %", asked,
                     f"{seen[name]['batched_mean']:.1f} requests at once")
        for name, asked in (("orca-oracle", "2.2"), ("orca-max", "4.3")):
            self.row(f"requests at once, paged against {name}", f"{paged['batched_mean'] / seen[name]['batched_mean']:.2f} times", asked)
        self.row("waste of paged", f"{paged['waste_blocks_per_sequence']:.2f} blocks a sequence", "0.5")
        small = self.replay("synthetic:sharegpt", *shape, "--allocator", "paged", "--block-size", "4")["allocators"]["paged"]["memory"]
        self.row("waste of paged at block size 4", f"{100 * (small['reserved'] + small['internal']):.2f} % of the memory", "0.8 %")

    def sharing(self) -> None:
        """Blocks saved by sharing between a request's completions, at a rate that the memory bears."""
        asked = {("alpaca", "parallel"): "6 to 10 %", ("sharegpt", "parallel"): "16 to 30 %",
                 ("alpaca", "beam"): "37 to 55 %", ("sharegpt", "beam"): "44 to 66 %"}
        for (mix, kind), band in asked.items():
            saved = [self.replay(f"synthetic:{mix}:1000", "--model-shape", "opt-13b", "--kv-memory", "12GB", "--allocator", "paged",
                                 "--rate", "0.2", "--sampling", f"{kind}:{width}")["sharing"]["saved_fraction"] for width in (2, 4, 6)]
            self.row(f"blocks saved by {kind} 2 / 4 / 6, {mix} lengths", " / ".join(f"{100 * each:.1f}" for each in saved) + " %", band)

    def traces(self) -> None:
        """Traces given by --traces; without, a mix as long as the longest published one."""
        for trace in self.trace_files or ["synthetic:sharegpt:24000"]:
            both = self.replay(trace, "--allocator", "paged", "--allocator", "orca-max")["allocators"]
            paged = self.replay(trace, "--allocator", "paged")["allocators"]["paged"]  # By itself, for its time.
            name = pathlib.Path(trace).name[:34]
            self.row(f"replay of {name}", f"{paged['wall_seconds']:.1f} s", "10 s",
                     f"{paged['requests']:,} requests, {paged['steps']:,} steps")
            ratio = both["paged"]["batched_mean"] / both["orca-max"]["batched_mean"]
            self.row(f"requests at once against orca-max, {name}", f"{ratio:.2f} times", "2.84")

    def serve(self, shape: str | pathlib.Path, *flags: str, dummy: bool = True):
        # All clients of a benchmark have one address.
        command = [str(self.build / "octavo"), "serve", str(self.folder / shape), "--port", "0", "--log-level", "warning",
                   "--max-connections-per-address", "0", "--max-handshakes-per-address", "0", *flags]
        if dummy:
            command += ["--load-format", "dummy"]
        return self.start_server(command)

    def serve_mock(self):
        """The server's front end over an executor that says tokens from a file and computes nothing."""
        script = self.folder / "script.json"
        script.write_text(json.dumps([{"when": "", "say": "Once upon a time there was a fox. " * 30}]))
        return self.start_server([str(self.build / "tests/scripted_house"), str(script)])

    def start_server(self, command: list[str]):
        start = time.monotonic()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        line = process.stdout.readline()
        if "://" not in line:
            raise RuntimeError(f"the server did not start: {command}")
        port = line.rsplit(":", 1)[1].strip("/ \n")
        urllib.request.urlopen(f"http://127.0.0.1:{port}/health").read()
        return process, port, time.monotonic() - start

    def load(self, port: str, **options: int) -> dict:
        node = subprocess.run([ROOT / "tests/support/find_node.sh"], check=True, capture_output=True, text=True).stdout.strip()
        command = [node, str(ROOT / "bench/load.mjs"), "--url", f"ws://127.0.0.1:{port}/v1/responses"]
        for name, value in options.items():
            command += ["--" + name.replace("_", "-"), str(value)]
        return self.json_of(*command)

    def server(self) -> None:
        process, port, _ = self.serve("tiny")
        self.load(port, concurrency=16, requests=32, prompt=32, gen=64)
        plain = self.load(port, concurrency=16, requests=96, prompt=32, gen=64)
        self.row("server, tiny, 16 streams", f"{plain['output_tokens_per_s']:.0f} tok/s", "979-1,138",
                 f"first token p50 {plain['ttft_ms']['p50']:.0f} ms")
        for name, extra in (("2,000 idle connections", {"idle": 2000}), ("500 half-sent requests", {"half_open": 500})):
            kept = []
            for _ in range(3):
                plain = self.load(port, concurrency=16, requests=96, prompt=32, gen=64)
                crowded = self.load(port, concurrency=16, requests=96, prompt=32, gen=64, **extra)
                kept.append(crowded["output_tokens_per_s"] / plain["output_tokens_per_s"])
            self.row(f"  the same with {name}", f"{statistics.median(kept):.3f} of the rate", "0.97", f"first token p95 {crowded['ttft_ms']['p95']:.0f} ms")
        few = self.load(port, concurrency=16, requests=320, prompt=16, gen=32)
        many = self.load(port, concurrency=2000, requests=2000, prompt=16, gen=32)
        self.row("2,000 requests at once against 16 at once", f"{many['output_tokens_per_s'] / few['output_tokens_per_s']:.2f} of the rate", "0.95",
                 f"{few['output_tokens_per_s']:.0f} -> {many['output_tokens_per_s']:.0f} tok/s, {many['failed']} failed")
        process.terminate()
        process.wait()
        process, port, _ = self.serve("tiny", "--num-gpu-blocks-override", "60")
        tight = self.load(port, concurrency=16, requests=64, prompt=32, gen=64)
        self.row("cache with room for 10 of 16 requests", f"{100 * tight['ok'] / 64:.0f} % finish", "100 %")
        process.terminate()
        process.wait()

    def sockets(self) -> None:
        """Idle WebSockets in the clear and over TLS, and TLS handshakes beside the signatures that they are made of."""
        for kind, name in (("ec", "P-256"), ("rsa", "RSA of 2,048 bits")):
            certificate, key = sockets.make_certificate(self.folder, kind)
            flags = ("--ssl-certfile", str(certificate), "--ssl-keyfile", str(key))
            for context, asked in ((None, "15.0 kB"), (sockets.client_context(), "45.0 kB")) if kind == "ec" else ():
                process, port, _ = self.serve("tiny", *flags)  # A new one: freed memory is not given back.
                size = sockets.idle_bytes(process.pid, int(port), 5000, context)
                self.row(f"idle WebSocket {'over TLS' if context else 'in the clear'}", f"{size / 1000:.1f} kB of memory", asked, "of 5,000")
                process.terminate()
                process.wait()
            process, port, _ = self.serve("tiny", *flags)
            rate, seconds = sockets.handshakes(process.pid, int(port), 1000)
            signatures = sockets.signatures_per_second(kind)
            self.row(f"TLS handshake, {name}", f"{1e6 * seconds:.0f} us of the processor", "told",
                     f"{1 / seconds:.0f} a second of one core, {rate:.0f} from one client; openssl speed: {signatures:.0f} signatures")
            process.terminate()
            process.wait()

    def transports(self) -> None:
        """WebSocket, events over HTTP and plain answers in turns, by what the server's processor spends on a token."""
        self.compare_transports("tiny", self.serve("tiny", "--max-num-seqs", "2048", "--max-queue", "4096"))
        self.compare_transports("mock", self.serve_mock())

    def compare_transports(self, name: str, server) -> None:
        process, port, _ = server
        ticks = os.sysconf("SC_CLK_TCK")

        def used() -> float:
            fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
            return (int(fields[11]) + int(fields[12])) / ticks

        for streams, requests in ((16, 192), (256, 768), (2000, 2000)):
            seen = {transport: [] for transport in ("ws", "sse", "plain")}
            for _ in range(3):
                for transport, runs in seen.items():
                    before = used()
                    load = self.load(port, concurrency=streams, requests=requests, prompt=16, gen=48, transport=transport)
                    runs.append((load["output_tokens_per_s"], 1e6 * (used() - before) / (48 * load["ok"]), load["ttft_ms"]["p50"]))
            middle = {transport: [statistics.median(column) for column in zip(*runs)] for transport, runs in seen.items()}
            for transport, (rate, microseconds, first) in middle.items():
                self.row(f"{name}, {streams} streams, {transport}", f"{microseconds / middle['ws'][1]:.2f} of the processor time a token", "1.15",
                         f"{microseconds:.0f} us, {rate:.0f} tok/s, first token p50 {first:.0f} ms")
        process.terminate()
        process.wait()

    def structured(self) -> None:
        """64 sequences that are held to a schema beside 64 that are free, in turns."""
        process, port, _ = self.serve(ROOT / "examples/demo-model/model", dummy=False)
        schema = {"type": "array", "minItems": 500, "items": {"type": "object", "properties": {"name": {"type": "string"}, "n": {"type": "integer"}},
                                                            "required": ["name", "n"], "additionalProperties": False}}
        held = {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}}}

        def ask(settings: dict) -> int:
            body = {"messages": [{"role": "user", "content": "Tell me a story."}], "max_tokens": 256, "temperature": 1, **settings}
            request = urllib.request.Request(f"http://127.0.0.1:{port}/v1/chat/completions", json.dumps(body).encode())
            with urllib.request.urlopen(request) as answer:
                return json.load(answer)["usage"]["completion_tokens"]

        def rate(settings: dict) -> float:
            with concurrent.futures.ThreadPoolExecutor(64) as pool:
                began = time.monotonic()
                tokens = sum(pool.map(lambda seed: ask({"seed": seed, **settings}), range(64)))
                return tokens / (time.monotonic() - began)

        rate({"ignore_eos": True}), rate(held)
        shares = [rate(held) / rate({"ignore_eos": True}) for _ in range(15)]
        self.row("64 sequences by a schema, against free ones", f"{statistics.median(shares):.3f} of the rate", "0.97",
                 f"from {min(shares):.3f} to {max(shares):.3f}")
        process.terminate()
        process.wait()

    def latency(self) -> None:
        process, port, _ = self.serve("0.6B")
        together = self.load(port, concurrency=16, requests=16, prompt=128, gen=64, vocab=151936)
        self.row("16 requests of 128 + 64 together, 0.6B: first token p50", f"{together['ttft_ms']['p50'] / 1000:.2f} s", "5.75 s",
                 f"p95 {together['ttft_ms']['p95'] / 1000:.2f} s, {together['output_tokens_per_s']:.0f} tok/s")
        intruded = self.load(port, concurrency=8, requests=8, prompt=32, gen=160, intruder=2000, vocab=151936)
        self.row("longest gap in 8 streams beside a 2,000-token prompt, 0.6B", f"{intruded['gap_ms']['max'] / 1000:.2f} s", "1 s",
                 f"normal {intruded['gap_ms']['p50']:.0f} ms, the prompt took {intruded['intruder_ms'] / 1000:.1f} s")
        process.terminate()
        process.wait()

    def start(self) -> None:
        for shape, asked in (("tiny", "0.11 s"), ("1B", "0.5 s")):
            self.write_checkpoint(shape)
            seconds = []
            for _ in range(5):
                process, _, elapsed = self.serve(shape, dummy=False)
                seconds.append(elapsed)
                process.terminate()
                process.wait()
            self.row(f"process start to /health, {shape}", f"{statistics.median(seconds):.2f} s", asked, f"worst {max(seconds):.2f} s")

    def write_checkpoint(self, shape: str) -> None:
        config = SHAPES[shape]
        hidden, inner, heads = config["hidden_size"], config["intermediate_size"], config["num_attention_heads"]
        dim = config.get("head_dim", hidden // heads)
        kv = config["num_key_value_heads"] * dim
        tensors = {"model.embed_tokens.weight": [config["vocab_size"], hidden], "model.norm.weight": [hidden]}
        if not config["tie_word_embeddings"]:
            tensors["lm_head.weight"] = [config["vocab_size"], hidden]
        for i in range(config["num_hidden_layers"]):
            layer = f"model.layers.{i}."
            tensors |= {layer + "input_layernorm.weight": [hidden], layer + "post_attention_layernorm.weight": [hidden],
                        layer + "self_attn.q_proj.weight": [heads * dim, hidden], layer + "self_attn.k_proj.weight": [kv, hidden],
                        layer + "self_attn.v_proj.weight": [kv, hidden], layer + "self_attn.o_proj.weight": [hidden, heads * dim],
                        layer + "mlp.gate_proj.weight": [inner, hidden], layer + "mlp.up_proj.weight": [inner, hidden],
                        layer + "mlp.down_proj.weight": [hidden, inner]}
        header, offset = {}, 0
        for name, dims in tensors.items():
            size = 2 * dims[0] * (dims[1] if len(dims) > 1 else 1)
            header[name] = {"dtype": "BF16", "shape": dims, "data_offsets": [offset, offset + size]}
            offset += size
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % 8)
        # Small values of both signs: 0x3c.. and 0xbc.. are about a hundredth in bf16.
        pattern = b"".join(bytes([os.urandom(1)[0], 0x3c if i % 2 else 0xbc]) for i in range(1 << 19))
        with open(self.folder / shape / "model.safetensors", "wb") as file:
            file.write(struct.pack("<Q", len(text)) + text)
            for _ in range(offset // len(pattern)):
                file.write(pattern)
            file.write(pattern[:offset % len(pattern)])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--rows", help="comma-separated: " + ",".join(ROWS))
    parser.add_argument("--traces", nargs="+", default=[], metavar="FILE", help="request traces to replay, as octavo replay takes them")
    parser.add_argument("--out", type=pathlib.Path, help="also write the rows as JSON")
    options = parser.parse_args()
    names = options.rows.split(",") if options.rows else ROWS
    folder = pathlib.Path(tempfile.mkdtemp(prefix="octavo-bench-"))
    try:
        bench = Bench(options.build.resolve(), folder, options.traces)
        print(json.dumps(bench.machine), flush=True)
        for name in names:
            getattr(bench, name)()
        if options.out:
            options.out.write_text(json.dumps({"machine": bench.machine, "rows": bench.rows}, indent=1))
    finally:
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Beam search as Hugging Face's transformers does it, recorded: writes tests/scheduler/data/beams.jsonl, one search a
line, over a grid of length penalties, widths, stop tokens that come early and late, and the three modes of stopping.

usage: judge_beams.py                        # needs torch and transformers 5.17
       judge_beams.py --seeds 100 --out FILE # at length: OCTAVO_BEAMS=FILE makes the test read it

The model is a function of the last two tokens, which tests/scheduler/beam_judged_test.cpp computes too: a hash of them,
of the seed and of the token makes each logit, and stop tokens get a bias on top."""
import argparse
import itertools
import json
import pathlib

import torch
from transformers import GenerationMixin, PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import CausalLMOutput

VOCAB = 24
PROMPT = [5, 6]
MAX_TOKENS = 12
MASK = (1 << 64) - 1


def mix(x):
    x = (x + 0x9E3779B97F4A7C15) & MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
    return x ^ (x >> 31)


def logits(seed, before, last, stops, bias):
    row = [6.0 * (mix(((seed * 64 + before) * 64 + last) * 64 + token) >> 40) / (1 << 24) for token in range(VOCAB)]
    return [value + (bias if token in stops else 0.0) for token, value in enumerate(row)]


class TableModel(PreTrainedModel, GenerationMixin):
    config_class = PretrainedConfig
    main_input_name = "input_ids"

    def __init__(self):
        super().__init__(PretrainedConfig(vocab_size=VOCAB, num_hidden_layers=1, is_encoder_decoder=False, eos_token_id=1,
                                          pad_token_id=0))
        self.unused = torch.nn.Parameter(torch.zeros(1))
        self.what = (0, (), 0.0)

    def prepare_inputs_for_generation(self, input_ids, attention_mask=None, **kwargs):
        return {"input_ids": input_ids}

    def forward(self, input_ids, attention_mask=None, **kwargs):
        seed, stops, bias = self.what
        rows = [logits(seed, int(ids[-2]), int(ids[-1]), stops, bias) for ids in input_ids]
        return CausalLMOutput(logits=torch.tensor(rows, dtype=torch.float32)[:, None, :])


def search(model, seed, width, penalty, early_stopping, stops, bias):
    model.what = (seed, stops, bias)
    found = model.generate(torch.tensor([PROMPT]), attention_mask=torch.ones(1, len(PROMPT), dtype=torch.long), num_beams=width,
                           num_return_sequences=width, max_new_tokens=MAX_TOKENS, length_penalty=penalty, do_sample=False,
                           early_stopping=early_stopping, eos_token_id=list(stops), pad_token_id=0, use_cache=False,
                           return_dict_in_generate=True, output_scores=True)
    answers = []
    for ids, score in zip(found.sequences.tolist(), found.sequences_scores.tolist()):
        tokens = ids[len(PROMPT):]
        ends = [i for i, token in enumerate(tokens) if token in stops]
        answers.append({"tokens": tokens[:ends[0] + 1] if ends else tokens, "score": round(score, 5)})
    return {"seed": seed, "width": width, "length_penalty": penalty, "early_stopping": early_stopping, "stops": list(stops),
            "bias": bias, "steps": len(found.scores), "answers": answers}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).parent / "data/beams.jsonl")
    args = parser.parse_args()
    torch.set_num_threads(1)
    model = TableModel().eval()
    with args.out.open("w") as out:
        for seed, width, penalty, early_stopping, (stops, bias) in itertools.product(
                range(1, args.seeds + 1), (2, 3, 5), (0.0, 0.5, 1.0, 1.5, 2.0, -1.0), (False, True, "never"),
                (((1,), 4.0), ((1,), 0.0), ((1, 7), 2.0), ((3,), -9.0))):
            out.write(json.dumps(search(model, seed, width, penalty, early_stopping, stops, bias)) + "\n")


if __name__ == "__main__":
    main()

// How each family writes its choices into config.json, defaults of the reference implementation
// (transformers) included. Faults go to the reader.
#pragma once

#include "src/core/json_reader.hpp"
#include "src/model/decoder_spec.hpp"

namespace octavo {

void read_llama(JsonReader& config, DecoderSpec& spec);
void read_mistral(JsonReader& config, DecoderSpec& spec);
void read_qwen2(JsonReader& config, DecoderSpec& spec);
void read_qwen3(JsonReader& config, DecoderSpec& spec);
void read_opt(JsonReader& config, DecoderSpec& spec);
void read_gpt2(JsonReader& config, DecoderSpec& spec);

}  // namespace octavo

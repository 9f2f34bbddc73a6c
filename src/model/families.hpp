// How each family writes its choices into config.json, defaults of the reference implementation
// (transformers) included. Faults go to the reader.
#pragma once

#include "src/model/config_reader.hpp"
#include "src/model/decoder_spec.hpp"

namespace octavo {

void read_llama(ConfigReader& config, DecoderSpec& spec);
void read_mistral(ConfigReader& config, DecoderSpec& spec);
void read_qwen2(ConfigReader& config, DecoderSpec& spec);
void read_qwen3(ConfigReader& config, DecoderSpec& spec);
void read_opt(ConfigReader& config, DecoderSpec& spec);
void read_gpt2(ConfigReader& config, DecoderSpec& spec);

}  // namespace octavo

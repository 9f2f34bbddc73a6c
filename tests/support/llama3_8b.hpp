// The shape of Llama 3 with 8 billion parameters: for what is known of its memory.
#pragma once

#include <boost/json.hpp>

#include "src/model/decoder_spec.hpp"

namespace octavo::testing {

inline DecoderSpec llama3_8b() {
  return *read_decoder_spec(boost::json::parse(R"({"architectures": ["LlamaForCausalLM"],
      "vocab_size": 128256, "hidden_size": 4096, "intermediate_size": 14336,
      "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8,
      "max_position_embeddings": 8192, "rope_theta": 500000.0})")
                                .as_object());
}

}  // namespace octavo::testing

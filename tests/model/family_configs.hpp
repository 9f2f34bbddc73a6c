// A small config.json of each family, and specs made of them.
#pragma once

#include <array>
#include <boost/json.hpp>
#include <string>
#include <string_view>

#include "src/model/decoder_spec.hpp"
#include "tests/support/catch.hpp"

namespace octavo::testing {

struct Family {
  std::string_view model_type;
  std::string_view class_name;
};

inline constexpr std::array kFamilies{
    Family{"llama", "LlamaForCausalLM"}, Family{"mistral", "MistralForCausalLM"},
    Family{"qwen2", "Qwen2ForCausalLM"}, Family{"qwen3", "Qwen3ForCausalLM"},
    Family{"opt", "OPTForCausalLM"},     Family{"gpt2", "GPT2LMHeadModel"}};

/// Two layers of width 128, 64 heads of two where nothing else is said. Only what must be there.
inline boost::json::object config_of(const Family& family) {
  boost::json::object config{{"architectures", boost::json::array{family.class_name}},
                             {"model_type", family.model_type},
                             {"vocab_size", 50}};
  if (family.model_type == "gpt2") {
    for (const auto& [key, value] :
         {std::pair{"n_embd", 128}, {"n_layer", 2}, {"n_head", 64}, {"n_positions", 128}})
      config[key] = value;
    return config;
  }
  for (const auto& [key, value] : {std::pair{"hidden_size", 128},
                                   {"num_hidden_layers", 2},
                                   {"num_attention_heads", 64},
                                   {"max_position_embeddings", 128}})
    config[key] = value;
  config[family.model_type == "opt" ? "ffn_dim" : "intermediate_size"] = 96;
  return config;
}

inline boost::json::object config_of(std::string_view model_type) {
  for (const Family& family : kFamilies) {
    if (family.model_type == model_type) return config_of(family);
  }
  FAIL("no family " << model_type);
  return {};
}

inline DecoderSpec spec_of(const boost::json::object& config) {
  const auto spec = read_decoder_spec(config);
  if (!spec) FAIL(spec.error().detail);
  return *spec;
}

/// The spec of `config` with `key` set to the JSON `value`.
inline DecoderSpec spec_with(boost::json::object config, std::string_view key,
                             std::string_view value) {
  config[key] = boost::json::parse({value.data(), value.size()});
  return spec_of(config);
}

/// The error that this makes, or none.
inline Error error_with(boost::json::object config, std::string_view key, std::string_view value) {
  config[key] = boost::json::parse({value.data(), value.size()});
  const auto spec = read_decoder_spec(config);
  return spec ? Error{} : spec.error();
}

}  // namespace octavo::testing

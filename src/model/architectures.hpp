// The families of models that Octavo runs: for each its names in config.json, how its spec is read,
// and what its tensors are called.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "src/core/json_reader.hpp"
#include "src/model/decoder_spec.hpp"

namespace octavo {

/// Names without ".weight" and ".bias". Those of a layer follow `<prefix><layers><i>.`.
struct WeightNames {
  std::array<std::string_view, 2> prefixes;  ///< Checkpoints of one family differ in it.
  std::string_view embedding;
  std::string_view positions;  ///< Empty: none.
  std::string_view layers;
  std::string_view attention_norm;
  std::array<std::string_view, 3> qkv;  ///< Or one name, stored fused.
  std::string_view query_norm;
  std::string_view key_norm;
  std::string_view attention_output;
  std::string_view mlp_norm;
  std::array<std::string_view, 2> mlp_in;  ///< Gate and up, or one.
  std::string_view mlp_out;
  std::string_view final_norm;
  bool transposed = false;  ///< Projections are stored [in, out].
  /// Ends of names of stored constants that carry no information.
  std::array<std::string_view, 2> ignorable;
};

struct Architecture {
  std::string_view model_type;
  std::array<std::string_view, 2> classes;  ///< Values of `architectures`; the second may be empty.
  void (*read)(JsonReader& config, DecoderSpec& spec);
  WeightNames names;
};

/// By class name or model_type; null when not known.
const Architecture* find_architecture(std::string_view name);

/// "LlamaForCausalLM, ..." for error messages.
std::string supported_architectures();

}  // namespace octavo

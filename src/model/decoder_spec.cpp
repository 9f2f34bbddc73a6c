#include "src/model/decoder_spec.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <limits>

#include "src/model/architectures.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

constexpr double kNoNeutral = std::numeric_limits<double>::quiet_NaN();

/// Settings that change the mathematics of any family and that no family here has. Every other key
/// is either read by its family or not read by that family's reference implementation at all.
struct ForeignSetting {
  std::string_view key;
  double neutral;  ///< The number that changes nothing; null, false, 0 and empty never do.
};
constexpr std::array kForeignSettings{
    ForeignSetting{"quantization_config", kNoNeutral},
    ForeignSetting{"compression_config", kNoNeutral},
    ForeignSetting{"auto_map", kNoNeutral},
    ForeignSetting{"text_config", kNoNeutral},
    ForeignSetting{"vision_config", kNoNeutral},
    ForeignSetting{"num_experts", kNoNeutral},
    ForeignSetting{"num_local_experts", kNoNeutral},
    ForeignSetting{"n_routed_experts", kNoNeutral},
    ForeignSetting{"num_experts_per_tok", kNoNeutral},
    ForeignSetting{"partial_rotary_factor", 1.0},
    ForeignSetting{"rotary_pct", 1.0},
    ForeignSetting{"no_rope_layers", kNoNeutral},
    ForeignSetting{"use_qk_norm", kNoNeutral},
    ForeignSetting{"qk_layernorm", kNoNeutral},
    ForeignSetting{"attn_logit_softcapping", kNoNeutral},
    ForeignSetting{"final_logit_softcapping", kNoNeutral},
    ForeignSetting{"query_pre_attn_scalar", kNoNeutral},
    ForeignSetting{"attention_multiplier", kNoNeutral},
    ForeignSetting{"embedding_multiplier", 1.0},
    ForeignSetting{"residual_multiplier", 1.0},
    ForeignSetting{"logits_scaling", 1.0},
    ForeignSetting{"logit_scale", 1.0},
    ForeignSetting{"clip_qkv", kNoNeutral},
    ForeignSetting{"attention_chunk_size", kNoNeutral},
    ForeignSetting{"use_mrope", kNoNeutral},
    ForeignSetting{"alibi", kNoNeutral},
    ForeignSetting{"add_cross_attention", kNoNeutral},
    ForeignSetting{"is_encoder_decoder", kNoNeutral},
    ForeignSetting{"pruned_heads", kNoNeutral},
};

bool changes_nothing(const json::value& value, double neutral) {
  switch (value.kind()) {
    case json::kind::null:
      return true;
    case json::kind::bool_:
      return !value.get_bool();
    case json::kind::string:
      return value.get_string().empty();
    case json::kind::array:
      return value.get_array().empty();
    case json::kind::object:
      return value.get_object().empty();
    default:
      break;
  }
  const auto number = value.to_number<double>();
  return number == 0.0 || number == neutral;
}

void refuse_foreign_settings(JsonReader& config) {
  for (const auto& setting : kForeignSettings) {
    const auto* value = config.find(setting.key);
    if (value == nullptr || changes_nothing(*value, setting.neutral)) continue;
    config.fail(Errc::kUnsupportedModel, quote(setting.key) + " is not supported");
  }
}

Error unsupported(const std::string& name) {
  return Error{Errc::kUnsupportedModel,
               "config.json: architecture " + name +
                   " is not supported; these are: " + supported_architectures(),
               ""};
}

Result<const Architecture*> choose_architecture(JsonReader& config) {
  const auto model_type = config.text("model_type", "");
  const auto* names = config.find("architectures");
  std::string name = model_type;
  if (names != nullptr) {
    if (!names->is_array() || names->get_array().size() != 1 ||
        !names->get_array()[0].is_string()) {
      return Error{Errc::kInvalidFile, "config.json: \"architectures\" must be a list of one name",
                   ""};
    }
    name = std::string(names->get_array()[0].get_string());
  }
  if (name.empty()) {
    return Error{Errc::kInvalidFile, "config.json: \"architectures\" is missing", ""};
  }
  const Architecture* found = find_architecture(name);
  if (found == nullptr) return unsupported(quote(name));
  if (!model_type.empty() && model_type != found->model_type) {
    return unsupported(quote(name) + " with model_type " + quote(model_type));
  }
  return found;
}

std::optional<kernels::DType> read_dtype(JsonReader& config) {
  auto name = config.text("dtype", config.text("torch_dtype", ""));
  if (name.starts_with("torch.")) name.erase(0, 6);
  for (const auto dtype : {kernels::DType::kF32, kernels::DType::kF16, kernels::DType::kBF16}) {
    if (name == kernels::name_of(dtype)) return dtype;
  }
  return std::nullopt;
}

void check_heads(JsonReader& config, const DecoderSpec& spec) {
  if (spec.num_kv_heads == 0 || spec.num_heads % spec.num_kv_heads != 0) {
    config.fail(Errc::kInvalidFile,
                "the number of heads must be a multiple of the key-value heads");
  }
  if (spec.rope && spec.head_dim % 2 != 0) {
    config.fail(Errc::kInvalidFile, "rotary positions need an even head_dim");
  }
}

}  // namespace

std::vector<TokenId> read_token_ids(JsonReader& config, std::string_view key,
                                    std::int64_t vocab_size) {
  std::vector<TokenId> ids;
  const auto* value = config.find(key);
  if (value == nullptr) return ids;
  const auto read_one = [&](const json::value& id) {
    if (!id.is_int64() || id.get_int64() < 0) {
      config.fail(Errc::kInvalidFile, quote(key) + " must be a token id or a list of them");
    } else if (id.get_int64() < vocab_size) {
      ids.push_back(static_cast<TokenId>(id.get_int64()));
    }
  };
  if (value->is_array()) {
    for (const auto& id : value->get_array()) read_one(id);
  } else {
    read_one(*value);
  }
  return ids;
}

Result<DecoderSpec> read_decoder_spec(const json::object& object) {
  JsonReader config(object, "config.json");
  auto architecture = choose_architecture(config);
  if (!architecture) return architecture.error();
  refuse_foreign_settings(config);
  DecoderSpec spec;
  spec.architecture = *architecture;
  spec.dtype = read_dtype(config);
  spec.architecture->read(config, spec);
  check_heads(config, spec);
  spec.eos_token_ids = read_token_ids(config, "eos_token_id", spec.vocab_size);
  if (config.error()) return *config.error();
  return spec;
}

}  // namespace octavo

#include "src/model/families.hpp"

#include <array>
#include <boost/json.hpp>

namespace octavo {
namespace {

constexpr std::int64_t kMaxVocab = 1 << 24;
constexpr std::int64_t kMaxWidth = 1 << 20;
constexpr std::int64_t kMaxLayers = 1024;
constexpr std::int64_t kMaxHeads = 4096;
constexpr std::int64_t kMaxHeadDim = 1024;
constexpr std::int64_t kMaxPositions = 1 << 24;

/// What the families call the same thing.
struct SizeNames {
  std::string_view hidden_size = "hidden_size";
  std::string_view num_layers = "num_hidden_layers";
  std::string_view num_heads = "num_attention_heads";
  std::string_view max_positions = "max_position_embeddings";
};

void read_sizes(JsonReader& config, DecoderSpec& spec, const SizeNames& names) {
  spec.vocab_size = config.integer("vocab_size", 1, kMaxVocab);
  spec.hidden_size = config.integer(names.hidden_size, 1, kMaxWidth);
  spec.num_layers = config.integer(names.num_layers, 1, kMaxLayers);
  spec.num_heads = config.integer(names.num_heads, 1, kMaxHeads);
  spec.max_position_embeddings = config.integer(names.max_positions, 1, kMaxPositions);
  spec.windows.assign(static_cast<std::size_t>(spec.num_layers), 0);
}

/// hidden_size / num_heads, where config.json does not set it apart.
void divide_heads(JsonReader& config, DecoderSpec& spec) {
  spec.head_dim = spec.hidden_size / spec.num_heads;
  if (spec.hidden_size % spec.num_heads != 0 || spec.head_dim > kMaxHeadDim) {
    config.fail(Errc::kInvalidFile, "the hidden size must be a multiple of the number of heads");
  }
}

kernels::Activation read_activation(JsonReader& config, std::string_view key,
                                    const std::string& fallback) {
  const auto name = config.text(key, fallback);
  if (name == "silu" || name == "swish") return kernels::Activation::kSilu;
  if (name == "gelu") return kernels::Activation::kGelu;
  if (name == "gelu_new" || name == "gelu_pytorch_tanh" || name == "gelu_fast") {
    return kernels::Activation::kGeluTanh;
  }
  if (name == "relu") return kernels::Activation::kRelu;
  config.fail(Errc::kUnsupportedModel, quote(key) + " " + quote(name) + " is not supported");
  return kernels::Activation::kSilu;
}

/// A default is for a setting that is absent. One that is null has the value None, which is false.
bool flag_or_none(JsonReader& config, std::string_view key, bool fallback) {
  const bool is_null = config.object().contains(key) && !config.has(key);
  return config.flag(key, is_null ? false : fallback);
}

void require(JsonReader& config, std::string_view key, bool value, bool fallback) {
  if (flag_or_none(config, key, fallback) == value) return;
  config.fail(Errc::kUnsupportedModel,
              quote(key) + " " + (value ? "false" : "true") + " is not supported");
}

/// Checks `layer_types` against the windows, or, where the family lets it decide, sets them.
void apply_layer_types(JsonReader& config, DecoderSpec& spec, std::int64_t window, bool decides) {
  const auto* types = config.find("layer_types");
  if (types == nullptr) return;
  if (!types->is_array() || types->get_array().size() != spec.windows.size()) {
    return config.fail(Errc::kInvalidFile, "\"layer_types\" must be a list with a name per layer");
  }
  for (std::size_t i = 0; i < spec.windows.size(); ++i) {
    const auto& type = types->get_array()[i];
    const bool slides = type == "sliding_attention";
    if ((!slides && type != "full_attention") || (slides && window == 0)) {
      return config.fail(Errc::kUnsupportedModel, quote("layer_types") + " of layer " +
                                                      std::to_string(i) + " is not supported");
    }
    if (decides) spec.windows[i] = slides ? window : 0;
    if (slides != (spec.windows[i] != 0)) {
      return config.fail(Errc::kUnsupportedModel, "\"layer_types\" that differ from the family's");
    }
  }
}

/// Everything that Llama, Mistral and Qwen share.
void read_llama_like(JsonReader& config, DecoderSpec& spec, const SizeNames& names,
                     std::optional<std::int64_t> default_kv_heads,
                     std::optional<std::int64_t> default_head_dim) {
  read_sizes(config, spec, names);
  spec.intermediate_size = config.integer("intermediate_size", 1, kMaxWidth);
  if (config.object().contains("num_key_value_heads")) default_kv_heads = spec.num_heads;
  spec.num_kv_heads = config.integer("num_key_value_heads", 1, kMaxHeads,
                                     default_kv_heads.value_or(spec.num_heads));
  if (config.has("head_dim") || default_head_dim) {
    spec.head_dim = config.integer("head_dim", 1, kMaxHeadDim, default_head_dim);
  } else {
    divide_heads(config, spec);
  }
  spec.norm = kernels::NormKind::kRms;
  spec.norm_epsilon = static_cast<float>(config.number("rms_norm_eps", 0.0, 1.0, 1e-6));
  spec.activation = read_activation(config, "hidden_act", "silu");
  spec.gated = true;
  spec.rope = read_rope_spec(config, spec.max_position_embeddings);
  spec.tied_head = config.flag("tie_word_embeddings", false);
}

/// A window that is null has the value None, too: nothing slides.
std::int64_t read_window(JsonReader& config, std::int64_t fallback) {
  const bool is_absent = !config.object().contains("sliding_window");
  return config.integer("sliding_window", 1, kMaxPositions, is_absent ? fallback : 0);
}

void read_qwen_windows(JsonReader& config, DecoderSpec& spec) {
  std::int64_t window = 0;
  if (config.flag("use_sliding_window", false)) window = read_window(config, 4096);
  if (window != 0) {
    const auto first = config.integer("max_window_layers", 0, kMaxLayers, 28);
    for (auto i = first; i < spec.num_layers; ++i)
      spec.windows[static_cast<std::size_t>(i)] = window;
  }
  apply_layer_types(config, spec, window, true);
}

}  // namespace

void read_llama(JsonReader& config, DecoderSpec& spec) {
  SizeNames names;
  constexpr const char* kOldName = "max_sequence_length";
  if (!config.has(names.max_positions) && config.has(kOldName)) names.max_positions = kOldName;
  read_llama_like(config, spec, names, {}, {});
  spec.qkv_bias = spec.attention_output_bias = config.flag("attention_bias", false);
  spec.mlp_bias = config.flag("mlp_bias", false);
  if (config.has("sliding_window")) {
    config.fail(Errc::kUnsupportedModel, "\"sliding_window\" is not supported for llama");
  }
  apply_layer_types(config, spec, 0, false);
}

void read_mistral(JsonReader& config, DecoderSpec& spec) {
  read_llama_like(config, spec, {}, 8, {});
  require(config, "attention_bias", false, false);
  require(config, "mlp_bias", false, false);
  const auto window = read_window(config, 4096);
  spec.windows.assign(static_cast<std::size_t>(spec.num_layers), window);
  apply_layer_types(config, spec, window, false);
}

void read_qwen2(JsonReader& config, DecoderSpec& spec) {
  read_llama_like(config, spec, {}, 32, {});
  spec.qkv_bias = true;
  read_qwen_windows(config, spec);
}

void read_qwen3(JsonReader& config, DecoderSpec& spec) {
  read_llama_like(config, spec, {}, 32, 128);
  spec.qk_norm = true;
  spec.qkv_bias = spec.attention_output_bias = config.flag("attention_bias", false);
  read_qwen_windows(config, spec);
}

void read_opt(JsonReader& config, DecoderSpec& spec) {
  read_sizes(config, spec, {});
  divide_heads(config, spec);
  spec.num_kv_heads = spec.num_heads;
  spec.intermediate_size = config.integer("ffn_dim", 1, kMaxWidth);
  spec.norm = kernels::NormKind::kLayer;
  spec.norm_epsilon = 1e-5F;
  spec.activation = read_activation(config, "activation_function", "relu");
  spec.gated = false;
  spec.position_offset = 2;
  spec.qkv_bias = spec.attention_output_bias = spec.mlp_bias =
      flag_or_none(config, "enable_bias", true);
  spec.tied_head = flag_or_none(config, "tie_word_embeddings", true);
  require(config, "do_layer_norm_before", true, true);
  require(config, "layer_norm_elementwise_affine", true, true);
  require(config, "_remove_final_layer_norm", false, false);
  if (config.integer("word_embed_proj_dim", 1, kMaxWidth, spec.hidden_size) != spec.hidden_size) {
    config.fail(Errc::kUnsupportedModel,
                "\"word_embed_proj_dim\" other than hidden_size is not supported");
  }
}

void read_gpt2(JsonReader& config, DecoderSpec& spec) {
  read_sizes(config, spec, {"n_embd", "n_layer", "n_head", "n_positions"});
  divide_heads(config, spec);
  spec.num_kv_heads = spec.num_heads;
  spec.intermediate_size = config.integer("n_inner", 1, kMaxWidth, 4 * spec.hidden_size);
  spec.norm = kernels::NormKind::kLayer;
  spec.norm_epsilon = static_cast<float>(config.number("layer_norm_epsilon", 0.0, 1.0, 1e-5));
  spec.activation = read_activation(config, "activation_function", "gelu_new");
  spec.gated = false;
  spec.qkv_bias = spec.attention_output_bias = spec.mlp_bias = true;
  spec.tied_head = flag_or_none(config, "tie_word_embeddings", true);
  require(config, "scale_attn_weights", true, true);
  require(config, "scale_attn_by_inverse_layer_idx", false, false);
}

}  // namespace octavo

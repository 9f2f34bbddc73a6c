#include "src/model/decoder_spec.hpp"

#include <boost/json.hpp>

#include "src/model/architectures.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

namespace json = boost::json;

json::object llama() {
  return json::parse(R"({"architectures": ["LlamaForCausalLM"], "model_type": "llama",
      "vocab_size": 100, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 3,
      "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 128,
      "rms_norm_eps": 1e-5, "eos_token_id": 2, "torch_dtype": "bfloat16"})")
      .as_object();
}

json::object family(const char* architecture, const char* model_type) {
  auto config = llama();
  config["architectures"] = boost::json::array{architecture};
  config["model_type"] = model_type;
  return config;
}

json::object opt() {
  return json::parse(R"({"architectures": ["OPTForCausalLM"], "model_type": "opt",
      "vocab_size": 100, "hidden_size": 64, "ffn_dim": 256, "num_hidden_layers": 3,
      "num_attention_heads": 4, "max_position_embeddings": 128, "word_embed_proj_dim": 64})")
      .as_object();
}

json::object gpt2() {
  return json::parse(R"({"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2",
      "vocab_size": 100, "n_embd": 64, "n_layer": 3, "n_head": 4, "n_positions": 128})")
      .as_object();
}

DecoderSpec spec_of(const json::object& config) {
  const auto spec = read_decoder_spec(config);
  if (!spec) FAIL(spec.error().detail);
  return *spec;
}

/// The error of `config` with `key` set to the JSON `value`; an empty value takes the key away.
Error error_with(json::object config, const char* key, const char* value) {
  if (*value == '\0') {
    config.erase(key);
  } else {
    config[key] = json::parse(value);
  }
  const auto spec = read_decoder_spec(config);
  return spec ? Error{} : spec.error();
}

bool refused(const json::object& config, const char* key, const char* value) {
  const auto error = error_with(config, key, value);
  INFO(key << " " << value << ": " << error.detail);
  CHECK(error.detail.find(key) != std::string::npos);
  return error.code == Errc::kUnsupportedModel;
}

std::string invalid(const json::object& config, const char* key, const char* value) {
  const auto error = error_with(config, key, value);
  CHECK((error == Error{} || error.code == Errc::kInvalidFile));
  return error.detail;
}

}  // namespace

TEST_CASE("a llama config becomes its spec") {
  const auto spec = spec_of(llama());
  CHECK(spec.architecture->model_type == "llama");
  CHECK(spec.head_dim == 16);
  CHECK(spec.num_kv_heads == 2);
  CHECK(spec.norm_epsilon == 1e-5F);
  CHECK(spec.gated);
  CHECK(spec.rope);
  CHECK_FALSE(spec.tied_head);
  CHECK_FALSE(spec.qkv_bias);
  CHECK(spec.dtype == kernels::DType::kBF16);
  CHECK(spec.eos_token_ids == std::vector<TokenId>{2});
  CHECK(spec.windows == std::vector<std::int64_t>{0, 0, 0});
}

TEST_CASE("an old llama config is read by its old names") {
  auto config = llama();
  config["architectures"] = boost::json::array{"LLaMAForCausalLM"};
  config.erase("num_key_value_heads");
  config.erase("max_position_embeddings");
  config["max_sequence_length"] = 2048;
  config["pad_token_id"] = -1;
  const auto spec = spec_of(config);
  CHECK(spec.num_kv_heads == 4);
  CHECK(spec.max_position_embeddings == 2048);
}

TEST_CASE("a llama config without a context length is told the name of today") {
  auto config = llama();
  config.erase("max_position_embeddings");
  const auto spec = read_decoder_spec(config);
  REQUIRE(spec.has_error());
  CHECK(spec.error().detail.find("max_position_embeddings") != std::string::npos);
}

TEST_CASE("biases and head size follow the config") {
  auto config = llama();
  config["attention_bias"] = true;
  config["mlp_bias"] = true;
  config["head_dim"] = 32;
  const auto spec = spec_of(config);
  CHECK(spec.qkv_bias);
  CHECK(spec.attention_output_bias);
  CHECK(spec.mlp_bias);
  CHECK(spec.query_size() == 128);
}

TEST_CASE("each family brings the defaults of its reference implementation") {
  auto mistral = family("MistralForCausalLM", "mistral");
  CHECK(spec_of(mistral).windows == std::vector<std::int64_t>{4096, 4096, 4096});
  mistral["sliding_window"] = nullptr;
  CHECK(spec_of(mistral).windows == std::vector<std::int64_t>{0, 0, 0});
  const auto qwen2 = spec_of(family("Qwen2ForCausalLM", "qwen2"));
  CHECK(qwen2.qkv_bias);
  CHECK_FALSE(qwen2.attention_output_bias);
  const auto qwen3 = spec_of(family("Qwen3ForCausalLM", "qwen3"));
  CHECK(qwen3.qk_norm);
  CHECK(qwen3.head_dim == 128);
  const auto opt_spec = spec_of(opt());
  CHECK(opt_spec.position_offset == 2);
  CHECK(opt_spec.activation == kernels::Activation::kRelu);
  CHECK(opt_spec.tied_head);
  CHECK_FALSE(opt_spec.rope);
  const auto gpt2_spec = spec_of(gpt2());
  CHECK(gpt2_spec.activation == kernels::Activation::kGeluTanh);
  CHECK(gpt2_spec.intermediate_size == 256);
  CHECK(gpt2_spec.norm == kernels::NormKind::kLayer);
}

TEST_CASE("qwen slides only where it is told to, from the layer it is told") {
  auto config = family("Qwen2ForCausalLM", "qwen2");
  config["sliding_window"] = 8;
  config["max_window_layers"] = 1;
  CHECK(spec_of(config).windows == std::vector<std::int64_t>{0, 0, 0});
  config["use_sliding_window"] = true;
  CHECK(spec_of(config).windows == std::vector<std::int64_t>{0, 8, 8});
  config["layer_types"] = {"sliding_attention", "full_attention", "full_attention"};
  CHECK(spec_of(config).windows == std::vector<std::int64_t>{8, 0, 0});
  config["use_sliding_window"] = false;
  CHECK(read_decoder_spec(config).error().code == Errc::kUnsupportedModel);
}

TEST_CASE("layer types that the family does not follow are refused") {
  CHECK(error_with(llama(), "layer_types",
                   R"(["full_attention", "full_attention", "full_attention"])") == Error{});
  CHECK(refused(llama(), "layer_types",
                R"(["full_attention", "sliding_attention", "full_attention"])"));
  CHECK(refused(llama(), "layer_types",
                R"(["full_attention", "linear_attention", "full_attention"])"));
  CHECK(refused(family("MistralForCausalLM", "mistral"), "layer_types",
                R"(["full_attention", "full_attention", "full_attention"])"));
  CHECK_FALSE(invalid(llama(), "layer_types", R"(["full_attention"])").empty());
}

TEST_CASE("keys that change nothing are ignored") {
  auto config = llama();
  config["transformers_version"] = "9.0";
  config["pretraining_tp"] = 2;
  config["attention_dropout"] = 0.1;
  config["partial_rotary_factor"] = 1.0;
  config["quantization_config"] = nullptr;
  config["num_experts"] = 0;
  config["pruned_heads"] = json::object{};
  CHECK(read_decoder_spec(config).has_value());
}

TEST_CASE("what changes the mathematics is refused by name") {
  CHECK(refused(llama(), "quantization_config", R"({"quant_method": "gptq"})"));
  CHECK(refused(llama(), "auto_map", R"({"AutoModel": "x.Y"})"));
  CHECK(refused(llama(), "partial_rotary_factor", "0.5"));
  CHECK(refused(llama(), "num_local_experts", "8"));
  CHECK(refused(llama(), "final_logit_softcapping", "30.0"));
  CHECK(refused(llama(), "logits_scaling", "8"));
  CHECK(refused(llama(), "use_qk_norm", "true"));
  CHECK(refused(llama(), "hidden_act", R"("xielu")"));
  CHECK(refused(llama(), "sliding_window", "128"));
  CHECK(refused(llama(), "rope_scaling", R"({"type": "dynamic", "factor": 2})"));
  CHECK(refused(family("MistralForCausalLM", "mistral"), "attention_bias", "true"));
  CHECK(refused(opt(), "do_layer_norm_before", "false"));
  CHECK(refused(opt(), "word_embed_proj_dim", "32"));
  CHECK(refused(opt(), "_remove_final_layer_norm", "true"));
  CHECK(refused(opt(), "layer_norm_elementwise_affine", "false"));
  CHECK(refused(opt(), "activation_function", R"("selu")"));
  CHECK(refused(gpt2(), "scale_attn_weights", "false"));
  CHECK(refused(gpt2(), "scale_attn_by_inverse_layer_idx", "true"));
  CHECK(refused(gpt2(), "add_cross_attention", "true"));
}

TEST_CASE("an architecture that is not known is refused with the list of those that are") {
  const std::string list =
      "LlamaForCausalLM, MistralForCausalLM, Qwen2ForCausalLM, Qwen3ForCausalLM, OPTForCausalLM, "
      "GPT2LMHeadModel";
  const auto detail = [](const char* architecture, const char* model_type) {
    return read_decoder_spec(family(architecture, model_type)).error().detail;
  };
  CHECK(detail("Glm4MoeForCausalLM", "glm4_moe") ==
        "config.json: architecture \"Glm4MoeForCausalLM\" is not supported; these are: " + list);
  CHECK(detail("QWenLMHeadModel", "qwen").find("\"QWenLMHeadModel\" is not supported") !=
        std::string::npos);
  CHECK(detail("LlamaForCausalLM", "qwen2").find("with model_type \"qwen2\"") != std::string::npos);
  CHECK_FALSE(invalid(llama(), "architectures", R"(["LlamaForCausalLM", "X"])").empty());
  CHECK_FALSE(invalid(llama(), "architectures", "[]").empty());
  CHECK_FALSE(invalid(llama(), "architectures", "[3]").empty());
}

TEST_CASE("a value that is missing, of the wrong kind or out of range is refused") {
  const std::string file = "config.json: ";
  CHECK(invalid(llama(), "hidden_size", "") == file + "\"hidden_size\" is missing");
  CHECK(invalid(llama(), "hidden_size", "\"64\"") ==
        file + "\"hidden_size\" must be an integer between 1 and 1048576");
  for (const char* value :
       {"0", "-64", "64.5", "1e300", "9223372036854775807", "18446744073709551615", "[]", "true"}) {
    INFO(value);
    for (const char* key :
         {"vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers",
          "num_attention_heads", "num_key_value_heads", "head_dim", "max_position_embeddings"}) {
      INFO(key);
      CHECK_FALSE(invalid(llama(), key, value).empty());
    }
  }
  CHECK(invalid(llama(), "rms_norm_eps", "-1") ==
        file + "\"rms_norm_eps\" must be a number between 0 and 1");
  CHECK_FALSE(invalid(llama(), "rope_theta", "0").empty());
  CHECK_FALSE(invalid(llama(), "tie_word_embeddings", "1").empty());
  CHECK_FALSE(invalid(llama(), "hidden_act", "[]").empty());
  CHECK_FALSE(invalid(llama(), "eos_token_id", "-1").empty());
  CHECK_FALSE(invalid(llama(), "eos_token_id", "[1, \"2\"]").empty());
}

TEST_CASE("heads that do not divide are refused") {
  CHECK_FALSE(invalid(llama(), "num_attention_heads", "5").empty());
  CHECK_FALSE(invalid(llama(), "num_key_value_heads", "3").empty());
  CHECK_FALSE(invalid(llama(), "head_dim", "15").empty());
}

TEST_CASE("end tokens are one id or a list, and those beyond the vocabulary are left out") {
  auto config = llama();
  config["eos_token_id"] = {3, 1, 100};
  CHECK(spec_of(config).eos_token_ids == std::vector<TokenId>{3, 1});
  config["eos_token_id"] = nullptr;
  CHECK(spec_of(config).eos_token_ids.empty());
}

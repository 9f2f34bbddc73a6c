#include "src/model/families.hpp"

#include "tests/model/family_configs.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;
using octavo::testing::config_of;
using octavo::testing::error_with;
using octavo::testing::Family;
using octavo::testing::kFamilies;
using octavo::testing::spec_of;
using octavo::testing::spec_with;

namespace {

using kernels::Activation;
using Windows = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("every family reads its sizes") {
  for (const Family& family : kFamilies) {
    CAPTURE(family.model_type);
    const DecoderSpec spec = spec_of(config_of(family));
    CHECK(spec.vocab_size == 50);
    CHECK(spec.hidden_size == 128);
    CHECK(spec.num_layers == 2);
    CHECK(spec.num_heads == 64);
    CHECK(spec.max_position_embeddings == 128);
    CHECK(spec.intermediate_size == (family.model_type == "gpt2" ? 4 * 128 : 96));
    CHECK(spec.windows.size() == 2);
  }
}

TEST_CASE("a config that says nothing of key-value heads has its family's own number") {
  CHECK(spec_of(config_of("llama")).num_kv_heads == 64);
  CHECK(spec_of(config_of("mistral")).num_kv_heads == 8);
  CHECK(spec_of(config_of("qwen2")).num_kv_heads == 32);
  CHECK(spec_of(config_of("qwen3")).num_kv_heads == 32);
  CHECK(spec_of(config_of("opt")).num_kv_heads == 64);
  CHECK(spec_of(config_of("gpt2")).num_kv_heads == 64);
  // Null says that there are as many as queries have.
  for (const char* family : {"llama", "mistral", "qwen2", "qwen3"})
    CHECK(spec_with(config_of(family), "num_key_value_heads", "null").num_kv_heads == 64);
  CHECK(spec_with(config_of("qwen2"), "num_key_value_heads", "4").num_kv_heads == 4);
}

TEST_CASE("a head is the width divided by the heads, but for Qwen 3 and where it is said") {
  for (const Family& family : kFamilies) {
    CAPTURE(family.model_type);
    CHECK(spec_of(config_of(family)).head_dim == (family.model_type == "qwen3" ? 128 : 2));
  }
  CHECK(spec_with(config_of("llama"), "head_dim", "24").head_dim == 24);
  CHECK(spec_with(config_of("qwen3"), "head_dim", "64").head_dim == 64);
  CHECK(spec_with(config_of("mistral"), "head_dim", "null").head_dim == 2);
}

TEST_CASE("a width that the heads do not divide is refused") {
  const std::string detail =
      "config.json: the hidden size must be a multiple of the number of heads";
  CHECK(error_with(config_of("opt"), "num_attention_heads", "3").detail == detail);
  CHECK(error_with(config_of("gpt2"), "n_head", "65").detail == detail);
  // A head of 2048 is more than any kernel holds.
  CHECK(error_with(config_of("gpt2"), "n_embd", "131072").detail == detail);
  CHECK(error_with(config_of("gpt2"), "n_embd", "65536") == Error{});
}

TEST_CASE("norms are of their family's kind and have its epsilon") {
  for (const char* family : {"llama", "mistral", "qwen2", "qwen3"}) {
    CAPTURE(family);
    CHECK(spec_of(config_of(family)).norm == kernels::NormKind::kRms);
    CHECK(spec_of(config_of(family)).norm_epsilon == 1e-6F);
    CHECK(spec_with(config_of(family), "rms_norm_eps", "1e-5").norm_epsilon == 1e-5F);
  }
  for (const char* family : {"opt", "gpt2"}) {
    CAPTURE(family);
    CHECK(spec_of(config_of(family)).norm == kernels::NormKind::kLayer);
    CHECK(spec_of(config_of(family)).norm_epsilon == 1e-5F);
  }
  CHECK(spec_with(config_of("gpt2"), "layer_norm_epsilon", "0.25").norm_epsilon == 0.25F);
}

TEST_CASE("an activation is found under each of its names") {
  const std::vector<std::pair<const char*, Activation>> names{
      {"silu", Activation::kSilu},         {"swish", Activation::kSilu},
      {"gelu", Activation::kGelu},         {"gelu_new", Activation::kGeluTanh},
      {"relu", Activation::kRelu},         {"gelu_pytorch_tanh", Activation::kGeluTanh},
      {"gelu_fast", Activation::kGeluTanh}};
  for (const auto& [name, activation] : names) {
    CAPTURE(name);
    const std::string text = '"' + std::string(name) + '"';
    CHECK(spec_with(config_of("llama"), "hidden_act", text).activation == activation);
    CHECK(spec_with(config_of("opt"), "activation_function", text).activation == activation);
  }
  const Error error = error_with(config_of("gpt2"), "activation_function", "\"GELU\"");
  CHECK(error.code == Errc::kUnsupportedModel);
  CHECK(error.detail.find("\"activation_function\" \"GELU\" is not supported") !=
        std::string::npos);
}

TEST_CASE("biases are their family's") {
  struct Case {
    const char* family;
    bool qkv, output, mlp;
  };
  for (const Case& each : {Case{"llama", false, false, false}, Case{"mistral", false, false, false},
                           Case{"qwen2", true, false, false}, Case{"qwen3", false, false, false},
                           Case{"opt", true, true, true}, Case{"gpt2", true, true, true}}) {
    CAPTURE(each.family);
    const DecoderSpec spec = spec_of(config_of(each.family));
    CHECK(spec.qkv_bias == each.qkv);
    CHECK(spec.attention_output_bias == each.output);
    CHECK(spec.mlp_bias == each.mlp);
  }
  const DecoderSpec opt = spec_with(config_of("opt"), "enable_bias", "false");
  CHECK_FALSE((opt.qkv_bias || opt.attention_output_bias || opt.mlp_bias));
  const DecoderSpec qwen3 = spec_with(config_of("qwen3"), "attention_bias", "true");
  CHECK((qwen3.qkv_bias && qwen3.attention_output_bias));
  CHECK_FALSE(qwen3.mlp_bias);
}

TEST_CASE("the head is the embedding in OPT and GPT-2, and where a config says so") {
  for (const Family& family : kFamilies) {
    CAPTURE(family.model_type);
    const bool is_tied = family.model_type == "opt" || family.model_type == "gpt2";
    CHECK(spec_of(config_of(family)).tied_head == is_tied);
    CHECK(spec_with(config_of(family), "tie_word_embeddings", "true").tied_head);
    CHECK_FALSE(spec_with(config_of(family), "tie_word_embeddings", "false").tied_head);
  }
}

TEST_CASE("what a family alone has, the others do not have") {
  for (const Family& family : kFamilies) {
    CAPTURE(family.model_type);
    const DecoderSpec spec = spec_of(config_of(family));
    const bool is_older = family.model_type == "opt" || family.model_type == "gpt2";
    CHECK(spec.qk_norm == (family.model_type == "qwen3"));
    CHECK(spec.position_offset == (family.model_type == "opt" ? 2 : 0));
    CHECK(spec.gated == !is_older);
    CHECK(spec.rope.has_value() == !is_older);
    const std::int64_t window = family.model_type == "mistral" ? 4096 : 0;
    CHECK(spec.windows == Windows{window, window});
  }
}

TEST_CASE("GPT-2 is told the width of its feed-forward or has four times its own") {
  CHECK(spec_with(config_of("gpt2"), "n_inner", "77").intermediate_size == 77);
  CHECK(spec_with(config_of("gpt2"), "n_inner", "null").intermediate_size == 512);
}

TEST_CASE("a window of Qwen begins at the layer it is told, or beyond a small model") {
  auto config = config_of("qwen3");
  config["use_sliding_window"] = true;
  CHECK(spec_of(config).windows == Windows{0, 0});  // From layer 28 on.
  CHECK(spec_with(config, "max_window_layers", "0").windows == Windows{4096, 4096});
  CHECK(spec_with(config, "max_window_layers", "2").windows == Windows{0, 0});
  config["max_window_layers"] = 1;
  CHECK(spec_with(config, "sliding_window", "16").windows == Windows{0, 16});
}

TEST_CASE("a setting that is null is None, and not the default of one that is absent") {
  for (const char* family : {"qwen2", "qwen3"}) {
    CAPTURE(family);
    auto config = config_of(family);
    config["use_sliding_window"] = true;
    config["max_window_layers"] = 0;
    CHECK(spec_of(config).windows == Windows{4096, 4096});
    CHECK(spec_with(config, "sliding_window", "null").windows == Windows{0, 0});
    CHECK(spec_with(config, "use_sliding_window", "null").windows == Windows{0, 0});
  }
  CHECK(spec_with(config_of("mistral"), "sliding_window", "null").windows == Windows{0, 0});
  for (const char* family : {"llama", "mistral", "qwen2", "qwen3"}) {
    CAPTURE(family);
    CHECK(spec_with(config_of(family), "num_key_value_heads", "null").num_kv_heads == 64);
  }
  for (const char* family : {"llama", "mistral", "qwen2"}) {
    CAPTURE(family);
    CHECK(spec_with(config_of(family), "head_dim", "null").head_dim == 2);
  }
  for (const char* family : {"opt", "gpt2"}) {
    CAPTURE(family);
    CHECK(spec_of(config_of(family)).tied_head);
    CHECK_FALSE(spec_with(config_of(family), "tie_word_embeddings", "null").tied_head);
  }
  CHECK_FALSE(spec_with(config_of("opt"), "enable_bias", "null").mlp_bias);
  CHECK(error_with(config_of("gpt2"), "scale_attn_weights", "null").code ==
        Errc::kUnsupportedModel);
}

TEST_CASE("layer types must be one for each layer, and agree with what a family does") {
  const auto error = [](const char* family, const char* types) {
    return error_with(config_of(family), "layer_types", types);
  };
  CHECK(error("mistral", R"(["sliding_attention", "sliding_attention"])") == Error{});
  CHECK(error("mistral", R"(["sliding_attention", "full_attention"])").code ==
        Errc::kUnsupportedModel);
  CHECK(error("qwen3", R"(["full_attention", "full_attention"])") == Error{});
  CHECK(error("qwen3", R"(["full_attention", "sliding_attention"])")
            .detail.find("\"layer_types\" of layer 1 is not supported") != std::string::npos);
  for (const char* types : {"[]", "{}", R"("full_attention")", R"(["full_attention"])",
                            R"(["full_attention", "full_attention", "full_attention"])"}) {
    CAPTURE(types);
    CHECK(error("qwen2", types).code == Errc::kInvalidFile);
  }
  CHECK(error("qwen2", R"(["full_attention", 1])").code == Errc::kUnsupportedModel);
  CHECK(error("llama", "null") == Error{});
}

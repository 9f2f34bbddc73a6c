#include "src/model/weights.hpp"

#include <set>

#include "src/model/architectures.hpp"
#include "tests/model/family_configs.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;
using octavo::testing::config_of;
using octavo::testing::Family;
using octavo::testing::kFamilies;
using octavo::testing::spec_of;
using octavo::testing::spec_with;

namespace {

/// Writes down what it is asked for: "name[first row + rows, first column + columns]".
class Asked final : public WeightSource {
 public:
  kernels::Matrix matrix(const std::vector<TensorPart>& parts, const Columns& cols,
                         bool transposed) override {
    std::string text = transposed ? "^" : "";
    for (const TensorPart& part : parts) {
      text += part.name + "[" + std::to_string(part.first_row) + "+" + std::to_string(part.rows) +
              "," + std::to_string(cols.first) + "+" + std::to_string(cols.count) + "]";
      names.insert(part.name);
    }
    all.push_back(text);
    return {};
  }
  kernels::Matrix for_product(kernels::Matrix matrix) override {
    products.push_back(all.back());
    return matrix;
  }
  kernels::Vector vector(const std::vector<TensorPart>& parts) override {
    std::string text;
    for (const TensorPart& part : parts) {
      text +=
          part.name + "[" + std::to_string(part.first_row) + "+" + std::to_string(part.rows) + "]";
      names.insert(part.name);
    }
    all.push_back(text);
    return {};
  }

  /// The first that was asked for and begins so.
  std::string about(const std::string& name) const {
    for (const std::string& each : all) {
      if (each.find(name) <= 1) return each;
    }
    return "nothing";
  }

  std::vector<std::string> all;
  std::vector<std::string> products;
  std::multiset<std::string> names;
};

Asked asked_for(const DecoderSpec& spec, const Shard& shard = {}, std::string_view prefix = "") {
  Asked asked;
  gather_weights(spec, prefix, asked, shard);
  return asked;
}

/// Four heads of 4 over two, width 16, feed-forward of 12, 50 words.
boost::json::object small(std::string_view family) {
  auto config = config_of(family);
  const bool is_gpt2 = family == "gpt2";
  config[is_gpt2 ? "n_embd" : "hidden_size"] = 16;
  config[is_gpt2 ? "n_head" : "num_attention_heads"] = 4;
  config[is_gpt2 ? "n_layer" : "num_hidden_layers"] = 1;
  config[is_gpt2 ? "n_inner" : "intermediate_size"] = 12;
  if (!is_gpt2) config["num_key_value_heads"] = 2;
  return config;
}

}  // namespace

TEST_CASE("a model is asked for in the order in which it computes") {
  CHECK(asked_for(spec_of(small("llama")), {}, "model.").all ==
        std::vector<std::string>{"model.embed_tokens.weight[0+50,0+16]",
                                 "model.layers.0.input_layernorm.weight[0+16]",
                                 "model.layers.0.self_attn.q_proj.weight[0+16,0+16]"
                                 "model.layers.0.self_attn.k_proj.weight[0+8,0+16]"
                                 "model.layers.0.self_attn.v_proj.weight[0+8,0+16]",
                                 "model.layers.0.self_attn.o_proj.weight[0+16,0+16]",
                                 "model.layers.0.post_attention_layernorm.weight[0+16]",
                                 "model.layers.0.mlp.gate_proj.weight[0+12,0+16]"
                                 "model.layers.0.mlp.up_proj.weight[0+12,0+16]",
                                 "model.layers.0.mlp.down_proj.weight[0+16,0+12]",
                                 "model.norm.weight[0+16]", "lm_head.weight[0+50,0+16]"});
}

TEST_CASE("a fused and transposed projection is asked for as it is stored") {
  const Asked asked = asked_for(spec_of(small("gpt2")));
  CHECK(asked.about("h.0.attn.c_attn.weight") == "^h.0.attn.c_attn.weight[0+48,0+16]");
  CHECK(asked.about("h.0.attn.c_attn.bias") == "h.0.attn.c_attn.bias[0+48]");
  CHECK(asked.about("h.0.mlp.c_proj.weight") == "^h.0.mlp.c_proj.weight[0+16,0+12]");
  CHECK(asked.about("wpe.weight") == "wpe.weight[0+128,0+16]");
  CHECK(asked.about("lm_head") == "nothing");
}

TEST_CASE("learned positions have the rows that lie before position 0") {
  CHECK(asked_for(spec_of(config_of("opt"))).about("embed_positions") ==
        "embed_positions.weight[0+130,0+128]");
}

TEST_CASE("biases and norms of heads are asked for where the spec has them") {
  const Asked qwen2 = asked_for(spec_of(small("qwen2")));
  CHECK(qwen2.about("layers.0.self_attn.q_proj.bias") ==
        "layers.0.self_attn.q_proj.bias[0+16]layers.0.self_attn.k_proj.bias[0+8]"
        "layers.0.self_attn.v_proj.bias[0+8]");
  CHECK(qwen2.about("layers.0.self_attn.o_proj.bias") == "nothing");
  CHECK(qwen2.about("layers.0.self_attn.q_norm") == "nothing");
  const Asked qwen3 = asked_for(spec_with(small("qwen3"), "head_dim", "8"));
  CHECK(qwen3.about("layers.0.self_attn.q_norm.weight") == "layers.0.self_attn.q_norm.weight[0+8]");
  CHECK(qwen3.about("layers.0.self_attn.k_norm.weight") == "layers.0.self_attn.k_norm.weight[0+8]");
  CHECK(asked_for(spec_of(small("gpt2"))).about("ln_f.bias") == "ln_f.bias[0+16]");
  CHECK(qwen3.about("norm.bias") == "nothing");
}

TEST_CASE("no tensor is asked for twice, and the four products of each layer alone are products") {
  for (const Family& family : kFamilies) {
    CAPTURE(family.model_type);
    const Asked asked = asked_for(spec_of(config_of(family)));
    for (const std::string& name : asked.names) CHECK(asked.names.count(name) == 1);
    CHECK(asked.products.size() == 2 * 4);
    for (const std::string& product : asked.products)
      CHECK(product.find("embed") == std::string::npos);
  }
}

TEST_CASE("a shard has its rows of what it spreads and its columns of what it sums") {
  const Asked asked = asked_for(spec_of(small("llama")), {1, 2});
  CHECK(asked.about("layers.0.self_attn.q_proj") ==
        "layers.0.self_attn.q_proj.weight[8+8,0+16]layers.0.self_attn.k_proj.weight[4+4,0+16]"
        "layers.0.self_attn.v_proj.weight[4+4,0+16]");
  CHECK(asked.about("layers.0.self_attn.o_proj") == "layers.0.self_attn.o_proj.weight[0+16,8+8]");
  CHECK(asked.about("layers.0.mlp.gate_proj") ==
        "layers.0.mlp.gate_proj.weight[6+6,0+16]layers.0.mlp.up_proj.weight[6+6,0+16]");
  CHECK(asked.about("layers.0.mlp.down_proj") == "layers.0.mlp.down_proj.weight[0+16,6+6]");
  CHECK(asked.about("embed_tokens") == "embed_tokens.weight[0+50,0+16]");
  CHECK(asked.about("norm.weight") == "norm.weight[0+16]");
  CHECK(asked.about("lm_head") == "lm_head.weight[25+25,0+16]");
}

TEST_CASE("a shard of a fused projection has its part of the queries, the keys and the values") {
  CHECK(asked_for(spec_of(small("gpt2")), {1, 2}).about("h.0.attn.c_attn.weight") ==
        "^h.0.attn.c_attn.weight[8+8,0+16]h.0.attn.c_attn.weight[24+8,0+16]"
        "h.0.attn.c_attn.weight[40+8,0+16]");
}

TEST_CASE("the bias of a sum is added by one of the shards, others by each on its rows") {
  const DecoderSpec spec = spec_of(small("gpt2"));
  CHECK(asked_for(spec, {0, 2}).about("h.0.mlp.c_proj.bias") == "h.0.mlp.c_proj.bias[0+16]");
  CHECK(asked_for(spec, {1, 2}).about("h.0.mlp.c_proj.bias") == "nothing");
  CHECK(asked_for(spec, {1, 2}).about("h.0.attn.c_proj.bias") == "nothing");
  CHECK(asked_for(spec, {1, 2}).about("h.0.mlp.c_fc.bias") == "h.0.mlp.c_fc.bias[6+6]");
}

TEST_CASE("a tied head is shared by the shards too, and whole where the words do not divide") {
  const auto heads_of = [](const boost::json::object& config, const Shard& shard) {
    const Asked asked = asked_for(spec_of(config), shard);
    return asked.all.back();
  };
  auto tied = small("llama");
  tied["tie_word_embeddings"] = true;
  CHECK(heads_of(tied, {1, 2}) == "embed_tokens.weight[25+25,0+16]");
  CHECK(heads_of(tied, {}) == "norm.weight[0+16]");
  tied["vocab_size"] = 51;
  CHECK(heads_of(tied, {1, 2}) == "norm.weight[0+16]");
  auto untied = small("llama");
  untied["vocab_size"] = 51;
  CHECK(heads_of(untied, {1, 2}) == "lm_head.weight[0+51,0+16]");
}

TEST_CASE("parameters are counted by where they are held") {
  const ParameterCount llama = count_parameters(spec_of(small("llama")));
  CHECK(llama.products == 32 * 16 + 16 * 16 + 24 * 16 + 16 * 12);
  CHECK(llama.matrices == llama.products + 2 * 50 * 16);
  CHECK(llama.vectors == 3 * 16);
  const ParameterCount gpt2 = count_parameters(spec_of(small("gpt2")));
  CHECK(gpt2.products == 48 * 16 + 16 * 16 + 2 * 12 * 16);
  CHECK(gpt2.matrices == gpt2.products + (50 + 128) * 16);
  CHECK(gpt2.vectors == 3 * 2 * 16 + 48 + 16 + 12 + 16);
}

TEST_CASE("the head is its own matrix where there is one") {
  Weights weights;
  CHECK(&weights.head() == &weights.embedding);
  float value = 0;
  weights.own_head.storage = kernels::Buffer(&value, sizeof value, [](void*, std::size_t) {});
  CHECK(&weights.head() == &weights.own_head);
}

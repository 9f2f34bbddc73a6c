#include "tests/support/tiny_model.hpp"

#include <functional>
#include <numeric>

namespace octavo::testing {
namespace {

TestTensor tensor(const std::string& name, const std::vector<std::int64_t>& shape) {
  const auto count =
      std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
  const float value = 0.05F * static_cast<float>(name.size() % 9);
  return {name, "F32", shape, float_bytes(count, value)};
}

}  // namespace

std::string tiny_llama_config() {
  return R"({"architectures": ["LlamaForCausalLM"], "vocab_size": 6, "hidden_size": 4,
      "intermediate_size": 3, "num_hidden_layers": 1, "num_attention_heads": 2,
      "num_key_value_heads": 1, "max_position_embeddings": 32, "eos_token_id": 2})";
}

std::vector<TestTensor> tiny_llama_tensors() {
  const std::string layer = "model.layers.0.";
  return {
      tensor("model.embed_tokens.weight", {6, 4}),
      tensor(layer + "input_layernorm.weight", {4}),
      tensor(layer + "self_attn.q_proj.weight", {4, 4}),
      tensor(layer + "self_attn.k_proj.weight", {2, 4}),
      tensor(layer + "self_attn.v_proj.weight", {2, 4}),
      tensor(layer + "self_attn.o_proj.weight", {4, 4}),
      tensor(layer + "post_attention_layernorm.weight", {4}),
      tensor(layer + "mlp.gate_proj.weight", {3, 4}),
      tensor(layer + "mlp.up_proj.weight", {3, 4}),
      tensor(layer + "mlp.down_proj.weight", {4, 3}),
      tensor("model.norm.weight", {4}),
      tensor("lm_head.weight", {6, 4}),
  };
}

std::string tiny_gpt2_config() {
  return R"({"architectures": ["GPT2LMHeadModel"], "vocab_size": 6, "n_embd": 4, "n_layer": 1,
      "n_head": 2, "n_positions": 32, "n_inner": 3, "eos_token_id": 2})";
}

std::vector<TestTensor> tiny_gpt2_tensors() {
  std::vector<TestTensor> tensors{tensor("wte.weight", {6, 4}), tensor("wpe.weight", {32, 4})};
  const auto add = [&](const std::string& name, const std::vector<std::int64_t>& shape) {
    tensors.push_back(tensor(name + ".weight", shape));
    tensors.push_back(tensor(name + ".bias", {shape.back()}));
  };
  add("h.0.ln_1", {4});
  add("h.0.attn.c_attn", {4, 12});
  add("h.0.attn.c_proj", {4, 4});
  add("h.0.ln_2", {4});
  add("h.0.mlp.c_fc", {4, 3});
  add("h.0.mlp.c_proj", {3, 4});
  add("ln_f", {4});
  return tensors;
}

}  // namespace octavo::testing

#include "src/model/architectures.hpp"

#include <algorithm>

#include "src/model/families.hpp"

namespace octavo {
namespace {

constexpr WeightNames kLlamaNames{
    .prefixes = {"model.", ""},
    .embedding = "embed_tokens",
    .positions = "",
    .layers = "layers.",
    .attention_norm = "input_layernorm",
    .qkv = {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"},
    .query_norm = "self_attn.q_norm",
    .key_norm = "self_attn.k_norm",
    .attention_output = "self_attn.o_proj",
    .mlp_norm = "post_attention_layernorm",
    .mlp_in = {"mlp.gate_proj", "mlp.up_proj"},
    .mlp_out = "mlp.down_proj",
    .final_norm = "norm",
    .transposed = false,
    .ignorable = {".rotary_emb.inv_freq", ""},
};

constexpr WeightNames kOptNames{
    .prefixes = {"model.decoder.", "decoder."},
    .embedding = "embed_tokens",
    .positions = "embed_positions",
    .layers = "layers.",
    .attention_norm = "self_attn_layer_norm",
    .qkv = {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"},
    .query_norm = "",
    .key_norm = "",
    .attention_output = "self_attn.out_proj",
    .mlp_norm = "final_layer_norm",
    .mlp_in = {"fc1", ""},
    .mlp_out = "fc2",
    .final_norm = "final_layer_norm",
    .transposed = false,
    .ignorable = {"", ""},
};

constexpr WeightNames kGpt2Names{
    .prefixes = {"transformer.", ""},
    .embedding = "wte",
    .positions = "wpe",
    .layers = "h.",
    .attention_norm = "ln_1",
    .qkv = {"attn.c_attn", "", ""},
    .query_norm = "",
    .key_norm = "",
    .attention_output = "attn.c_proj",
    .mlp_norm = "ln_2",
    .mlp_in = {"mlp.c_fc", ""},
    .mlp_out = "mlp.c_proj",
    .final_norm = "ln_f",
    .transposed = true,
    .ignorable = {".attn.bias", ".attn.masked_bias"},
};

constexpr std::array kArchitectures{
    Architecture{"llama", {"LlamaForCausalLM", "LLaMAForCausalLM"}, read_llama, kLlamaNames},
    Architecture{"mistral", {"MistralForCausalLM", ""}, read_mistral, kLlamaNames},
    Architecture{"qwen2", {"Qwen2ForCausalLM", ""}, read_qwen2, kLlamaNames},
    Architecture{"qwen3", {"Qwen3ForCausalLM", ""}, read_qwen3, kLlamaNames},
    Architecture{"opt", {"OPTForCausalLM", ""}, read_opt, kOptNames},
    Architecture{"gpt2", {"GPT2LMHeadModel", ""}, read_gpt2, kGpt2Names},
};

}  // namespace

const Architecture* find_architecture(std::string_view name) {
  const auto* found = std::find_if(
      kArchitectures.begin(), kArchitectures.end(), [&](const Architecture& architecture) {
        return name == architecture.model_type || name == architecture.classes[0] ||
               (!name.empty() && name == architecture.classes[1]);
      });
  return found == kArchitectures.end() ? nullptr : found;
}

std::string supported_architectures() {
  std::string names;
  for (const auto& architecture : kArchitectures) {
    if (!names.empty()) names += ", ";
    names += architecture.classes[0];
  }
  return names;
}

}  // namespace octavo

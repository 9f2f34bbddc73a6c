#include "src/model/architectures.hpp"

#include <set>
#include <vector>

#include "tests/model/family_configs.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;
using octavo::testing::config_of;
using octavo::testing::Family;
using octavo::testing::kFamilies;
using octavo::testing::spec_of;

namespace {

/// Every name of a family that a layer or the model itself must have.
std::vector<std::string_view> layer_names(const WeightNames& names) {
  return {names.attention_norm, names.qkv[0],    names.attention_output,
          names.mlp_norm,       names.mlp_in[0], names.mlp_out};
}

}  // namespace

TEST_CASE("a family is found by its class and by its model type") {
  for (const Family& family : kFamilies) {
    CAPTURE(family.model_type);
    const Architecture* found = find_architecture(family.class_name);
    REQUIRE(found != nullptr);
    CHECK(found->model_type == family.model_type);
    CHECK(find_architecture(family.model_type) == found);
    CHECK(spec_of(config_of(family)).architecture == found);
  }
  CHECK(find_architecture("LLaMAForCausalLM") == find_architecture("llama"));
}

TEST_CASE("no family has an empty name or another spelling") {
  for (const char* name : {"", "Llama", "llamaforcausallm", "LlamaForCausalLM ", "gpt", "GPT2",
                           "OPTModel", "qwen", "MixtralForCausalLM"}) {
    CAPTURE(name);
    CHECK(find_architecture(name) == nullptr);
  }
}

TEST_CASE("the supported ones are listed by class, each once") {
  std::string expected;
  for (const Family& family : kFamilies)
    expected += (expected.empty() ? "" : ", ") + std::string(family.class_name);
  CHECK(supported_architectures() == expected);
}

TEST_CASE("every family names what a layer cannot do without, no two alike") {
  for (const Family& family : kFamilies) {
    CAPTURE(family.model_type);
    const WeightNames& names = find_architecture(family.model_type)->names;
    const auto needed = layer_names(names);
    CHECK(std::set<std::string_view>(needed.begin(), needed.end()).size() == needed.size());
    for (const std::string_view name : needed) CHECK_FALSE(name.empty());
    CHECK_FALSE(names.embedding.empty());
    CHECK_FALSE(names.final_norm.empty());
    CHECK(names.layers.ends_with("."));
    CHECK(names.prefixes[0] != names.prefixes[1]);
    for (const std::string_view prefix : names.prefixes)
      CHECK((prefix.empty() || prefix.ends_with(".")));
  }
}

TEST_CASE("a family has a name for every tensor that its spec can ask for") {
  for (const Family& family : kFamilies) {
    CAPTURE(family.model_type);
    const DecoderSpec spec = spec_of(config_of(family));
    const WeightNames& names = spec.architecture->names;
    CHECK(names.positions.empty() == spec.rope.has_value());
    CHECK(names.mlp_in[1].empty() == !spec.gated);
    CHECK((!spec.qk_norm || !names.query_norm.empty()));
    CHECK(names.query_norm.empty() == names.key_norm.empty());
    CHECK(names.qkv[1].empty() == names.qkv[2].empty());
  }
}

TEST_CASE("GPT-2 alone stores its projections fused and transposed") {
  for (const Family& family : kFamilies) {
    CAPTURE(family.model_type);
    const WeightNames& names = find_architecture(family.model_type)->names;
    CHECK(names.transposed == (family.model_type == "gpt2"));
    CHECK(names.qkv[1].empty() == (family.model_type == "gpt2"));
  }
}

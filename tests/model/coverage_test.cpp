#include "src/model/coverage.hpp"

#include <boost/json.hpp>

#include "src/model/architectures.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/tiny_model.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

using Tensors = std::vector<TestTensor>;

Checkpoint checkpoint_of(const Tensors& tensors) {
  const TempFolder folder;
  folder.write("model.safetensors", safetensors_file(tensors));
  auto checkpoint = Checkpoint::open(folder.path());
  if (!checkpoint) FAIL(checkpoint.error().detail);
  return std::move(*checkpoint);
}

DecoderSpec spec_of(const std::string& config) {
  return read_decoder_spec(boost::json::parse(config).as_object()).value();
}

std::string tied(std::string config) {
  return config.insert(config.size() - 1, R"(, "tie_word_embeddings": true)");
}

TestTensor& named(Tensors& tensors, const std::string& name) {
  for (TestTensor& tensor : tensors) {
    if (tensor.name == name) return tensor;
  }
  throw std::logic_error(name);
}

std::string fault_of(const std::string& config, const Tensors& tensors) {
  const auto bytes = check_coverage(spec_of(config), checkpoint_of(tensors));
  return bytes ? "none" : bytes.error().detail;
}

void make_wide(TestTensor& tensor) {
  tensor.shape = {9};
  tensor.data = float_bytes(9, 0);
}

}  // namespace

TEST_CASE("weights are stored as float32, float16 or bfloat16") {
  const std::vector<std::pair<const char*, std::optional<kernels::DType>>> cases{
      {"F32", kernels::DType::kF32},   {"F16", kernels::DType::kF16},
      {"BF16", kernels::DType::kBF16}, {"F64", std::nullopt},
      {"I32", std::nullopt},           {"F8_E4M3", std::nullopt},
      {"f32", std::nullopt},           {"", std::nullopt}};
  for (const auto& [name, dtype] : cases) {
    CAPTURE(name);
    StoredTensor tensor;
    tensor.dtype = name;
    CHECK(dtype_of(tensor) == dtype);
  }
}

TEST_CASE("the bytes of a model are those that it uses, not those that are ignored") {
  std::size_t used_bytes = 0;
  Tensors tensors = tiny_llama_tensors();
  for (const TestTensor& tensor : tensors) used_bytes += tensor.data.size();
  tensors.push_back({"model.layers.0.self_attn.rotary_emb.inv_freq", "F32", {2}, "12345678"});
  CHECK(check_coverage(spec_of(tiny_llama_config()), checkpoint_of(tensors)).value() == used_bytes);
  // Half as many where the stored type is half as wide, whatever they become.
  TestTensor& norm = named(tensors, "model.norm.weight");
  norm.dtype = "BF16";
  norm.data.resize(norm.data.size() / 2);
  CHECK(check_coverage(spec_of(tiny_llama_config()), checkpoint_of(tensors)).value() ==
        used_bytes - 8);
}

TEST_CASE("a head that repeats the embedding is ignored, whatever its shape, and not counted") {
  Tensors tensors = tiny_llama_tensors();
  const auto whole = check_coverage(spec_of(tiny_llama_config()), checkpoint_of(tensors)).value();
  make_wide(named(tensors, "lm_head.weight"));
  CHECK(fault_of(tiny_llama_config(), tensors) ==
        "tensor lm_head.weight has shape [9], config.json implies [6, 4]");
  CHECK(check_coverage(spec_of(tied(tiny_llama_config())), checkpoint_of(tensors)).value() ==
        whole - 6 * 4 * 4);
}

TEST_CASE("constants are ignored in the family that stores them, and are surplus in another") {
  Tensors llama = tiny_llama_tensors();
  llama.push_back({"model.layers.0.attn.bias", "U8", {1}, "x"});
  CHECK(fault_of(tiny_llama_config(), llama) ==
        "the checkpoint has tensor model.layers.0.attn.bias, which the model does not use");
  Tensors gpt2 = tiny_gpt2_tensors();
  gpt2.push_back({"h.0.attn.masked_bias", "U8", {1}, "x"});
  CHECK(fault_of(tiny_gpt2_config(), gpt2) == "none");
  gpt2.push_back({"h.0.self_attn.rotary_emb.inv_freq", "U8", {1}, "x"});
  CHECK(fault_of(tiny_gpt2_config(), gpt2).find("which the model does not use") !=
        std::string::npos);
}

TEST_CASE("what is missing is told before what is misshapen, and that before what is surplus") {
  Tensors tensors = tiny_llama_tensors();
  tensors.push_back({"a.surplus", "F32", {1}, "1234"});
  CHECK(fault_of(tiny_llama_config(), tensors).find("the checkpoint has tensor a.surplus") == 0);
  make_wide(named(tensors, "model.layers.0.input_layernorm.weight"));
  CHECK(fault_of(tiny_llama_config(), tensors) ==
        "tensor model.layers.0.input_layernorm.weight has shape [9], config.json implies [4]");
  std::erase_if(tensors, [](const TestTensor& tensor) { return tensor.name == "lm_head.weight"; });
  CHECK(fault_of(tiny_llama_config(), tensors) ==
        "the checkpoint lacks 1 tensors, the first is lm_head.weight");
}

TEST_CASE("the first fault in the order of the model is the one that is told") {
  Tensors tensors = tiny_llama_tensors();
  make_wide(named(tensors, "model.norm.weight"));
  TestTensor& up = named(tensors, "model.layers.0.mlp.up_proj.weight");
  up.dtype = "I32";
  CHECK(fault_of(tiny_llama_config(), tensors).find(up.name + " has dtype I32") !=
        std::string::npos);
}

TEST_CASE("the prefix is the one under which the embedding stands, else the family's first") {
  const DecoderSpec gpt2 = spec_of(tiny_gpt2_config());
  Tensors tensors = tiny_gpt2_tensors();
  CHECK(name_prefix(checkpoint_of(tensors), gpt2).empty());
  named(tensors, "wte.weight").name = "transformer.wte.weight";
  CHECK(name_prefix(checkpoint_of(tensors), gpt2) == "transformer.");
  CHECK(name_prefix(checkpoint_of({{"x", "U8", {1}, "1"}}), gpt2) == "transformer.");
  // The other tensors are looked for under the same prefix.
  CHECK(fault_of(tiny_gpt2_config(), tensors) ==
        "the checkpoint lacks 15 tensors, the first is transformer.wpe.weight");
}

TEST_CASE("an embedding of a type that no weight may have has no stored type") {
  const auto dtype = stored_dtype(checkpoint_of({{"wte.weight", "I32", {1}, "1234"}}),
                                  spec_of(tiny_gpt2_config()));
  REQUIRE(dtype.has_error());
  CHECK(dtype.error().code == Errc::kUnsupportedModel);
  CHECK(dtype.error().detail == "tensor wte.weight has dtype I32; F32, F16 and BF16 are supported");
}

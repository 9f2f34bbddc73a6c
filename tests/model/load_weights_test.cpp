#include "src/model/load_weights.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "src/model/coverage.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/tiny_model.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

using Tensors = std::vector<TestTensor>;

struct Loaded {
  DecoderSpec spec;
  Weights weights;
  Error error;
  std::vector<std::size_t> progress;
  std::size_t total_bytes = 0;
};

std::unique_ptr<kernels::Backend> reference_backend() {
  return kernels::make_cpu_backend({.threads = 1, .instruction_set = "reference"});
}

Loaded load(const std::string& config, const Tensors& tensors,
            kernels::DType dtype = kernels::DType::kF32) {
  const TempFolder folder;
  folder.write("model.safetensors", safetensors_file(tensors));
  const auto checkpoint = Checkpoint::open(folder.path());
  REQUIRE(checkpoint.has_value());
  const auto spec = read_decoder_spec(boost::json::parse(config).as_object());
  REQUIRE(spec.has_value());
  Loaded loaded{*spec, {}, {}, {}, 0};
  const auto backend = reference_backend();
  auto weights =
      load_weights(*backend, *spec, *checkpoint, dtype, [&](std::size_t done, std::size_t total) {
        loaded.progress.push_back(done);
        loaded.total_bytes = total;
      });
  if (weights) {
    loaded.weights = std::move(*weights);
  } else {
    loaded.error = weights.error();
  }
  return loaded;
}

Tensors without(Tensors tensors, const std::string& name) {
  std::erase_if(tensors, [&](const TestTensor& tensor) { return tensor.name == name; });
  return tensors;
}

Tensors with(Tensors tensors, TestTensor more) {
  tensors.push_back(std::move(more));
  return tensors;
}

std::string tied(std::string config) {
  return config.insert(config.size() - 1, R"(, "tie_word_embeddings": true)");
}

}  // namespace

TEST_CASE("projections that the decoder runs as one are stacked") {
  const auto loaded = load(tiny_llama_config(), tiny_llama_tensors());
  REQUIRE(loaded.error == Error{});
  const auto& layer = loaded.weights.layers.at(0);
  CHECK(layer.qkv.weight.rows == 8);
  CHECK(layer.qkv.weight.cols == 4);
  CHECK(layer.mlp_in.weight.rows == 6);
  CHECK_FALSE(layer.qkv.bias);
  CHECK(&loaded.weights.head() == &loaded.weights.own_head);
}

TEST_CASE("progress ends with every stored byte") {
  const auto loaded = load(tiny_llama_config(), tiny_llama_tensors());
  std::size_t stored = 0;
  for (const auto& tensor : tiny_llama_tensors()) stored += tensor.data.size();
  CHECK(loaded.total_bytes == stored);
  REQUIRE_FALSE(loaded.progress.empty());
  CHECK(loaded.progress.back() == stored);
  CHECK(std::is_sorted(loaded.progress.begin(), loaded.progress.end()));
}

TEST_CASE("parameters are counted as they are loaded") {
  const auto loaded = load(tiny_llama_config(), tiny_llama_tensors());
  const auto count = count_parameters(loaded.spec);
  CHECK(4 * (count.matrices + count.vectors) == static_cast<std::int64_t>(loaded.total_bytes));
  CHECK(count.vectors == 12);
}

TEST_CASE("a tied head is the embedding, whether or not the checkpoint repeats it") {
  for (const auto& tensors :
       {tiny_llama_tensors(), without(tiny_llama_tensors(), "lm_head.weight")}) {
    const auto loaded = load(tied(tiny_llama_config()), tensors);
    REQUIRE(loaded.error == Error{});
    CHECK(&loaded.weights.head() == &loaded.weights.embedding);
  }
}

TEST_CASE("fused and transposed projections load with or without the family's prefix") {
  auto tensors = tiny_gpt2_tensors();
  CHECK(load(tiny_gpt2_config(), tensors).error == Error{});
  for (auto& tensor : tensors) tensor.name = "transformer." + tensor.name;
  const auto loaded = load(tiny_gpt2_config(), tensors);
  CHECK(loaded.error == Error{});
  CHECK(loaded.weights.layers.at(0).qkv.weight.rows == 12);
  CHECK(loaded.weights.layers.at(0).qkv.bias.size == 12);
  CHECK(loaded.weights.positions.rows == 32);
}

TEST_CASE("missing tensors are counted and named") {
  auto tensors = without(tiny_llama_tensors(), "model.norm.weight");
  CHECK(load(tiny_llama_config(), tensors).error.detail ==
        "the checkpoint lacks 1 tensors, the first is model.norm.weight");
  tensors = without(tensors, "model.layers.0.mlp.up_proj.weight");
  CHECK(load(tiny_llama_config(), tensors).error.detail ==
        "the checkpoint lacks 2 tensors, the first is model.layers.0.mlp.up_proj.weight");
  CHECK(load(tiny_llama_config(), without(tiny_llama_tensors(), "lm_head.weight")).error.code ==
        Errc::kInvalidFile);
}

TEST_CASE("a tensor that the model does not use is an error, stored constants are not") {
  const TestTensor bias{"model.layers.0.self_attn.q_proj.bias", "F32", {4}, float_bytes(4, 1)};
  CHECK(load(tiny_llama_config(), with(tiny_llama_tensors(), bias)).error.detail ==
        "the checkpoint has tensor model.layers.0.self_attn.q_proj.bias, which the model does not "
        "use");
  const TestTensor frequencies{
      "model.layers.0.self_attn.rotary_emb.inv_freq", "F32", {1}, float_bytes(1, 1)};
  CHECK(load(tiny_llama_config(), with(tiny_llama_tensors(), frequencies)).error == Error{});
  const TestTensor mask{"h.0.attn.bias", "U8", {1, 1, 2, 2}, "abcd"};
  CHECK(load(tiny_gpt2_config(), with(tiny_gpt2_tensors(), mask)).error == Error{});
}

TEST_CASE("a shape that the config does not imply is refused with both") {
  auto tensors = without(tiny_llama_tensors(), "model.layers.0.self_attn.k_proj.weight");
  tensors.push_back({"model.layers.0.self_attn.k_proj.weight", "F32", {4, 4}, float_bytes(16, 0)});
  CHECK(
      load(tiny_llama_config(), tensors).error.detail ==
      "tensor model.layers.0.self_attn.k_proj.weight has shape [4, 4], config.json implies [2, 4]");
  auto transposed = without(tiny_gpt2_tensors(), "h.0.mlp.c_fc.weight");
  transposed.push_back({"h.0.mlp.c_fc.weight", "F32", {3, 4}, float_bytes(12, 0)});
  CHECK(load(tiny_gpt2_config(), transposed).error.code == Errc::kInvalidFile);
}

TEST_CASE("a dtype that is listed but not used in mathematics is refused") {
  auto tensors = without(tiny_llama_tensors(), "model.norm.weight");
  tensors.push_back({"model.norm.weight", "I32", {4}, float_bytes(4, 1)});
  const auto error = load(tiny_llama_config(), tensors).error;
  CHECK(error.code == Errc::kUnsupportedModel);
  CHECK(error.detail == "tensor model.norm.weight has dtype I32; F32, F16 and BF16 are supported");
}

TEST_CASE("tensors at odd addresses load to the same values") {
  const auto plain = load(tiny_llama_config(), tiny_llama_tensors());
  auto tensors = tiny_llama_tensors();
  tensors.insert(tensors.begin(), {"model.layers.0.self_attn.rotary_emb.inv_freq", "U8", {1}, "x"});
  const auto shifted = load(tiny_llama_config(), tensors);
  REQUIRE(shifted.error == Error{});
  const auto& norm = shifted.weights.final_norm.weight;
  CHECK(std::equal(norm.data(), norm.data() + norm.size, plain.weights.final_norm.weight.data()));
}

TEST_CASE("matrices take the dtype asked for, vectors stay float32") {
  const auto loaded = load(tiny_llama_config(), tiny_llama_tensors(), kernels::DType::kBF16);
  REQUIRE(loaded.error == Error{});
  CHECK(loaded.weights.embedding.dtype == kernels::DType::kBF16);
  CHECK(loaded.weights.layers[0].mlp_out.weight.dtype == kernels::DType::kBF16);
  CHECK(loaded.weights.final_norm.weight.storage.bytes() >= 4 * sizeof(float));
}

TEST_CASE("random weights need a config alone") {
  const auto spec = read_decoder_spec(boost::json::parse(tiny_gpt2_config()).as_object());
  const auto backend = reference_backend();
  std::size_t done_bytes = 0;
  std::size_t total_bytes = 1;
  const auto weights = random_weights(*backend, *spec, kernels::DType::kF16, 1,
                                      [&](std::size_t done, std::size_t total) {
                                        done_bytes = done;
                                        total_bytes = total;
                                      });
  REQUIRE(weights.has_value());
  CHECK(done_bytes == total_bytes);
  CHECK(weights->layers.size() == 1);
  CHECK(weights->final_norm.weight.data()[0] == 1.0F);
  CHECK(weights->final_norm.bias.data()[0] == 0.0F);
}

TEST_CASE("the stored dtype is the embedding's") {
  const TempFolder folder;
  folder.write("model.safetensors",
               safetensors_file({{"wte.weight", "F16", {6, 4}, std::string(48, '\0')}}));
  const auto checkpoint = Checkpoint::open(folder.path());
  const auto gpt2 = read_decoder_spec(boost::json::parse(tiny_gpt2_config()).as_object());
  const auto llama = read_decoder_spec(boost::json::parse(tiny_llama_config()).as_object());
  CHECK(*stored_dtype(*checkpoint, *gpt2) == kernels::DType::kF16);
  CHECK(stored_dtype(*checkpoint, *llama).error().detail ==
        "the checkpoint lacks tensor model.embed_tokens.weight");
}

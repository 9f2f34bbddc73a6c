#include "src/replay/run/model_shape.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

/// Sizes whose every product is another number.
DecoderSizes sizes() {
  DecoderSizes sizes;
  sizes.vocab_size = 1000;
  sizes.hidden_size = 10;
  sizes.intermediate_size = 30;
  sizes.num_layers = 3;
  sizes.query_size = 8;
  sizes.kv_size = 2;
  return sizes;
}

}  // namespace

TEST_CASE("every matrix of a decoder counts once, the vocabulary's too") {
  const ModelShape shape = model_shape_of("small", sizes());
  // A layer: queries and output 8 wide, keys and values 2 wide, and three matrices of the MLP.
  CHECK(shape.num_matrix_weights == 3 * (10 * (8 + 8 + 2 + 2) + 3 * 10 * 30) + 1000 * 10);
  CHECK(shape.weight_bytes == 2 * shape.num_matrix_weights);
}

TEST_CASE("an MLP without a gate has one matrix less") {
  DecoderSizes plain = sizes();
  plain.is_gated = false;
  CHECK(model_shape_of("gated", sizes()).num_matrix_weights -
            model_shape_of("plain", plain).num_matrix_weights ==
        3 * 10 * 30);
}

TEST_CASE("a token's keys and values are two numbers of two bytes a layer and dimension") {
  CHECK(model_shape_of("small", sizes()).kv_bytes_per_token == 2 * 2 * 3 * 2);
}

TEST_CASE("a shape keeps its name and the sizes that attention costs by") {
  const ModelShape shape = model_shape_of("small", sizes());
  CHECK(shape.name == "small");
  CHECK(shape.num_layers == 3);
  CHECK(shape.query_size == 8);
  CHECK(shape.device.name == "H200");
  CHECK(shape.default_kv_bytes == 8589934592);
}

TEST_CASE("a large model's bytes are beyond 32 bits") {
  const ModelShape shape = model_shape_of("large", {128256, 16384, 53248, 126, 16384, 1024, true});
  CHECK(static_cast<double>(shape.num_matrix_weights) == Approx(404e9).epsilon(0.01));
  CHECK(shape.weight_bytes == 2 * shape.num_matrix_weights);
  CHECK(shape.kv_bytes_per_token == 126 * 4096);
}

TEST_CASE("each model that is known by name stands on its own device") {
  const auto opt = model_shape_named("opt-13b");
  const auto llama = model_shape_named("llama-3-8b");
  REQUIRE(opt.has_value());
  REQUIRE(llama.has_value());
  CHECK(opt->name == "opt-13b");
  CHECK(opt->device.name == "A100-40GB");
  CHECK(opt->default_kv_bytes == 12 * (std::int64_t{1} << 30));
  CHECK(llama->name == "llama-3-8b");
  CHECK(llama->device.name == "H200");
  CHECK(llama->default_kv_bytes == 8 * (std::int64_t{1} << 30));
  for (const DeviceShape& device : {opt->device, llama->device}) {
    CAPTURE(device.name);
    CHECK(device.bytes_per_s > device.host_bytes_per_s);
    CHECK(device.host_bytes_per_s > 0);
    CHECK(device.flops_per_s > device.bytes_per_s);
    CHECK(device.layer_overhead_s > 0);
  }
  CHECK(llama->device.bytes_per_s > opt->device.bytes_per_s);
  CHECK(llama->device.flops_per_s > opt->device.flops_per_s);
}

TEST_CASE("weights and default memory fit the device together") {
  CHECK(model_shape_named("opt-13b")->weight_bytes +
            model_shape_named("opt-13b")->default_kv_bytes <
        std::int64_t{40} << 30);
  CHECK(model_shape_named("llama-3-8b")->weight_bytes +
            model_shape_named("llama-3-8b")->default_kv_bytes <
        std::int64_t{141} << 30);
}

TEST_CASE("a model has one spelling") {
  for (const char* name : {"", "OPT-13B", "opt-13b ", "opt", "llama-3-8B", "llama3-8b"}) {
    CAPTURE(name);
    CHECK_FALSE(model_shape_named(name).has_value());
  }
}

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>

#include "src/app/bytes.hpp"
#include "src/app/commands.hpp"
#include "src/app/load.hpp"
#include "src/model/architectures.hpp"
#include "src/model/json_file.hpp"
#include "src/model/weights.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

struct Inspection {
  DecoderSpec spec;
  kernels::DType dtype;
  kernels::DType kv_dtype;
  MemoryPlan memory;
  std::int64_t num_parameters = 0;
  std::int64_t block_size = 0;
  std::int64_t num_blocks = 0;
  std::int64_t max_model_len = 0;

  /// Sequences of `length` tokens that the cache holds at once.
  std::int64_t concurrent(std::int64_t length) const {
    return num_blocks / ((length + block_size - 1) / block_size);
  }
};

Result<Inspection> look_at(const ModelOptions& options) {
  auto runner = runner_options(options);
  if (!runner) return runner.error();
  auto config = read_json_file(runner->path / "config.json");
  if (!config) return config.error();
  auto spec = read_decoder_spec(*config);
  if (!spec) return spec.error();
  Inspection seen{std::move(*spec), {}, {}, {}};
  seen.dtype = runner->dtype.value_or(seen.spec.dtype.value_or(kernels::DType::kF32));
  seen.kv_dtype = runner->kv_dtype.value_or(seen.dtype);
  seen.block_size = options.block_size;
  const StepLimits limits{options.max_num_batched_tokens, options.max_num_seqs,
                          seen.spec.max_position_embeddings};
  seen.memory = plan_memory(seen.spec, seen.dtype, seen.kv_dtype, options.block_size, limits);
  const auto parameters = count_parameters(seen.spec);
  seen.num_parameters = parameters.matrices + parameters.vectors;
  seen.num_blocks = runner->num_blocks > 0 ? runner->num_blocks
                                           : seen.memory.blocks_within(runner->kv_cache_bytes);
  seen.max_model_len =
      std::min(seen.spec.max_position_embeddings, seen.num_blocks * seen.block_size);
  if (options.max_model_len > 0)
    seen.max_model_len = std::min<std::int64_t>(options.max_model_len, seen.max_model_len);
  return seen;
}

void print_json(const Inspection& seen) {
  const DecoderSpec& spec = seen.spec;
  json::array concurrency;
  for (std::int64_t length = 256; length < seen.max_model_len; length *= 4) {
    concurrency.push_back(json::object{{"length", length}, {"sequences", seen.concurrent(length)}});
  }
  concurrency.push_back(json::object{{"length", seen.max_model_len},
                                     {"sequences", seen.concurrent(seen.max_model_len)}});
  const json::object out{{"architecture", spec.architecture->classes[0]},
                         {"parameters", seen.num_parameters},
                         {"vocab_size", spec.vocab_size},
                         {"hidden_size", spec.hidden_size},
                         {"num_layers", spec.num_layers},
                         {"num_heads", spec.num_heads},
                         {"num_kv_heads", spec.num_kv_heads},
                         {"head_dim", spec.head_dim},
                         {"max_position_embeddings", spec.max_position_embeddings},
                         {"dtype", kernels::name_of(seen.dtype)},
                         {"memory",
                          {{"weights_bytes", seen.memory.weights_bytes},
                           {"activation_bytes", seen.memory.activation_bytes},
                           {"kv_bytes_per_token", seen.memory.kv_bytes_per_token},
                           {"kv_bytes_per_block", seen.memory.kv_bytes_per_block},
                           {"block_size", seen.block_size},
                           {"num_blocks", seen.num_blocks},
                           {"kv_tokens", seen.num_blocks * seen.block_size}}},
                         {"max_model_len", seen.max_model_len},
                         {"concurrency", std::move(concurrency)}};
  std::printf("%s\n", json::serialize(out).c_str());
}

void row(const char* name, const std::string& value) {
  std::printf("%-26s %s\n", name, value.c_str());
}

void print_text(const Inspection& seen) {
  const DecoderSpec& spec = seen.spec;
  row("architecture", std::string(spec.architecture->classes[0]));
  row("parameters", std::to_string(seen.num_parameters));
  row("layers x width", std::to_string(spec.num_layers) + " x " + std::to_string(spec.hidden_size));
  row("heads / kv heads x dim", std::to_string(spec.num_heads) + " / " +
                                    std::to_string(spec.num_kv_heads) + " x " +
                                    std::to_string(spec.head_dim));
  row("vocabulary", std::to_string(spec.vocab_size));
  row("positions", std::to_string(spec.max_position_embeddings));
  row("weights",
      format_bytes(seen.memory.weights_bytes) + " in " + std::string(kernels::name_of(seen.dtype)));
  row("activations", format_bytes(seen.memory.activation_bytes));
  row("KV cache per token", format_bytes(seen.memory.kv_bytes_per_token) + " in " +
                                std::string(kernels::name_of(seen.kv_dtype)));
  row("KV blocks", std::to_string(seen.num_blocks) + " of " + std::to_string(seen.block_size) +
                       " tokens, " +
                       format_bytes(static_cast<std::uint64_t>(seen.num_blocks) *
                                    seen.memory.kv_bytes_per_block));
  row("longest sequence", std::to_string(seen.max_model_len) + " tokens");
  for (std::int64_t length = 256; length < seen.max_model_len; length *= 4) {
    row("  at once", std::to_string(seen.concurrent(length)) + " sequences of " +
                         std::to_string(length) + " tokens");
  }
  row("  at once", std::to_string(seen.concurrent(seen.max_model_len)) + " sequences of " +
                       std::to_string(seen.max_model_len) + " tokens");
}

}  // namespace

Result<int> inspect(const ModelOptions& options, bool json) {
  auto seen = look_at(options);
  if (!seen) return seen.error();
  if (json)
    print_json(*seen);
  else
    print_text(*seen);
  return 0;
}

}  // namespace octavo

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <filesystem>

#include "src/app/cli/commands/commands.hpp"
#include "src/app/cli/load.hpp"
#include "src/core/bytes.hpp"
#include "src/model/architectures.hpp"
#include "src/model/json_file.hpp"
#include "src/model/weights.hpp"
#include "src/runtime/run_plan.hpp"
#include "src/text/tokenizer.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

struct Inspection {
  DecoderSpec spec;
  RunPlan plan;
  std::int64_t num_parameters = 0;
  std::int64_t block_size = 0;
  std::int64_t max_model_len = 0;
  std::int32_t tokenizer_vocab_size = 0;  ///< 0 without a tokenizer.
  std::string tokenizer_fault{};          ///< Why there is none, although its file is there.

  /// Sequences of `length` tokens that the cache holds at once.
  std::int64_t concurrent(std::int64_t length) const {
    return plan.num_blocks / ((length + block_size - 1) / block_size);
  }
};

Result<Inspection> look_at(const ModelOptions& options) {
  auto model = resolved(options);
  if (!model) return model.error();
  auto executor = executor_options(*model);
  if (!executor) return executor.error();
  auto config = read_json_file(executor->path / "config.json");
  if (!config) return config.error();
  auto spec = read_decoder_spec(*config);
  if (!spec) return spec.error();
  const Shard shard{0, executor->tensor_parallel_size};
  if (auto divides = check_shards(*spec, shard.size); !divides) return divides.error();
  auto plan =
      plan_run(*executor, shard_of(*spec, shard), spec->dtype.value_or(kernels::DType::kF32));
  if (!plan) return plan.error();
  if (plan->num_blocks < 1) {
    return Error{
        Errc::kInvalidValue,
        "--kv-cache-memory: what is left for keys and values is smaller than one block of " +
            format_bytes(plan->memory.kv_bytes_per_block) + ": raise it",
        "kv-cache-memory"};
  }
  Inspection seen{std::move(*spec), std::move(*plan)};
  const auto parameters = count_parameters(seen.spec);
  seen.num_parameters = parameters.matrices + parameters.vectors;
  seen.block_size = options.block_size;
  seen.max_model_len =
      std::min(seen.spec.max_position_embeddings, seen.plan.num_blocks * seen.block_size);
  if (options.max_model_len > 0)
    seen.max_model_len = std::min<std::int64_t>(options.max_model_len, seen.max_model_len);
  std::error_code ignored;
  if (!std::filesystem::exists(executor->path / "tokenizer.json", ignored)) return seen;
  if (const auto tokenizer = Tokenizer::load(executor->path))
    seen.tokenizer_vocab_size = (*tokenizer)->vocab_size();
  else
    seen.tokenizer_fault = tokenizer.error().message();
  return seen;
}

std::string device_of(const Inspection& seen) {
  const auto& gpu = seen.plan.gpu;
  if (!gpu) return "cpu";
  return "cuda:" + std::to_string(gpu->ordinal) + ", " + gpu->name + ", " +
         format_bytes(gpu->memory.total_bytes);
}

json::value tokenizer_json(const Inspection& seen) {
  if (!seen.tokenizer_fault.empty()) return json::object{{"fault", seen.tokenizer_fault}};
  if (seen.tokenizer_vocab_size == 0) return nullptr;
  return json::object{{"vocab_size", seen.tokenizer_vocab_size},
                      {"is_larger_than_model", seen.tokenizer_vocab_size > seen.spec.vocab_size}};
}

std::string tokenizer_text(const Inspection& seen) {
  if (!seen.tokenizer_fault.empty()) return "unreadable: " + seen.tokenizer_fault;
  if (seen.tokenizer_vocab_size == 0) return "none";
  return std::to_string(seen.tokenizer_vocab_size) + " tokens";
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
                         {"tokenizer", tokenizer_json(seen)},
                         {"hidden_size", spec.hidden_size},
                         {"num_layers", spec.num_layers},
                         {"num_heads", spec.num_heads},
                         {"num_kv_heads", spec.num_kv_heads},
                         {"head_dim", spec.head_dim},
                         {"max_position_embeddings", spec.max_position_embeddings},
                         {"device", device_of(seen)},
                         {"dtype", kernels::name_of(seen.plan.dtype)},
                         {"memory",
                          {{"weights_bytes", seen.plan.memory.weights_bytes},
                           {"activation_bytes", seen.plan.memory.activation_bytes},
                           {"kv_bytes_per_token", seen.plan.memory.kv_bytes_per_token},
                           {"kv_bytes_per_block", seen.plan.memory.kv_bytes_per_block},
                           {"block_size", seen.block_size},
                           {"num_blocks", seen.plan.num_blocks},
                           {"kv_tokens", seen.plan.num_blocks * seen.block_size}}},
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
  row("tokenizer", tokenizer_text(seen));
  const std::string warning = vocabulary_warning(seen.tokenizer_vocab_size, spec.vocab_size);
  if (!warning.empty()) row("warning", warning);
  row("positions", std::to_string(spec.max_position_embeddings));
  row("device", device_of(seen));
  row("weights", format_bytes(seen.plan.memory.weights_bytes) + " in " +
                     std::string(kernels::name_of(seen.plan.dtype)));
  row("activations", format_bytes(seen.plan.memory.activation_bytes));
  row("KV cache per token", format_bytes(seen.plan.memory.kv_bytes_per_token) + " in " +
                                std::string(kernels::name_of(seen.plan.kv_dtype)));
  row("KV blocks", std::to_string(seen.plan.num_blocks) + " of " + std::to_string(seen.block_size) +
                       " tokens, " +
                       format_bytes(static_cast<std::uint64_t>(seen.plan.num_blocks) *
                                    seen.plan.memory.kv_bytes_per_block));
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

#include "src/app/cli/load.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "src/app/cli/flags/bytes.hpp"
#include "src/app/cli/flags/engine_flags.hpp"
#include "src/core/unix_time.hpp"
#include "src/core/utf8.hpp"
#include "src/runtime/load_executor.hpp"
#include "src/runtime/warm_up.hpp"

namespace octavo {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDemoName = "octavo-demo";
constexpr std::size_t kMaxTextBytes = std::size_t{64} << 20;  // /dev/zero has no end.

Error invalid(const std::string& flag, const std::string& why) {
  return Error{Errc::kInvalidValue, "--" + flag + ": " + why, flag};
}

Result<std::optional<kernels::DType>> dtype_of(const std::string& flag, const std::string& name) {
  if (name == "auto") return std::optional<kernels::DType>{};
  for (auto dtype : {kernels::DType::kF32, kernels::DType::kF16, kernels::DType::kBF16}) {
    if (name == kernels::name_of(dtype)) return std::optional(dtype);
  }
  return invalid(flag, "`" + name + "` is not one of auto, float32, float16, bfloat16");
}

Result<std::optional<kernels::DType>> kv_dtype_of(const std::string& name) {
  if (name == "fp8" || name == "fp8_e4m3") return std::optional(kernels::DType::kF8);
  auto dtype = dtype_of("kv-cache-dtype", name);
  if (!dtype) return Error{dtype.error().code, dtype.error().detail + ", fp8", dtype.error().param};
  return dtype;
}

Result<Device> device_of(const std::string& name) {
  Device device;
  if (name == "cpu") return device;
  device.kind = Device::Kind::kAuto;
  if (name == "auto") return device;
  device.kind = Device::Kind::kCuda;
  if (name == "cuda") return device;
  const std::string prefix = "cuda:";
  const std::string digits = name.substr(std::min(name.size(), prefix.size()));
  if (name.rfind(prefix, 0) != 0 || digits.empty() || digits.size() > 3 ||
      digits.find_first_not_of("0123456789") != std::string::npos) {
    return invalid("device", "`" + name + "` is not one of auto, cpu, cuda, cuda:N");
  }
  device.ordinal = std::stoi(digits);
  return device;
}

void show_progress(std::size_t done, std::size_t total) {
  std::fprintf(stderr, "\rloading weights %3d%% of %s%s",
               total == 0 ? 100 : static_cast<int>(done * 100 / total), format_bytes(total).c_str(),
               done >= total ? "\n" : "");
}

}  // namespace

Result<std::string> resolve_model_path(const std::string& model) {
  if (!model.empty()) {
    std::error_code ignored;
    if (fs::is_directory(model, ignored)) return model;
    return Error{Errc::kIo,
                 "`" + model +
                     "` is not a directory: MODEL is a folder in the Hugging Face layout "
                     "(config.json, *.safetensors)",
                 "model"};
  }
  std::error_code ignored;
  const fs::path binary = fs::read_symlink("/proc/self/exe", ignored);
  for (const fs::path& place :
       {binary.parent_path() / "../share/octavo/demo-model", fs::path(OCTAVO_DEMO_MODEL)}) {
    if (fs::exists(place / "config.json", ignored))
      return fs::weakly_canonical(place, ignored).string();
  }
  return Error{Errc::kIo, "the demo model is not where it was built or installed: name a MODEL",
               "model"};
}

Result<ExecutorOptions> executor_options(const ModelOptions& options) {
  ExecutorOptions executor;
  auto path = resolve_model_path(options.model);
  if (!path) return path.error();
  executor.path = *path;
  auto dtype = dtype_of("dtype", options.dtype);
  if (!dtype) return dtype.error();
  executor.dtype = *dtype;
  auto kv_dtype = kv_dtype_of(options.kv_cache_dtype);
  if (!kv_dtype) return kv_dtype.error();
  executor.kv_dtype = *kv_dtype;
  executor.quantizes_weights = options.quantization == "fp8";
  if (options.load_format == "dummy")
    executor.load_format = LoadFormat::kDummy;
  else if (options.load_format != "auto" && options.load_format != "safetensors") {
    return invalid("load-format",
                   "`" + options.load_format + "` is not one of auto, safetensors, dummy");
  }
  executor.dummy_seed = options.seed.value_or(0);
  executor.block_size = options.block_size;
  executor.num_blocks = options.num_gpu_blocks_override;
  const auto device = device_of(options.device);
  if (!device) return device.error();
  executor.device = *device;
  executor.tensor_parallel_size = options.tensor_parallel_size;
  executor.gpu_memory_utilization = options.gpu_memory_utilization;
  if (!options.kv_cache_memory.empty()) {
    auto bytes = parse_bytes(options.kv_cache_memory);
    if (!bytes) return invalid("kv-cache-memory", bytes.error().detail);
    executor.kv_cache_bytes = *bytes;
  }
  executor.swap_bytes =
      static_cast<std::size_t>(options.swap_space * static_cast<double>(std::size_t{1} << 30));
  executor.max_num_batched_tokens = options.max_num_batched_tokens;
  executor.max_num_seqs = options.max_num_seqs;
  executor.cpu.threads = options.threads;
  executor.cpu.instruction_set = options.instruction_set;
  return executor;
}

Result<std::unique_ptr<ModelExecutor>> load_executor(const ModelOptions& options, SpanSink* spans) {
  auto executor = executor_options(options);
  if (!executor) return executor.error();
  executor->spans = spans;
  if (::isatty(STDERR_FILENO) != 0) executor->progress = show_progress;
  auto loaded = load_executor(*executor);
  for (const std::string& warning :
       loaded ? (*loaded)->info().defaults.warnings : std::vector<std::string>{})
    spdlog::warn("{}", warning);
  if (loaded && (*loaded)->is_asynchronous()) {
    if (auto warm = warm_up(**loaded, executor->max_num_seqs); !warm) return warm.error();
  }
  return loaded;
}

Result<SchedulerConfig> scheduler_config(const ModelOptions& options, const ModelInfo& info) {
  SchedulerConfig config;
  config.num_blocks = static_cast<std::int32_t>(info.num_blocks);
  config.block_size = static_cast<std::int32_t>(info.block_size);
  config.max_num_batched_tokens = static_cast<std::int32_t>(info.max_num_batched_tokens);
  const std::int64_t slots = info.num_blocks * info.block_size;
  const std::int64_t longest = std::min(info.max_position_embeddings, slots);
  if (options.max_model_len > info.max_position_embeddings) {
    return invalid("max-model-len",
                   "the model's positions end at " + std::to_string(info.max_position_embeddings));
  }
  if (options.max_model_len > slots) {
    return invalid("max-model-len", "the cache holds " + std::to_string(slots) +
                                        " tokens: raise --kv-cache-memory or lower it");
  }
  config.max_model_len =
      options.max_model_len > 0 ? options.max_model_len : static_cast<std::int32_t>(longest);
  config.eos_token_ids = info.defaults.eos_token_ids;
  config.num_host_blocks = static_cast<std::int32_t>(info.num_host_blocks);
  auto allocator = kv_allocator_named(options.kv_allocator);
  if (!allocator) return allocator.error();
  config.kv_allocator = *allocator;
  if (auto set = set_engine(config, options); !set) return set.error();
  return config;
}

void take_model_facts(ServedModel& served, const ModelInfo& info) {
  served.vocab_size = static_cast<std::int32_t>(info.vocab_size);
  served.temperature = info.defaults.temperature;
  served.top_p = info.defaults.top_p;
  served.top_k = info.defaults.top_k;
  served.min_p = info.defaults.min_p;
  served.repetition_penalty = info.defaults.repetition_penalty;
  served.max_tokens = info.defaults.max_new_tokens;
}

Result<ServedModel> load_served_model(const std::string& path,
                                      const std::vector<std::string>& served_names,
                                      const ModelInfo& info, const SchedulerConfig& config,
                                      const std::string& chat_template_file,
                                      const ChatFormatFlags& format_flags) {
  ServedModel served;
  const fs::path folder = fs::path(path).lexically_normal();
  if (!served_names.empty()) {
    served.name = served_names.front();
    served.aliases.assign(served_names.begin() + 1, served_names.end());
  }
  const auto demo = resolve_model_path("");
  if (served.name.empty() && demo && folder == fs::path(*demo).lexically_normal())
    served.name = kDemoName;
  if (served.name.empty())
    served.name = (folder.has_filename() ? folder : folder.parent_path()).filename().string();
  served.name = replace_broken_utf8(served.name);  // A folder may be called anything.
  served.created_at = unix_seconds();
  served.max_model_len = config.max_model_len;
  take_model_facts(served, info);
  auto tokenizer = Tokenizer::load(path);
  if (!tokenizer) return tokenizer.error();
  served.tokenizer = std::move(*tokenizer);
  std::string source;
  if (!chat_template_file.empty()) {
    auto text = read_text_file(chat_template_file);
    if (!text) return text.error();
    source = std::move(*text);
  } else if (const auto own = served.tokenizer->chat_template(false); own && *own != nullptr) {
    source = **own;
  }
  if (!source.empty()) {
    auto parsed = ChatTemplate::parse(source);
    if (!parsed) return parsed.error();
    served.chat_template = std::move(*parsed);
  }
  const auto with_tools = served.tokenizer->chat_template(true);
  if (chat_template_file.empty() && with_tools && *with_tools != nullptr &&
      **with_tools != source) {
    auto parsed = ChatTemplate::parse(**with_tools);
    if (!parsed) return parsed.error();
    served.tool_template = std::move(*parsed);
    source.append("\n").append(**with_tools);
  }
  if (auto taken = take_chat_format(served, source, format_flags); !taken) return taken.error();
  served.grammar = GrammarEngine::make(served.tokenizer, served.vocab_size,
                                       info.defaults.eos_token_ids, served.mark_tokens);
  return served;
}

Result<void> take_chat_format(ServedModel& served, std::string_view template_source,
                              const ChatFormatFlags& flags) {
  const auto format = chat_format_of(template_source, flags);
  if (!format) return format.error();
  served.format = *format;
  for (const std::string_view mark : served.format.marks()) {
    const auto token = served.tokenizer->token_to_id(mark);
    const bool is_mark =
        token && served.tokenizer->is_special(*token) && *token < served.vocab_size;
    if (is_mark) served.mark_tokens.push_back(*token);
  }
  std::ranges::sort(served.mark_tokens);
  return {};
}

std::string vocabulary_warning(std::int32_t tokenizer_vocab_size, std::int64_t model_vocab_size) {
  if (tokenizer_vocab_size <= model_vocab_size) return "";
  return "the tokenizer is larger than the model: its ids end at " +
         std::to_string(tokenizer_vocab_size - 1) + " and the model's at " +
         std::to_string(model_vocab_size - 1) + ", so a prompt with a token above that is refused";
}

Result<std::string> read_text_file(const std::string& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored))
    return Error{Errc::kIo, "cannot read `" + path + "`: it is a folder", ""};
  std::ifstream file(path, std::ios::binary);
  std::string text;
  std::array<char, 1 << 16> piece{};
  do {
    file.read(piece.data(), piece.size());
    text.append(piece.data(), static_cast<std::size_t>(file.gcount()));
    if (text.size() > kMaxTextBytes) {
      return Error{Errc::kInvalidFile,
                   "`" + path + "` is larger than " + format_bytes(kMaxTextBytes), ""};
    }
  } while (file);
  if (!file.eof() || file.bad()) return Error{Errc::kIo, "cannot read `" + path + "`", ""};
  return text;
}

}  // namespace octavo

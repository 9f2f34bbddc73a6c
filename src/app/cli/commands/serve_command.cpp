#include <spdlog/spdlog.h>
#include <filesystem>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <random>

#include "src/app/cli/commands/commands.hpp"
#include "src/app/cli/flags/api_keys.hpp"
#include "src/app/cli/load.hpp"
#include "src/app/serve/core_dumps.hpp"
#include "src/app/serve/house.hpp"
#include "src/app/serve/log.hpp"
#include "src/app/serve/recording_file.hpp"
#include "src/app/serve/trace_file.hpp"
#include "src/core/bytes.hpp"
#include "src/core/unix_time.hpp"
#include "src/core/utf8.hpp"
#include "src/recording/recorder.hpp"
#include "src/scheduler/journals.hpp"

namespace octavo {

int exit_status_of(const Error& error) {
  switch (error.code) {
    case Errc::kEngineError:
    case Errc::kOutOfMemory:
      return 1;
    default:
      return 2;
  }
}

namespace {

std::uint64_t random_seed() {
  std::random_device entropy;
  return std::uint64_t{entropy()} << 32 | entropy();
}

/// What `--record` does beside the house.
struct Recording {
  std::unique_ptr<RecordingFile> file;
  std::unique_ptr<Recorder> recorder;

  void start(const SchedulerConfig& config, const std::string& model, const ModelInfo& info) {
    RecordingHeader header;
    header.engine = config;
    header.model = model;
    header.kv_bytes_per_token =
        static_cast<std::int64_t>(info.memory.kv_bytes_per_block) / info.block_size;
    header.started_at = unix_seconds();
    header.origin = std::chrono::steady_clock::now();
    recorder = std::make_unique<Recorder>(
        header, [this](std::string piece) { return file->append(std::move(piece)); });
  }
  void end() {
    recorder->close(std::chrono::steady_clock::now());
    if (!file->finish()) return;  // It has logged why.
    const std::string hash = hash_text(recorder->decision_hash());
    spdlog::info("record: file={} steps={} decision_hash={}", file->path(), recorder->num_steps(),
                 hash);
    std::printf("decision_hash %s after %llu steps, recorded in %s\n", hash.c_str(),
                static_cast<unsigned long long>(recorder->num_steps()), file->path().c_str());
    std::fflush(stdout);
  }
};

void log_model(const ServedModel& model, const ModelInfo& info, std::int32_t max_model_len) {
  spdlog::info(
      "model={} architecture={} device=\"{}\" dtype={} kv_dtype={} weights=\"{}\" load_s={:.2f}",
      model.name, info.architecture, info.device, kernels::name_of(info.dtype),
      kernels::name_of(info.kv_dtype), format_bytes(info.memory.weights_bytes),
      std::chrono::duration<double>(info.load_time).count());
  spdlog::info(
      "cache: blocks={} block_size={} tokens={} bytes=\"{}\" max_model_len={}", info.num_blocks,
      info.block_size, info.num_blocks * info.block_size,
      format_bytes(static_cast<std::uint64_t>(info.num_blocks) * info.memory.kv_bytes_per_block),
      max_model_len);

  const std::string warning = vocabulary_warning(model.tokenizer->vocab_size(), model.vocab_size);
  if (!warning.empty()) spdlog::warn("model={} {}", model.name, warning);
}

PlainHttp plain_http_of(std::string_view name) {
  if (name == "all") return PlainHttp::kAll;
  return name == "none" ? PlainHttp::kNone : PlainHttp::kLoopback;
}

HouseOptions house_options_of(const ServeOptions& options) {
  HouseOptions house;
  house.host = options.host;
  house.port = options.port;
  house.policy.keys =
      KeyRing(api_keys_of(options.api_keys, std::getenv("OCTAVO_API_KEY")), options.key_limits);
  house.policy.allowed_origins = options.allowed_origins;
  house.api_key_file = options.api_key_file;
  house.key_limits = options.key_limits;
  house.allowed_hosts = options.allowed_hosts;
  house.trusted_proxies = options.trusted_proxies;
  house.tls = options.tls;
  house.refreshes_tls = options.refreshes_tls;
  house.plain_http = plain_http_of(options.plain_http);
  house.limits = options.limits;
  house.response_store = options.response_store;
  house.metrics_prefix = options.metrics_prefix;
  house.manager = ServiceManager::of_process();
  house.log_level = options.log_level;
  house.engine_timeout =
      std::chrono::milliseconds(static_cast<std::int64_t>(options.engine_timeout_s * 1000));
  house.drain_timeout =
      std::chrono::milliseconds(static_cast<std::int64_t>(options.drain_timeout_s * 1000));
  house.drain_delay =
      std::chrono::milliseconds(static_cast<std::int64_t>(options.drain_delay_s * 1000));
  return house;
}

void tell_address(const ServeOptions& options, std::uint16_t port) {
  const bool is_any = options.host == "0.0.0.0" || options.host == "::";
  std::printf("Octavo is serving at %s://%s:%u/\n",
              options.tls.certificate.empty() ? "http" : "https",
              is_any ? "localhost" : options.host.c_str(), port);
  std::fflush(stdout);
}

void bound_queue(const ServeOptions& options, SchedulerConfig& config) {
  config.max_num_waiting = options.max_queue;
  config.max_waiting_tokens = options.max_queue_tokens;
  config.max_queue_wait = options.max_queue_wait;
}

// `--served-model-name A B MODEL` reads as three names and would serve the demo model by them.
Result<void> check_names(const ServeOptions& options) {
  const auto& names = options.served_model_name;
  const bool is_path = names.size() > 1 && options.model.model.empty() &&
                       std::filesystem::exists(std::filesystem::path(names.back()) / "config.json");
  if (!is_path) return {};
  return Error{Errc::kInvalidValue,
               "--served-model-name has taken `" + quotable(names.back(), 256) +
                   "` for a name: put the model before it",
               "--served-model-name"};
}

Result<void> prepare(const ServeOptions& options) {
  if (options.disable_core_dumps) {
    if (auto disabled = disable_core_dumps(); !disabled) return disabled;
  }
  return check_names(options);
}

}  // namespace

Result<int> serve(const ServeOptions& options) {
  const auto log = open_log(options.log_level, options.log_format);
  if (auto prepared = prepare(options); !prepared) return prepared.error();
  auto path = resolve_model_path(options.model.model);
  if (!path) return path.error();
  Recording recording;
  if (!options.record.empty()) {
    auto file = RecordingFile::create(options.record);
    if (!file) return file.error();
    recording.file = std::move(*file);
  }
  std::unique_ptr<TraceFile> trace;
  if (!options.trace.empty()) {
    auto created = TraceFile::create(options.trace);
    if (!created) return created.error();
    trace = std::move(*created);
  }
  auto executor = load_executor(options.model, trace.get());
  if (!executor) return executor.error();
  const ModelInfo& info = (*executor)->info();
  auto config = scheduler_config(options.model, info);
  if (!config) return config.error();
  bound_queue(options, *config);
  // Two servers that were just started must not tell the same story to whoever brings no seed.
  if (!options.model.seed) config->seed = random_seed();
  auto model = load_served_model(
      *path, options.served_model_name, info, *config,
      {options.chat_template, {options.tool_call_parser, options.reasoning_parser}});
  if (!model) return model.error();
  const auto own_template = model->tokenizer->chat_template(false);
  if (options.chat_template.empty() && !own_template) return own_template.error();
  log_model(*model, info, config->max_model_len);
  HouseOptions house_options = house_options_of(options);
  house_options.num_log_lines_dropped = [log] { return log->num_dropped(); };
  if (recording.file != nullptr) {
    recording.start(*config, model->name, info);
    house_options.journal = recording.recorder.get();
  }
  std::optional<Journals> both;
  if (trace != nullptr) {
    house_options.spans = trace.get();
    if (house_options.journal != nullptr) both.emplace(*house_options.journal, *trace);
    house_options.journal = both ? static_cast<SchedulerJournal*>(&*both) : trace.get();
  }
  spdlog::info("serve: api_keys={} seed={}{}", house_options.policy.keys.num_keys(), config->seed,
               options.model.seed ? "" : " (drawn: --seed repeats it)");
  auto house = House::build(std::move(house_options), std::move(*model), *config, **executor);
  if (!house) return house.error();
  tell_address(options, (*house)->port());
  const int status = (*house)->run();
  if (recording.file != nullptr) recording.end();
  if ((*executor)->fault().empty()) return status;
  // A lost device may never answer again, not even to be given back.
  spdlog::shutdown();
  std::fflush(stdout);
  std::_Exit(status);
}

}  // namespace octavo

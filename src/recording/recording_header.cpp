#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>

#include "src/core/json_reader.hpp"
#include "src/recording/recording.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

constexpr std::int32_t kMaxBlocks = 1 << 26;
constexpr std::int32_t kMaxCount = 1 << 30;

std::string_view mode_name(const std::optional<PreemptionMode>& mode) {
  if (!mode) return "auto";
  return *mode == PreemptionMode::kSwap ? "swap" : "recompute";
}

std::int32_t count(JsonReader& header, std::string_view name, std::int32_t low, std::int32_t high) {
  return static_cast<std::int32_t>(header.integer(name, low, high));
}

std::uint64_t seed_in(JsonReader& header) {
  std::uint64_t seed = 0;
  if (!header.has("seed")) header.missing("seed");
  header.read("seed", seed);
  return seed;
}

std::vector<TokenId> token_ids_in(JsonReader& header) {
  std::vector<TokenId> ids;
  if (!header.has("eos_token_ids")) header.missing("eos_token_ids");
  header.read("eos_token_ids", ids);
  if (std::ranges::any_of(ids, [](TokenId id) { return id < 0 || id > kMaxCount; }))
    header.wrong("eos_token_ids", "a list of token ids");
  return ids;
}

SchedulerConfig engine_in(JsonReader& header) {
  SchedulerConfig engine;
  engine.num_blocks = count(header, "num_blocks", 0, kMaxBlocks);
  engine.num_host_blocks = count(header, "num_host_blocks", 0, kMaxBlocks);
  engine.block_size = count(header, "block_size", 1, 1 << 16);
  engine.max_model_len = count(header, "max_model_len", 1, kMaxCount);
  engine.max_num_seqs = count(header, "max_num_seqs", 1, kMaxCount);
  engine.max_num_batched_tokens = count(header, "max_num_batched_tokens", 1, kMaxCount);
  engine.max_num_waiting = count(header, "max_num_waiting", 0, kMaxCount);
  // Recordings of earlier servers, which had no such limits, do not name them.
  engine.max_waiting_tokens =
      header.integer("max_waiting_tokens", 0, std::int64_t{1} << 50, std::int64_t{1} << 50);
  engine.max_queue_wait = std::chrono::nanoseconds(
      header.integer("max_queue_wait_ns", 0, std::int64_t{1} << 60, std::int64_t{0}));
  engine.max_steps_in_flight = count(header, "max_steps_in_flight", 1, 64);
  engine.target_step_time =
      std::chrono::nanoseconds(header.integer("target_step_time_ns", 0, std::int64_t{1} << 50));
  engine.eos_token_ids = token_ids_in(header);
  engine.seed = seed_in(header);
  const auto policy = queue_policy_named(header.text("scheduling_policy"));
  if (policy)
    engine.queue_policy = *policy;
  else
    header.wrong("scheduling_policy", "the name of a policy");
  const std::string mode = header.text("preemption_mode");
  if (mode == "swap")
    engine.preemption_mode = PreemptionMode::kSwap;
  else if (mode == "recompute")
    engine.preemption_mode = PreemptionMode::kRecompute;
  else if (mode != "auto")
    header.wrong("preemption_mode", "swap, recompute or auto");
  const auto allocator = kv_allocator_named(header.text("kv_allocator"));
  if (allocator)
    engine.kv_allocator = *allocator;
  else
    header.wrong("kv_allocator", "the name of an allocator");
  engine.enable_prefix_caching = header.flag("enable_prefix_caching");
  return engine;
}

}  // namespace

bool is_recording(std::string_view bytes) {
  return !bytes.empty() &&
         (bytes.starts_with(kRecordingMagic) || kRecordingMagic.starts_with(bytes));
}

std::string header_text(const RecordingHeader& header) {
  const SchedulerConfig& engine = header.engine;
  return json::serialize(json::object{
      {"model", header.model},
      {"started_at", header.started_at},
      {"origin_ns", std::chrono::nanoseconds(header.origin.time_since_epoch()).count()},
      {"kv_bytes_per_token", header.kv_bytes_per_token},
      {"num_blocks", engine.num_blocks},
      {"num_host_blocks", engine.num_host_blocks},
      {"block_size", engine.block_size},
      {"max_model_len", engine.max_model_len},
      {"max_num_seqs", engine.max_num_seqs},
      {"max_num_batched_tokens", engine.max_num_batched_tokens},
      {"max_num_waiting", engine.max_num_waiting},
      {"max_waiting_tokens", engine.max_waiting_tokens},
      {"max_queue_wait_ns", engine.max_queue_wait.count()},
      {"max_steps_in_flight", engine.max_steps_in_flight},
      {"target_step_time_ns", engine.target_step_time.count()},
      {"eos_token_ids", json::array(engine.eos_token_ids.begin(), engine.eos_token_ids.end())},
      {"seed", engine.seed},
      {"scheduling_policy", name_of(engine.queue_policy)},
      {"preemption_mode", mode_name(engine.preemption_mode)},
      {"kv_allocator", name_of(engine.kv_allocator)},
      {"enable_prefix_caching", engine.enable_prefix_caching}});
}

Result<RecordingHeader> parse_header(std::string_view text) {
  boost::system::error_code code;
  const json::value value = json::parse(json::string_view(text.data(), text.size()), code);
  if (code || !value.is_object())
    return Error{Errc::kInvalidFile, "the header is not a JSON object", ""};
  JsonReader reader(value.get_object(), "the header");
  RecordingHeader header;
  header.engine = engine_in(reader);
  header.model = reader.text("model");
  header.started_at = reader.integer("started_at", 0, std::int64_t{1} << 50);
  header.kv_bytes_per_token = reader.integer("kv_bytes_per_token", 0, std::int64_t{1} << 40);
  const std::int64_t limit = std::int64_t{1} << 61;
  header.origin = TimePoint(std::chrono::nanoseconds(reader.integer("origin_ns", -limit, limit)));
  if (reader.error()) return *reader.error();
  return header;
}

}  // namespace octavo

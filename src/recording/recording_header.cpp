#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>

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

/// Takes members out of an object; the first that is missing or out of range is the fault.
class Members {
 public:
  explicit Members(const json::object& object) : object_(object) {}

  std::int64_t integer(std::string_view name, std::int64_t low, std::int64_t high) {
    const json::value* value = object_.if_contains(json::string_view(name.data(), name.size()));
    if (value != nullptr && (value->is_int64() || value->is_uint64())) {
      boost::system::error_code code;
      const auto number = value->to_number<std::int64_t>(code);
      if (!code && number >= low && number <= high) return number;
    }
    fail(name);
    return low;
  }
  std::int32_t count(std::string_view name, std::int32_t low, std::int32_t high) {
    return static_cast<std::int32_t>(integer(name, low, high));
  }
  std::uint64_t seed(std::string_view name) {
    const json::value* value = object_.if_contains(json::string_view(name.data(), name.size()));
    boost::system::error_code code;
    if (value != nullptr && (value->is_int64() || value->is_uint64())) {
      const auto number = value->to_number<std::uint64_t>(code);
      if (!code) return number;
    }
    fail(name);
    return 0;
  }
  bool flag(std::string_view name) {
    const json::value* value = object_.if_contains(json::string_view(name.data(), name.size()));
    if (value != nullptr && value->is_bool()) return value->get_bool();
    fail(name);
    return false;
  }
  std::string text(std::string_view name) {
    const json::value* value = object_.if_contains(json::string_view(name.data(), name.size()));
    if (value != nullptr && value->is_string()) return std::string(value->get_string());
    fail(name);
    return "";
  }
  std::vector<TokenId> tokens(std::string_view name) {
    const json::value* value = object_.if_contains(json::string_view(name.data(), name.size()));
    std::vector<TokenId> tokens;
    if (value == nullptr || !value->is_array()) {
      fail(name);
      return tokens;
    }
    for (const json::value& each : value->get_array()) {
      if (!each.is_int64() || each.get_int64() < 0 || each.get_int64() > kMaxCount)
        fail(name);
      else
        tokens.push_back(static_cast<TokenId>(each.get_int64()));
    }
    return tokens;
  }
  void fail(std::string_view name) {
    if (fault_.empty()) fault_ = name;
  }
  const std::string& fault() const { return fault_; }

 private:
  const json::object& object_;
  std::string fault_;
};

SchedulerConfig engine_in(Members& members) {
  SchedulerConfig engine;
  engine.num_blocks = members.count("num_blocks", 0, kMaxBlocks);
  engine.num_host_blocks = members.count("num_host_blocks", 0, kMaxBlocks);
  engine.block_size = members.count("block_size", 1, 1 << 16);
  engine.max_model_len = members.count("max_model_len", 1, kMaxCount);
  engine.max_num_seqs = members.count("max_num_seqs", 1, kMaxCount);
  engine.max_num_batched_tokens = members.count("max_num_batched_tokens", 1, kMaxCount);
  engine.max_num_waiting = members.count("max_num_waiting", 0, kMaxCount);
  engine.max_steps_in_flight = members.count("max_steps_in_flight", 1, 64);
  engine.target_step_time =
      std::chrono::nanoseconds(members.integer("target_step_time_ns", 0, std::int64_t{1} << 50));
  engine.eos_token_ids = members.tokens("eos_token_ids");
  engine.seed = members.seed("seed");
  const auto policy = queue_policy_named(members.text("scheduling_policy"));
  if (policy)
    engine.queue_policy = *policy;
  else
    members.fail("scheduling_policy");
  const std::string mode = members.text("preemption_mode");
  if (mode == "swap")
    engine.preemption_mode = PreemptionMode::kSwap;
  else if (mode == "recompute")
    engine.preemption_mode = PreemptionMode::kRecompute;
  else if (mode != "auto")
    members.fail("preemption_mode");
  const auto allocator = kv_allocator_named(members.text("kv_allocator"));
  if (allocator)
    engine.kv_allocator = *allocator;
  else
    members.fail("kv_allocator");
  engine.enable_prefix_caching = members.flag("enable_prefix_caching");
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
  Members members(value.get_object());
  RecordingHeader header;
  header.engine = engine_in(members);
  header.model = members.text("model");
  header.started_at = members.integer("started_at", 0, std::int64_t{1} << 50);
  header.kv_bytes_per_token = members.integer("kv_bytes_per_token", 0, std::int64_t{1} << 40);
  const std::int64_t limit = std::int64_t{1} << 61;
  header.origin = TimePoint(std::chrono::nanoseconds(members.integer("origin_ns", -limit, limit)));
  if (!members.fault().empty()) {
    return Error{Errc::kInvalidFile,
                 "the header's `" + members.fault() + "` is missing or out of range", ""};
  }
  return header;
}

}  // namespace octavo

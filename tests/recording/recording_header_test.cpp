// The header's JSON at the bounds of its members. That it comes back as it was: recording_test.cpp.
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "src/core/json_reader.hpp"
#include "src/recording/recording.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

namespace json = boost::json;

/// The fault of a header of which one member is `value`, or none of that name when it is null.
std::string fault_with(const std::string& name, const json::value& value) {
  json::object object = json::parse(header_text(RecordingHeader{})).as_object();
  if (value.is_null())
    object.erase(name);
  else
    object[name] = value;
  const auto header = parse_header(json::serialize(object));
  if (header) return "";
  CHECK(header.error().code == Errc::kInvalidFile);
  return header.error().message();
}

/// Whether the fault names that member, which is missing or is not what it must be.
bool is_fault_of(const std::string& fault, const std::string& name) {
  return fault.starts_with("the header: " + quote(name) + " must be ") ||
         fault == "the header: " + quote(name) + " is missing";
}

}  // namespace

TEST_CASE("an integer of the header is within its bounds, both included") {
  struct Case {
    const char* name;
    std::int64_t low, high;
  };
  const std::int64_t count = std::int64_t{1} << 30;
  const std::int64_t origin = std::int64_t{1} << 61;
  const auto each = GENERATE_COPY(values<Case>({
      {"num_blocks", 0, 1 << 26},
      {"num_host_blocks", 0, 1 << 26},
      {"block_size", 1, 1 << 16},
      {"max_model_len", 1, count},
      {"max_num_seqs", 1, count},
      {"max_num_batched_tokens", 1, count},
      {"max_num_waiting", 0, count},
      {"max_waiting_tokens", 0, std::int64_t{1} << 50},
      {"max_queue_wait_ns", 0, std::int64_t{1} << 60},
      {"max_steps_in_flight", 1, 64},
      {"target_step_time_ns", 0, std::int64_t{1} << 50},
      {"started_at", 0, std::int64_t{1} << 50},
      {"kv_bytes_per_token", 0, std::int64_t{1} << 40},
      {"origin_ns", -origin, origin},
  }));
  CAPTURE(each.name);
  CHECK(fault_with(each.name, each.low).empty());
  CHECK(fault_with(each.name, each.high).empty());
  CHECK(is_fault_of(fault_with(each.name, each.low - 1), each.name));
  CHECK(is_fault_of(fault_with(each.name, each.high + 1), each.name));
}

namespace {

/// Earlier recordings have no such limits.
bool may_be_missing(const std::string& name) {
  return name == "max_waiting_tokens" || name == "max_queue_wait_ns";
}

}  // namespace

TEST_CASE("every member must be there, and of its own type") {
  const json::object whole = json::parse(header_text(RecordingHeader{})).as_object();
  CHECK(whole.size() == 21);
  for (const auto& [key, value] : whole) {
    const std::string name(key.data(), key.size());
    CAPTURE(name);
    if (may_be_missing(name))
      CHECK(fault_with(name, nullptr).empty());
    else
      CHECK(is_fault_of(fault_with(name, nullptr), name));
    CHECK(is_fault_of(fault_with(name, json::object{}), name));
    CHECK(is_fault_of(fault_with(name, 1.5), name));
  }
  CHECK(is_fault_of(fault_with("enable_prefix_caching", 1), "enable_prefix_caching"));
  CHECK(is_fault_of(fault_with("model", 1), "model"));
}

TEST_CASE("a name that no policy, mode or allocator has is out of range") {
  for (const char* name : {"scheduling_policy", "preemption_mode", "kv_allocator"})
    CHECK(is_fault_of(fault_with(name, "random"), name));
  for (const char* mode : {"auto", "swap", "recompute"})
    CHECK(fault_with("preemption_mode", mode).empty());
}

TEST_CASE("each mode of preemption comes back as it was") {
  RecordingHeader header;
  for (const std::optional<PreemptionMode> mode :
       {std::optional<PreemptionMode>{}, std::optional(PreemptionMode::kSwap),
        std::optional(PreemptionMode::kRecompute)}) {
    header.engine.preemption_mode = mode;
    CHECK(parse_header(header_text(header))->engine.preemption_mode == mode);
  }
}

TEST_CASE("the tokens that end a sequence are tokens") {
  CHECK(fault_with("eos_token_ids", json::array{0, 1 << 30}).empty());
  for (const json::array& wrong :
       {json::array{-1}, json::array{1, (1 << 30) + 1}, json::array{"1"}, json::array{1.5}})
    CHECK(is_fault_of(fault_with("eos_token_ids", wrong), "eos_token_ids"));
}

TEST_CASE("a seed has 64 bits, and none of them is a sign") {
  CHECK(fault_with("seed", ~std::uint64_t{0}).empty());
  CHECK(is_fault_of(fault_with("seed", -1), "seed"));
  CHECK(is_fault_of(fault_with("block_size", ~std::uint64_t{0}), "block_size"));
}

TEST_CASE("the first fault is the one that is named") {
  CHECK(is_fault_of(parse_header("{}").error().message(), "num_blocks"));
  CHECK(parse_header("").error().message() == "the header is not a JSON object");
  CHECK(parse_header("{\"num_blocks\":").error().message() == "the header is not a JSON object");
  CHECK(parse_header(header_text(RecordingHeader{}) + "x").has_error());
}

TEST_CASE("a recording is known by its first bytes, also when it has not many") {
  CHECK_FALSE(is_recording(""));
  CHECK(is_recording("o"));
  CHECK(is_recording("octavo-recording "));
  CHECK(is_recording("octavo-recording 99\n"));
  CHECK_FALSE(is_recording("octavo-recordings"));
  CHECK_FALSE(is_recording("x"));
  CHECK_FALSE(is_recording("{\"num_blocks\": 1}"));
}

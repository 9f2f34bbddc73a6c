#include "protocol/feed_frames.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <cmath>
#include <unordered_map>

#include "src/core/json_number.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

constexpr std::size_t kRunBytes = 40;       // What the numbers of one entry take at most, about.
constexpr std::size_t kReferenceBytes = 6;  // An index into the frame's responses.

/// The responses that a frame names, each once.
class NameTable {
 public:
  explicit NameTable(const BlockFrames::Naming& name_of) : name_of_(name_of) {}

  json::array indices_of(const std::vector<RequestId>& requests) {
    json::array indices;
    for (RequestId request : requests) {
      const auto [place, is_new] = places_.try_emplace(request, names_.size());
      if (is_new) {
        names_.emplace_back(name_of_(request));
        bytes_ += names_.back().get_string().size() + 3;
      }
      indices.push_back(place->second);
    }
    bytes_ += kReferenceBytes * requests.size();
    return indices;
  }
  std::size_t bytes() const { return bytes_; }
  json::array take() { return std::move(names_); }

 private:
  const BlockFrames::Naming& name_of_;
  json::array names_;
  std::unordered_map<RequestId, std::size_t> places_;
  std::size_t bytes_ = 0;
};

json::array entry_of(const BlockView& block, std::size_t num_blocks, NameTable& names) {
  json::array entry{static_cast<int>(block.tier), block.id.value, num_blocks,
                    static_cast<int>(block.state)};
  if (block.state == BlockState::kFree) return entry;
  entry.push_back(block.num_holders);
  entry.push_back(names.indices_of(block.requests));
  entry.push_back(block.last_used.value);
  return entry;
}

// One entry stands for both: they differ in their numbers only, which are consecutive.
bool continues(const BlockView& block, const BlockView& next) {
  if (next.tier != block.tier || next.id.value != block.id.value + 1 || next.state != block.state)
    return false;
  if (block.state == BlockState::kFree) return true;
  return next.num_holders == block.num_holders && next.last_used == block.last_used &&
         next.requests == block.requests;
}

// Nobody draws a line more finely, and a steady load makes the same frame again.
json::value rounded(double value, double steps) {
  return json_number(std::round(value * steps) / steps);
}

json::object totals_json(const MetricTotals& totals) {
  return {{"received", totals.num_received},
          {"ended", totals.num_ended},
          {"failed", totals.num_failed},
          {"refused", totals.num_refused},
          {"prompt_tokens", totals.num_prompt_tokens},
          {"generation_tokens", totals.num_generation_tokens},
          {"prefix_queries", totals.num_prefix_queries},
          {"prefix_hits", totals.num_prefix_hits},
          {"preemptions", totals.num_preemptions},
          {"steps", totals.num_steps}};
}

json::object times_json(const TimeCounts& times) {
  return {{"bounds", json::value_from(times.bounds)}, {"counts", json::value_from(times.counts)}};
}

}  // namespace

BlockFrames::BlockFrames(std::shared_ptr<const BlockMap> map, Naming name_of)
    : map_(std::move(map)), name_of_(std::move(name_of)) {}

std::size_t BlockFrames::end_of_run(std::size_t begin) const {
  std::size_t end = begin + 1;
  while (end < map_->blocks.size() && continues(map_->blocks[end - 1], map_->blocks[end])) ++end;
  return end;
}

std::string BlockFrames::next(std::int64_t sequence_number) {
  NameTable names(name_of_);
  json::array entries;
  while (place_ < map_->blocks.size() &&
         entries.size() * kRunBytes + names.bytes() < kMaxFrameBytes) {
    const std::size_t end = end_of_run(place_);
    const BlockView& first = map_->blocks[place_];
    const bool goes_without_saying = map_->is_full && first.state == BlockState::kFree;
    if (!goes_without_saying) entries.push_back(entry_of(first, end - place_, names));
    place_ = end;
  }
  is_done_ = place_ == map_->blocks.size();
  json::object frame{{"type", "octavo:blocks"}, {"sequence_number", sequence_number}};
  if (map_->is_full && is_first_) frame["full"] = true;
  if (!is_done_) frame["more"] = true;
  is_first_ = false;
  frame["step"] = map_->step.value;
  frame["block_size"] = map_->block_size;
  frame["tiers"] = {{"device", {{"num_blocks", map_->num_device_blocks}}},
                    {"host", {{"num_blocks", map_->num_host_blocks}}}};
  frame["responses"] = names.take();
  frame["blocks"] = std::move(entries);
  return json::serialize(frame);
}

std::string load_frame(const Load& load, std::int64_t sequence_number) {
  json::object frame{{"type", "octavo:metrics"},
                     {"sequence_number", sequence_number},
                     {"running", load.num_running},
                     {"waiting", load.num_waiting},
                     {"preempted", load.num_preempted},
                     {"device_usage", rounded(load.device_usage, 1e4)},
                     {"host_usage", rounded(load.host_usage, 1e4)},
                     {"tokens_per_s", rounded(load.tokens_per_s, 10)},
                     {"num_connections", load.num_connections}};
  if (load.totals) {
    frame["totals"] = totals_json(*load.totals);
    frame["times"] = json::object{{"time_to_first_token", times_json(load.totals->first_token)},
                                  {"inter_token_latency", times_json(load.totals->token_gap)}};
  }
  return json::serialize(frame);
}

}  // namespace octavo

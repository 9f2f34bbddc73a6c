#include "tests/sim/days/ledger.hpp"

#include <algorithm>

#include "tests/sim/days/broken.hpp"

namespace octavo::testing {
namespace {

std::string text_of(const json::object& object, std::string_view name) {
  const auto* found = object.if_contains(name);
  return found == nullptr || !found->is_string() ? "" : std::string(found->as_string());
}

}  // namespace

void Ledger::expect(const std::string& lane, std::shared_ptr<const Turn> turn) {
  lanes_[lane].turns.push_back(std::move(turn));
}

const Told* Ledger::hear(std::size_t tenant, const json::object& event) {
  const std::string type = text_of(event, "type");
  const std::string lane = text_of(event, "stream_id");
  if (type == "error") {
    const auto found = lanes_.find(lane);
    if (found == lanes_.end()) return nullptr;
    ++found->second.num_refused;
    const bool is_lost =
        text_of(event.at("error").as_object(), "code") == "previous_response_not_found";
    hold(!is_lost || !found->second.turns.front()->must_be_found,
         found->second.turns.front()->continues + " was told as stored and is not there");
    return nullptr;
  }
  if (!event.contains("sequence_number")) return nullptr;  // octavo:goaway is about no response.
  if (type.starts_with("response.steer.")) {
    hear_steering(event);
    return nullptr;
  }
  const auto known = lanes_.find(lane);
  hold(known != lanes_.end(), type + " on a lane that nobody asked for: " + lane);
  if (type == "response.created") begin(tenant, lane, event.at("response").as_object());
  const std::string id = known->second.running;
  hold(!id.empty(), type + " on lane " + lane + ", where nothing runs");
  Told& told = responses_.at(id);
  hold(told.turn->tenant == tenant, id + " was told to another tenant");
  const auto number = event.at("sequence_number").to_number<std::int64_t>();
  hold(number == told.next_number, id + ": event " + std::to_string(number) + " came where " +
                                       std::to_string(told.next_number) + " was due");
  ++told.next_number;
  hold(!told.is_over(), id + ": " + type + " after " + told.end);
  if (type == "response.output_text.delta")
    told.texts[event.at("output_index").to_number<std::size_t>()] += event.at("delta").as_string();
  if (type == "response.completed" || type == "response.incomplete" || type == "response.failed")
    end(told, type, event.at("response").as_object());
  return told.is_over() ? &told : nullptr;
}

// Steering's own events are numbered in the response that they name, also after its end.
void Ledger::hear_steering(const json::object& event) {
  const std::string named = text_of(event.at("steer").as_object(), "previous_response_id");
  const auto found = responses_.find(named);
  if (found == responses_.end()) return;
  const auto number = event.at("sequence_number").to_number<std::int64_t>();
  if (number == found->second.next_number)
    ++found->second.next_number;
  else
    hold(number == 0,
         named + ": " + text_of(event, "type") + " has number " + std::to_string(number));
}

void Ledger::begin(std::size_t tenant, const std::string& lane, const json::object& response) {
  Lane& on = lanes_.at(lane);
  const std::string id = text_of(response, "id");
  hold(on.running.empty(), id + " began on lane " + lane + " beside " + on.running);
  hold(!responses_.contains(id), id + " began twice");
  const int number = std::stoi(text_of(response.at("metadata").as_object(), "turn"));
  const auto turn =
      std::ranges::find(on.turns, number, [](const auto& each) { return each->number; });
  hold(turn != on.turns.end(), id + " answers a turn of another lane");
  hold((*turn)->tenant == tenant, id + " was told to another tenant");
  // Steering makes a second response of a turn, perhaps after later turns.
  const bool is_successor = !on.begun.insert(number).second;
  hold(is_successor || number == *on.begun.rbegin(),
       id + " began after one that was asked for later");
  on.running = id;
  Told told;
  told.id = id;
  told.lane = lane;
  told.turn = *turn;
  told.is_successor = is_successor;
  responses_.emplace(id, std::move(told));
}

void Ledger::end(Told& told, const std::string& type, const json::object& response) {
  told.end = type;
  told.is_stored = type != "response.failed" && response.at("store").as_bool();
  lanes_.at(told.lane).running.clear();
  ++num_ended_;
  const auto* details = response.if_contains("incomplete_details");
  const bool is_full = details != nullptr && details->is_object() &&
                       text_of(details->as_object(), "reason") == "max_output_tokens";
  told.is_natural = type == "response.completed" || is_full;
  if (const auto* usage = response.if_contains("usage"); usage != nullptr && usage->is_object()) {
    const auto tokens = usage->at("output_tokens").to_number<std::int64_t>();
    const std::int64_t most = std::int64_t{told.turn->max_tokens} * told.turn->num_choices;
    hold(tokens <= most, told.id + " has used more tokens than it may");
    bool says_something = false;
    for (const auto& [choice, text] : told.texts) says_something = says_something || !text.empty();
    hold(tokens > 0 || !says_something, told.id + " has text without tokens");
    // The model's context may be full before.
    const auto prompt = usage->at("input_tokens").to_number<std::int64_t>();
    const std::int64_t room = (sim_model().max_model_len - prompt) * told.turn->num_choices;
    if (is_full && told.turn->ignores_end)
      hold(tokens == std::min(most, room), told.id + ": " + std::to_string(tokens) +
                                               " tokens in usage, " + std::to_string(most) +
                                               " were due");
  }
  check_texts(told);
}

// What ended by itself has the whole text, what was cut short a beginning of it.
void Ledger::check_texts(const Told& told) const {
  if (told.is_successor || !told.turn->is_comparable) return;
  const auto& expected = solo_.answer(*told.turn);
  hold(expected.has_value(), told.id + " was answered, and alone it is refused");
  for (std::size_t i = 0; i < expected->texts.size(); ++i) {
    const auto found = told.texts.find(i);
    const std::string text = found == told.texts.end() ? "" : found->second;
    const bool is_whole = text == expected->texts[i];
    hold(told.is_natural ? is_whole : expected->texts[i].starts_with(text),
         told.id + ": choice " + std::to_string(i) + " says `" + text + "`, alone it says `" +
             expected->texts[i] + "`");
  }
}

void Ledger::forget_lanes(const std::string& prefix) {
  for (auto at = lanes_.lower_bound(prefix); at != lanes_.end() && at->first.starts_with(prefix);
       ++at)
    at->second.is_gone = true;
}

void Ledger::check_complete() const {
  for (const auto& [name, lane] : lanes_) {
    if (lane.is_gone) continue;
    hold(lane.running.empty(), lane.running + " never ended");
    const auto num_asked = static_cast<int>(lane.turns.size());
    const auto num_begun = static_cast<int>(lane.begun.size());
    hold(num_begun + lane.num_refused == num_asked,
         "lane " + name + ": of " + std::to_string(num_asked) + " turns " +
             std::to_string(num_begun) + " were begun and " + std::to_string(lane.num_refused) +
             " refused");
  }
}

}  // namespace octavo::testing

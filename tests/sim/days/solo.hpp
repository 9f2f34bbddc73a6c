// A server with one client, which asks for one thing at a time: what it answers is what every
// client must be told who asks for the same, however many others there are.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/sim/days/turn.hpp"
#include "tests/support/sim.hpp"

namespace octavo::testing {

class Solo {
 public:
  struct Answer {
    std::string id;
    std::string end;                 ///< The type of its last event.
    std::vector<std::string> texts;  ///< One a choice.
  };

  Solo() : client_(sim_.connect()) {}
  ~Solo() { client_->session.leave(CancelReason::kClientGone), sim_.settle(); }

  /// Nothing where the turn is refused.
  const std::optional<Answer>& answer(const Turn& turn) {
    const std::string key = turn.conversation();
    const auto found = answers_.find(key);
    if (found != answers_.end()) return found->second;
    return answers_[key] = ask(turn);
  }

 private:
  std::optional<Answer> ask(const Turn& turn) {
    json::object frame = turn.frame();
    if (turn.parent != nullptr) {
      const auto& before = answer(*turn.parent);
      if (!before) return std::nullopt;
      frame["previous_response_id"] = before->id;
    }
    client_->events.clear();
    client_->say(frame);
    sim_.settle();
    client_->read();
    Answer made;
    made.texts.resize(static_cast<std::size_t>(turn.num_choices));
    for (const json::object& event : client_->events) {
      const std::string_view type = event.at("type").as_string();
      if (type == "error") return std::nullopt;
      if (type == "response.created") made.id = event.at("response").at("id").as_string();
      if (type == "response.output_text.delta")
        made.texts.at(event.at("output_index").to_number<std::size_t>()) +=
            event.at("delta").as_string();
      made.end = type;
    }
    return made;
  }

  Sim sim_{512, {}, 16};
  std::shared_ptr<Sim::Client> client_;
  std::map<std::string, std::optional<Answer>> answers_;
};

}  // namespace octavo::testing

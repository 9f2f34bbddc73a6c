// What clients were told of every response of a day, over whichever connections, and the promises
// that hold for it: numbers without gaps, one end and nothing after it, one response at a time on a
// lane, in the order in which they were asked for, the text that a server without other clients
// would have given, nothing of another tenant's, and as many tokens in `usage` as came.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/sim/days/solo.hpp"
#include "tests/sim/days/turn.hpp"

namespace octavo::testing {

/// One response as its clients have been told of it.
struct Told {
  std::string id;
  std::string lane;
  std::shared_ptr<const Turn> turn;
  std::int64_t next_number = 0;
  std::map<std::size_t, std::string> texts;  ///< By choice.
  std::string end;                           ///< The type of its last event; empty: it runs.
  bool is_natural = false;                   ///< It ended by itself: nobody cut it short.
  bool is_stored = false;     ///< The server has said that it can be continued later.
  bool is_successor = false;  ///< Steering made it, so no turn says what it answers.
  bool may_resume = false;

  bool is_over() const { return !end.empty(); }
};

class Ledger {
 public:
  explicit Ledger(Solo& solo) : solo_(solo) {}

  /// The client of this lane is going to ask for it; lanes are never used by two connections.
  void expect(const std::string& lane, std::shared_ptr<const Turn> turn);
  /// An event came to a client of this tenant. Answers the response that it ended, if it did.
  /// Throws Broken.
  const Told* hear(std::size_t tenant, const json::object& event);
  /// The connection whose lanes begin like this is gone, or the server is.
  void forget_lanes(const std::string& prefix);
  /// Nothing runs any more: every turn of a lane that was not forgotten was answered or refused.
  void check_complete() const;

  std::map<std::string, Told>& responses() { return responses_; }
  std::size_t num_ended() const { return num_ended_; }

 private:
  void begin(std::size_t tenant, const std::string& lane, const json::object& response);
  void end(Told& told, const std::string& type, const json::object& response);
  void check_texts(const Told& told) const;
  void hear_steering(const json::object& event);

  struct Lane {
    std::vector<std::shared_ptr<const Turn>> turns;  ///< That were asked for, in order.
    std::set<int> begun;                             ///< Numbers of turns.
    int num_refused = 0;
    std::string running;   ///< The response.
    bool is_gone = false;  ///< Its client is; what runs there may be resumed elsewhere.
  };

  Solo& solo_;
  std::map<std::string, Lane> lanes_;
  std::map<std::string, Told> responses_;
  std::size_t num_ended_ = 0;
};

}  // namespace octavo::testing

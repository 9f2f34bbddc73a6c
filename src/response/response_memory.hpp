// What a connection remembers of its responses, so that `previous_response_id` can continue or fork
// any of them with the very tokens they had. With `store:false` only the latest response of each
// lane is kept. Bounded: the oldest go first.
#pragma once

#include <boost/json/array.hpp>
#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "src/core/error.hpp"
#include "src/core/ids.hpp"
#include "src/response/response_create.hpp"

namespace octavo {

struct RememberedResponse {
  std::string id;
  std::string stream_id;
  bool store = true;
  boost::json::array messages;  ///< The whole conversation, the answer (first choice) last.
  std::string prompt_text;      ///< As rendered; empty for a prompt of token ids.
  std::string output_text;      ///< What the tokens of the first choice say.
  std::string cut_text;  ///< Instead, when a stop string cut the first choice: its tokens say more
                         ///< than was shown, so a continuation tokenizes what was shown.
  std::vector<TokenId> tokens;  ///< Prompt and first choice, without the token that stopped it and
                                ///< without a choice that was cut.
  ResponseCreate settings;      ///< What it was created with, without its input.
  std::int64_t num_events = 0;  ///< So far: the number of the next event about it.
};

/// About what it takes in memory.
std::size_t bytes_of(const RememberedResponse& response);

/// Why a continuation of that response is refused.
Error previous_response_not_found(const std::string& id);

class ResponseMemory {
 public:
  explicit ResponseMemory(std::size_t max_responses = 128,
                          std::size_t max_bytes = std::size_t{64} << 20)
      : max_responses_(max_responses), max_bytes_(max_bytes) {}

  /// num_events: about it so far, where more have come since it was put together.
  void remember(std::shared_ptr<const RememberedResponse> response, std::int64_t num_events);
  void remember(RememberedResponse response) {
    const std::int64_t num_events = response.num_events;
    remember(std::make_shared<const RememberedResponse>(std::move(response)), num_events);
  }
  /// Shared, so that a continuation under way outlives an eviction. Null when unknown.
  std::shared_ptr<const RememberedResponse> find(std::string_view id) const;
  void forget(std::string_view id);
  /// Steering made `successor` of it.
  void succeed(const std::string& id, std::string successor);
  /// The successor has failed: whoever steers the response again begins from itself.
  void disown(const std::string& id, std::string_view successor);
  /// The newest response that steering made of it; itself, when there is none.
  std::string newest_of(const std::string& id) const;
  /// The number for another event about a response; 0 for one that is not known.
  std::int64_t take_event_number(const std::string& id);
  std::size_t size() const { return by_age_.size(); }

 private:
  struct Entry {
    std::shared_ptr<const RememberedResponse> response;
    std::string successor;
    std::int64_t next_number = 0;
  };
  void erase(std::list<Entry>::iterator entry);

  std::size_t max_responses_;
  std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  std::list<Entry> by_age_;  ///< Oldest first.
  std::unordered_map<std::string, std::list<Entry>::iterator> by_id_;
};

}  // namespace octavo

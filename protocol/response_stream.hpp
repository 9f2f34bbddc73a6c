// The events of one response, in their one order, each numbered as it is made. Whoever holds it
// says what happened; it answers with the text frames to send. Numbers rise by one from 0, also
// across the choices of one response.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/client_event.hpp"
#include "src/core/request.hpp"

namespace octavo {

/// One sampled token as the wire shows it.
struct LogprobEntry {
  std::string bytes;  ///< What the token stands for; perhaps not UTF-8 by itself.
  float logprob = 0.0F;
  std::vector<std::pair<std::string, float>> top;  ///< (bytes, logprob), best first
};

struct ResponseEnd {
  FinishReason reason = FinishReason::kStop;
  std::optional<Error> error;
  Usage usage;
  Timings timings;
  std::int32_t num_preemptions = 0;
  std::int32_t num_shared_blocks = 0;
  std::vector<float> scores;      ///< Of the choices, in order; beam search only.
  std::int64_t completed_at = 0;  ///< Unix seconds
};

class ResponseStream {
 public:
  /// created_at: Unix seconds. `create` is copied for the snapshot that events carry.
  ResponseStream(std::string id, std::string model, std::int64_t created_at,
                 const ResponseCreate& create);

  const std::string& id() const { return id_; }
  const std::string& stream_id() const { return stream_id_; }

  std::string created();
  std::string in_progress();
  /// Adds the message item of a choice and its text part; before the choice's first delta.
  void begin_choice(std::int32_t choice, std::vector<std::string>& frames);
  std::string delta(std::int32_t choice, std::string_view text,
                    const std::vector<LogprobEntry>& logprobs);
  /// text.done, content_part.done, item.done.
  void end_choice(std::int32_t choice, FinishReason reason, std::vector<std::string>& frames);
  /// response.completed, .incomplete or .failed, with usage and timings.
  std::string end(const ResponseEnd& end);
  /// octavo:response.preempted, octavo:response.resumed
  std::string preempted(PreemptionMode mode);
  std::string resumed(PreemptionMode mode);
  /// For an event about the response that is made elsewhere.
  std::int64_t take_event_number() { return next_number_++; }
  std::int64_t num_events() const { return next_number_; }

  const std::string& text_of(std::int32_t choice) const {
    return choices_.at(static_cast<std::size_t>(choice)).text;
  }
  bool has_begun(std::int32_t choice) const {
    return choices_.at(static_cast<std::size_t>(choice)).begun;
  }

 private:
  struct Choice {
    std::string item_id;
    std::string text;
    boost::json::array logprobs;
    std::string status = "in_progress";
    bool begun = false;
  };

  boost::json::object event(std::string_view type);
  boost::json::object event_of(std::string_view type, std::int32_t choice);
  boost::json::object text_part(const Choice& choice) const;
  boost::json::object item(const Choice& choice) const;
  boost::json::object snapshot(std::string_view status) const;
  std::string finish(boost::json::object event) const;

  std::string id_;
  std::string stream_id_;
  boost::json::object base_;  ///< The members of `response` that never change.
  std::vector<Choice> choices_;
  bool with_logprobs_ = false;
  std::int64_t next_number_ = 0;
};

}  // namespace octavo

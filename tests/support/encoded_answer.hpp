// What an encoder of HTTP answers makes of a response that the test leads through its life.
#pragma once

#include <boost/json/parse.hpp>
#include <string>
#include <vector>

#include "protocol/http_answer.hpp"
#include "tests/support/running_response.hpp"

namespace octavo::testing {

class EncodedAnswer {
 public:
  EncodedAnswer(HttpAnswer& answer, const ResponseCreate& create)
      : response(running_response(create)), answer_(answer) {
    tell(ResponseBegan{});
  }

  void tell(const ResponseEvent& event) { answer_.encode(response, event, frames); }
  void hear(const TokensGenerated& tokens) {
    std::vector<ResponseEvent> events;
    response.append(tokens, false, events);
    for (const ResponseEvent& event : events) tell(event);
  }
  void end(RequestFinished finished) {
    response.finish(finished, 1700000009);
    tell(ResponseEnded{});
  }
  /// The JSON of the i-th server-sent event.
  boost::json::object chunk(std::size_t i) const {
    const std::string& frame = frames.at(i);
    return boost::json::parse(frame.substr(frame.find("data: ") + 6)).as_object();
  }

  Response response;
  std::vector<std::string> frames;

 private:
  HttpAnswer& answer_;
};

}  // namespace octavo::testing

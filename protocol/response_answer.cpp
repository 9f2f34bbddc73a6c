#include "protocol/response_answer.hpp"

#include <boost/json/serialize.hpp>

#include "protocol/error_frame.hpp"
#include "protocol/response_events.hpp"

namespace octavo {
namespace {

class ResponseStream final : public HttpAnswer {
 public:
  ResponseStream() : HttpAnswer("input") {}
  bool is_stream() const override { return true; }
  void encode(const Response& response, const ResponseEvent& event,
              std::vector<std::string>& frames) override {
    const std::size_t num_before = frames.size();
    octavo::encode(response, event, frames);
    for (std::size_t i = num_before; i < frames.size(); ++i) frames[i] = sse_event(frames[i]);
  }
  std::size_t size_of_end(const Response& response, const ResponseEvent& event,
                          std::size_t num_bytes) const override {
    return octavo::size_of_end(response, event, num_bytes);
  }
  std::string finish() override {
    std::string rest;
    if (error()) rest = sse_event(error_frame(*error(), ""));
    return rest.append(kSseDone);
  }
};

class ResponseBody final : public HttpAnswer {
 public:
  ResponseBody() : HttpAnswer("input") {}
  bool is_stream() const override { return false; }
  void encode(const Response& response, const ResponseEvent& event,
              std::vector<std::string>&) override {
    if (std::holds_alternative<ResponseEnded>(event))
      body_ = boost::json::serialize(response_json(response));
  }
  std::string finish() override { return std::move(body_); }

 private:
  std::string body_;
};

}  // namespace

std::unique_ptr<HttpAnswer> make_response_answer(bool is_stream) {
  if (is_stream) return std::make_unique<ResponseStream>();
  return std::make_unique<ResponseBody>();
}

std::string sse_event(std::string_view json) {
  constexpr std::string_view kBegin = R"({"type":")";
  const std::string_view rest = json.substr(kBegin.size());
  std::string event;
  event.reserve(json.size() + 64);
  event.append("event: ").append(rest.substr(0, rest.find('"')));
  event.append("\ndata: ").append(json).append("\n\n");
  return event;
}

}  // namespace octavo

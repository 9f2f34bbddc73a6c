// What clients ask for, as JSON: frames of the WebSocket and the bodies of every endpoint. The
// first byte says where the rest is sent.
#include <array>
#include <boost/json/parse.hpp>

#include "protocol/client_event.hpp"
#include "protocol/compact_body.hpp"
#include "protocol/error_frame.hpp"
#include "protocol/prompt_request.hpp"
#include "protocol/text_endpoint.hpp"
#include "src/core/utf8.hpp"
#include "tests/fuzz/support.hpp"
#include "tests/support/byte_tokenizer.hpp"

namespace octavo::fuzz {
namespace {

const ServedModel& model() {
  static const ServedModel model = [] {
    ServedModel made;
    made.name = "fuzz";
    made.vocab_size = 256;
    made.max_model_len = 1024;
    made.tokenizer = testing::byte_tokenizer();
    return made;
  }();
  return model;
}

void check_error(const Error& error, std::string_view stream_id) {
  expect(!error.message().empty(), "an error without a reason");
  const std::string frame = error_frame(error, std::string(stream_id));
  expect(is_valid_utf8(frame), "an error is no UTF-8");
  boost::system::error_code fault;
  boost::json::parse(frame, fault);
  expect(!fault, "an error is no JSON");
}

template <class Value>
void check(const Result<Value>& result) {
  if (!result) check_error(result.error(), "");
}

void check_event(std::string_view frame) {
  const auto event = parse_client_event(frame);
  if (!event) return check_error(event.error().error, event.error().stream_id);
  const auto* create = std::get_if<ResponseCreate>(&event.value());
  if (create == nullptr) return;
  expect(create->sampling.n >= 1 && create->sampling.n <= 8, "n is out of its range");
  expect(create->stream_id.empty() || is_valid_stream_id(create->stream_id), "a broken lane");
}

void check_text(TextEndpoint endpoint, std::string_view body) {
  const auto request = parse_text_request(endpoint, body, HashKey{1, 2});
  check(request);
  if (!request) return;
  expect(!request->creates.empty() && request->answer != nullptr, "a request without a response");
}

}  // namespace
}  // namespace octavo::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace octavo;
  fuzz::Input input(data, size);
  const char where = static_cast<char>(input.byte());
  const std::string_view body = input.rest();
  if (where == 'r') fuzz::check_text(TextEndpoint::kResponses, body);
  if (where == 'c') fuzz::check_text(TextEndpoint::kChatCompletions, body);
  if (where == 'p') fuzz::check_text(TextEndpoint::kCompletions, body);
  if (where == 't') fuzz::check(parse_tokenize(body));
  if (where == 'd') fuzz::check(parse_detokenize(body, fuzz::model()));
  if (where == 'k') fuzz::check(parse_compact(body));
  if (where == 's') fuzz::check_text(TextEndpoint::kSummaries, body);
  if (where == 'e') fuzz::check_event(body);
  return where == 0 ? -1 : 0;
}

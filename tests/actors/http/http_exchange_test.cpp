// Text over HTTP on a real socket, with the test for an engine.
#include "actors/http/http_exchange.hpp"

#include <array>
#include <boost/asio/write.hpp>

#include "tests/actors/http/port.hpp"
#include "tests/support/request_events.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

/// A client that reads bytes as they come.
class PostingClient {
 public:
  explicit PostingClient(const Port& port) : socket_(io_) {
    socket_.connect({asio::ip::make_address("127.0.0.1"), port.number()});
  }
  void post(const std::string& members, const std::string& prompt = "[70]") {
    const std::string body = R"({"max_tokens":5,"prompt":)" + prompt + members + "}";
    asio::write(socket_, asio::buffer("POST /v1/completions HTTP/1.1\r\nHost: localhost\r\n"
                                      "Content-Length: " +
                                      std::to_string(body.size()) + "\r\n\r\n" + body));
  }
  /// Reads until the text has this, or the connection ends.
  const std::string& read_until(std::string_view wanted) {
    std::array<char, 4096> bytes;
    boost::system::error_code error;
    while (text_.find(wanted) == std::string::npos && !error) {
      const std::size_t count = socket_.read_some(asio::buffer(bytes), error);
      text_.append(bytes.data(), count);
    }
    return text_;
  }
  void leave() { socket_.close(); }

 private:
  asio::io_context io_;
  asio::ip::tcp::socket socket_;
  std::string text_;
};

template <class... Events>
void tell(const SubmitRequest& submitted, Events... events) {
  SessionEvents told;
  (told.emplace_back(std::move(events)), ...);
  for (RequestEvent& event : told)
    std::visit([&](auto& each) { each.request = submitted.request.id; }, event);
  submitted.reply_to.send(std::move(told));
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a stream begins with its first token, and what a step brings is one chunk of HTTP") {
  Port port({});
  PostingClient caller(port);
  caller.post(R"(,"stream":true,"n":2)");
  const auto submitted = port.next<SubmitRequest>();
  tell(submitted, RequestAccepted{}, generated({70}, 0), generated({71}, 1));
  const std::string first = caller.read_until("\"index\":1");
  CHECK(first.starts_with("HTTP/1.1 200 OK\r\n"));
  const std::size_t body = first.find("\r\n\r\n") + 4;
  const std::size_t size = std::stoul(first.substr(body), nullptr, 16);
  CHECK(first.size() - body > size);  // Both choices are within the first chunk.
  tell(submitted, generated({72}, 0, FinishReason::kLength),
       generated({73}, 1, FinishReason::kLength), finished(FinishReason::kLength, 4));
  CHECK(caller.read_until("0\r\n\r\n").ends_with("data: [DONE]\n\n\r\n0\r\n\r\n"));
}

TEST_CASE("what is refused before its first token has a status, streaming or not") {
  Port port({});
  for (const char* members : {"", R"(,"stream":true)"}) {
    PostingClient caller(port);
    caller.post(members);
    const auto submitted = port.next<SubmitRequest>();
    RequestRejected rejected;
    rejected.error = Error{Errc::kQueueFull, "", ""};
    tell(submitted, rejected);
    const std::string& text = caller.read_until("queue_full");
    CHECK(text.starts_with("HTTP/1.1 429 Too Many Requests\r\n"));
    CHECK(has(text, "Retry-After: 1\r\n"));
  }
}

TEST_CASE("a client that leaves is given up at once, whether it was to be told of tokens or not") {
  Port port({});
  for (const char* members : {"", R"(,"stream":true)"}) {
    PostingClient caller(port);
    caller.post(members);
    const auto submitted = port.next<SubmitRequest>();
    tell(submitted, RequestAccepted{}, generated({70}, 0));
    caller.leave();
    const auto cancelled = port.next<CancelRequest>();
    CHECK(cancelled.request == submitted.request.id);
    CHECK(cancelled.reason == CancelReason::kClientGone);
  }
}

TEST_CASE("the server's end is told: to a stream after its tokens, to a plain answer by a status") {
  Port port({});
  PostingClient stream(port);
  stream.post(R"(,"stream":true)");
  tell(port.next<SubmitRequest>(), RequestAccepted{}, generated({70}, 0));
  stream.read_until("\"text\":");
  PostingClient plain(port);
  plain.post("");
  tell(port.next<SubmitRequest>(), RequestAccepted{}, generated({70}, 0));
  port.end(Error{Errc::kServerDraining, "", ""});
  const std::string& rest = stream.read_until("0\r\n\r\n");
  CHECK(has(rest, "\"code\":\"server_draining\""));
  CHECK(rest.ends_with("data: [DONE]\n\n\r\n0\r\n\r\n"));
  CHECK(plain.read_until("server_draining").starts_with("HTTP/1.1 503 "));
}

TEST_CASE("if one of several prompts is refused, the others are given up with it") {
  Port port({});
  PostingClient caller(port);
  caller.post("", "[[70],[71]]");
  const auto first = port.next<SubmitRequest>();
  const auto second = port.next<SubmitRequest>();
  tell(first, RequestAccepted{}, generated({70}, 0));
  RequestRejected rejected;
  rejected.error = Error{Errc::kContextLengthExceeded, "too long", "input"};
  tell(second, rejected);
  const std::string& text = caller.read_until("}}");
  CHECK(text.starts_with("HTTP/1.1 400 "));
  CHECK(has(text, "\"param\":\"prompt\""));
  CHECK(port.next<CancelRequest>().request == first.request.id);
}

// A connection and its client, over a real socket; no engine behind it.
#include "actors/http/http_connection.hpp"

#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/parse.hpp>
#include <future>

#include "tests/actors/http/port.hpp"

using namespace octavo;

namespace {

using testing::HttpRequest;
using HttpResponse = HttpReply;
using testing::Port;

}  // namespace

TEST_CASE("a connection that has reached its age is told so and closed to come again") {
  SessionLimits limits;
  limits.max_age = std::chrono::minutes(0);
  const Port port(limits);
  asio::io_context io;
  beast::websocket::stream<asio::ip::tcp::socket> client(io);
  client.next_layer().connect({asio::ip::make_address("127.0.0.1"), port.number()});
  client.handshake("localhost", "/v1/responses");
  beast::flat_buffer buffer;
  client.read(buffer);
  const auto event = boost::json::parse(beast::buffers_to_string(buffer.cdata()));
  CHECK(event.at("type") == "error");
  CHECK(event.at("error").at("code") == "websocket_connection_limit_reached");
  boost::system::error_code error;
  client.read(buffer, error);
  CHECK(error == beast::websocket::error::closed);
  CHECK(client.reason().code == static_cast<std::uint16_t>(CloseCode::kGoingAway));
  CHECK_FALSE(client.reason().reason.empty());
}

namespace {

HttpResponse ask(asio::ip::tcp::socket& client, HttpRequest request) {
  request.set(http::field::host, "localhost");
  http::write(client, request);
  beast::flat_buffer buffer;
  HttpResponse response;
  http::read(client, buffer, response);
  return response;
}

}  // namespace

TEST_CASE("an upgrade without its key is refused as any request is, and says how to come again") {
  const Port port({}, HttpPolicy{{"one"}, {}});
  asio::io_context io;
  asio::ip::tcp::socket client(io);
  client.connect({asio::ip::make_address("127.0.0.1"), port.number()});
  HttpRequest upgrade(http::verb::get, "/v1/responses", 11);
  upgrade.set(http::field::connection, "Upgrade");
  upgrade.set(http::field::upgrade, "websocket");
  upgrade.set(http::field::sec_websocket_version, "13");
  upgrade.set(http::field::sec_websocket_key, "dGhlIHNhbXBsZSBub25jZQ==");
  const HttpResponse response = ask(client, upgrade);
  CHECK(response.result_int() == 401);
  CHECK(response[http::field::www_authenticate] == "Bearer");
  const auto error = boost::json::parse(response.body()).at("error");
  CHECK(error.at("code") == "invalid_api_key");
  CHECK(error.at("type") == "authentication_error");
}

TEST_CASE("a connection that is kept may be idle for longer than a request may take to come") {
  SessionLimits limits;
  limits.handshake_timeout = std::chrono::seconds(3600);
  limits.keep_alive_timeout = std::chrono::seconds(0);
  const Port port(limits);
  asio::io_context io;
  asio::ip::tcp::socket client(io);
  client.connect({asio::ip::make_address("127.0.0.1"), port.number()});
  CHECK(ask(client, HttpRequest(http::verb::get, "/", 11)).result_int() == 200);
  // Idle for as long as it may, which is nothing here: closed, and not before its answer.
  beast::flat_buffer buffer;
  HttpResponse response;
  boost::system::error_code error;
  http::read(client, buffer, response, error);
  CHECK(error == http::error::end_of_stream);
}

TEST_CASE("a frame that cannot be taken is answered by a close that says why") {
  const bool is_binary = GENERATE(false, true);
  SessionLimits limits;
  limits.max_message_bytes = 2048;
  const Port port(limits);
  asio::io_context io;
  beast::websocket::stream<asio::ip::tcp::socket> client(io);
  client.next_layer().connect({asio::ip::make_address("127.0.0.1"), port.number()});
  client.handshake("localhost", "/v1/responses");
  client.binary(is_binary);
  client.write(asio::buffer(std::string(is_binary ? 10 : 3000, ' ')));
  beast::flat_buffer buffer;
  boost::system::error_code error;
  client.read(buffer, error);
  CHECK(error == beast::websocket::error::closed);
  CHECK(client.reason().code ==
        static_cast<std::uint16_t>(is_binary ? CloseCode::kBinaryFrame : CloseCode::kTooBig));
  const std::string reason(client.reason().reason.data(), client.reason().reason.size());
  CHECK(reason.find(is_binary ? "text" : "--max-message-size") != std::string::npos);
}

namespace {

/// How the server closes a WebSocket after the client has done this.
beast::websocket::close_reason close_after(
    const Port& port,
    const std::function<void(beast::websocket::stream<asio::ip::tcp::socket>&)>& act) {
  asio::io_context io;
  beast::websocket::stream<asio::ip::tcp::socket> client(io);
  client.next_layer().connect({asio::ip::make_address("127.0.0.1"), port.number()});
  client.handshake("localhost", "/v1/responses");
  act(client);
  beast::flat_buffer buffer;
  boost::system::error_code error;
  while (!error) {
    buffer.clear();
    client.read(buffer, error);
  }
  CHECK(error == beast::websocket::error::closed);
  return client.reason();
}

}  // namespace

TEST_CASE("a message in more fragments than the limit ends the connection") {
  SessionLimits limits;
  limits.max_fragments = 10;
  const Port port(limits);
  const auto reason = close_after(port, [](auto& client) {
    for (int i = 0; i < 12; ++i) client.write_some(false, asio::buffer(" ", 1));
  });
  CHECK(reason.code == static_cast<std::uint16_t>(CloseCode::kPolicy));
  CHECK(std::string(reason.reason.data(), reason.reason.size()).find("10 fragments") !=
        std::string::npos);
}

TEST_CASE("a message in as many fragments as there may be is read") {
  SessionLimits limits;
  limits.max_fragments = 10;
  Port port(limits);
  asio::io_context io;
  beast::websocket::stream<asio::ip::tcp::socket> client(io);
  client.next_layer().connect({asio::ip::make_address("127.0.0.1"), port.number()});
  client.handshake("localhost", "/v1/responses");
  for (int message = 0; message < 2; ++message) {
    for (int i = 0; i < 9; ++i) client.write_some(false, asio::buffer(" ", 1));
    const std::string lane = std::to_string(message);
    client.write_some(true, asio::buffer(R"({"type":"response.create","input":"x","stream_id":")" +
                                         lane + "\"}"));
    CHECK(port.next_request().prompt.size() > 0);
  }
}

TEST_CASE("a message that is not whole in time ends the connection") {
  SessionLimits limits;
  limits.message_timeout = std::chrono::seconds(0);
  const Port port(limits);
  const auto reason =
      close_after(port, [](auto& client) { client.write_some(false, asio::buffer("{", 1)); });
  CHECK(reason.code == static_cast<std::uint16_t>(CloseCode::kPolicy));
}

TEST_CASE("more pings than a second may have end the connection, fewer do not") {
  SessionLimits limits;
  limits.max_pings_per_second = 20;
  const Port port(limits);
  const auto reason = close_after(port, [](auto& client) {
    boost::system::error_code ignored;
    for (int i = 0; i < 21; ++i) client.ping({}, ignored);
  });
  CHECK(reason.code == static_cast<std::uint16_t>(CloseCode::kPolicy));
  const auto normal = close_after(port, [](auto& client) {
    for (int i = 0; i < 20; ++i) client.ping({});
    for (int i = 0; i < 20; ++i) client.write(asio::buffer(std::string("rubbish")));
  });
  CHECK(std::string(normal.reason.data(), normal.reason.size()).find("JSON") != std::string::npos);
}

// In Beast the server's close and the read that has found the client's fault wait for one another.
TEST_CASE("a client that breaks a connection which the server closes leaves nothing behind") {
  SessionLimits limits;
  limits.close_timeout = std::chrono::milliseconds(50);
  Port port(limits);
  asio::io_context io;
  beast::websocket::stream<asio::ip::tcp::socket> client(io);
  client.next_layer().connect({asio::ip::make_address("127.0.0.1"), port.number()});
  client.handshake("localhost", "/v1/responses");
  const std::string binary_ping_fault(
      "\x82\x81\0\0\0\0x"
      "\x89\x81\0\0\0\0p"
      "\x9A\x80\0\0\0\0",
      20);
  asio::write(client.next_layer(), asio::buffer(binary_ping_fault));
  boost::system::error_code error;
  std::string answer;
  asio::read(client.next_layer(), asio::dynamic_buffer(answer), error);
  CHECK(error == asio::error::eof);
  while (port.num_connections() > 0) std::this_thread::yield();
}

TEST_CASE("a request is its API key's tenant's") {
  Port port({}, HttpPolicy{{"one", "two"}, {}});
  const auto tenant_with = [&](const std::string& key) {
    asio::io_context io;
    beast::websocket::stream<asio::ip::tcp::socket> client(io);
    client.next_layer().connect({asio::ip::make_address("127.0.0.1"), port.number()});
    client.set_option(beast::websocket::stream_base::decorator(
        [&](auto& request) { request.set(http::field::authorization, "Bearer " + key); }));
    client.handshake("localhost", "/v1/responses");
    client.write(asio::buffer(std::string(R"({"type":"response.create","input":"x"})")));
    return port.next_request().tenant;
  };
  const auto one = tenant_with("one");
  CHECK(one == tenant_of(HashKey{}, "one"));
  CHECK(tenant_with("two") == tenant_of(HashKey{}, "two"));
  CHECK(tenant_with("one") == one);
}

namespace {

/// An answer that waits for a word from elsewhere.
struct LateAnswer {
  std::shared_ptr<Mailbox<std::string>> words;
  std::shared_ptr<std::promise<void>> asked;

  asio::awaitable<HttpResponse> operator()(HttpRequest) {
    asked->set_value();
    auto word = co_await words->receive();
    words.reset();  // On its reader's thread, whose context may end before this.
    HttpResponse response(http::status::ok, 11);
    response.body() = word.value_or("");
    co_return response;
  }
};

}  // namespace

TEST_CASE("an answer that comes late is sent, also by a server that is told to go meanwhile") {
  LateAnswer late;
  late.asked = std::make_shared<std::promise<void>>();
  HttpHandler handler = [&late](HttpRequest request) { return late(std::move(request)); };
  Port port({}, {}, std::move(handler));
  late.words = std::make_shared<Mailbox<std::string>>(port.executor());
  asio::io_context io;
  asio::ip::tcp::socket client(io);
  client.connect({asio::ip::make_address("127.0.0.1"), port.number()});
  HttpRequest request(http::verb::get, "/slow", 11);
  request.set(http::field::host, "localhost");
  http::write(client, request);
  late.asked->get_future().wait();
  port.drain();
  late.words->address().send("at last");
  beast::flat_buffer buffer;
  HttpResponse response;
  http::read(client, buffer, response);
  CHECK(response.body() == "at last");
  boost::system::error_code error;
  http::read(client, buffer, response, error);
  CHECK(error == http::error::end_of_stream);
}

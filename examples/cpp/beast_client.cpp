// Octavo over a WebSocket from C++, with Boost.Beast: a story as it is written, then two forks of
// it side by side, each on a lane of its own. Debian: libboost1.81-dev.
//     g++ -std=c++20 beast_client.cpp -pthread -o beast_client && ./beast_client
//
// OCTAVO_URL names the server (http://host:port), OCTAVO_API_KEY the key where one is needed.
#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/json/src.hpp>  // All of Boost.JSON in this file: nothing to link.
#include <cstdlib>
#include <iostream>
#include <map>
#include <string>

namespace asio = boost::asio;
namespace json = boost::json;
using Socket = boost::beast::websocket::stream<asio::ip::tcp::socket>;

std::string environment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : otherwise;
}

void connect(Socket& socket, const std::string& url) {
  std::string authority = url.substr(url.find("//") + 2);
  authority.resize(std::min(authority.find('/'), authority.size()));
  const auto colon = authority.rfind(':');
  asio::ip::tcp::resolver resolver(socket.get_executor());
  asio::connect(socket.next_layer(),
                resolver.resolve(authority.substr(0, colon), authority.substr(colon + 1)));
  socket.set_option(boost::beast::websocket::stream_base::decorator([](auto& head) {
    head.set("Authorization", "Bearer " + environment("OCTAVO_API_KEY", "none"));
  }));
  socket.handshake(authority, "/v1/responses");
}

void create(Socket& socket, json::object body) {
  body["type"] = "response.create";
  socket.write(asio::buffer(json::serialize(body)));
}

/// The next event; an exception where it says that something failed.
json::object hear(Socket& socket) {
  boost::beast::flat_buffer frame;
  socket.read(frame);
  json::object event = json::parse(boost::beast::buffers_to_string(frame.data())).as_object();
  if (event["type"] == "error" || event["type"] == "response.failed")
    throw std::runtime_error(json::serialize(event));
  return event;
}

int main() try {
  asio::io_context context;
  Socket socket(context);
  connect(socket, environment("OCTAVO_URL", "http://127.0.0.1:8000"));
  create(socket, {{"input", "Tell me a story about a fox named Pip."}});
  json::object event;
  while (event["type"] != "response.completed" && event["type"] != "response.incomplete") {
    event = hear(socket);
    if (event["type"] == "response.output_text.delta")
      std::cout << event["delta"].as_string().c_str() << std::flush;
  }
  const json::value story = event["response"].at("id");
  std::map<std::string, std::string> asked{{"a", "Where does Pip live?"}, {"b", "Who is Pip?"}};
  for (const auto& [lane, question] : asked)
    create(socket, {{"stream_id", lane}, {"input", question}, {"previous_response_id", story}});
  while (!asked.empty()) {
    event = hear(socket);
    if (event["type"] != "response.output_text.done") continue;
    const auto turn = asked.extract(event["stream_id"].as_string().c_str());
    std::cout << "\n> " << turn.mapped() << "\n" << event["text"].as_string().c_str() << std::flush;
  }
  std::cout << "\n";
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}

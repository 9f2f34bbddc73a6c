// The whole house on a real socket, with a fake executor for a model.
#include "src/app/serve/house.hpp"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/local/datagram_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <boost/json.hpp>
#include <future>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/sim.hpp"
#include "tests/support/temp_folder.hpp"

namespace octavo {
namespace {

namespace json = boost::json;
namespace websocket = boost::beast::websocket;
using tcp = asio::ip::tcp;

/// Falls over in the scheduler's own thread when the plan of that number is written down, and not
/// before the client has heard of its response.
class FallingJournal final : public SchedulerJournal {
 public:
  explicit FallingJournal(int num_plans) : num_plans_(num_plans) {}

  void submitted(const Request&, TimePoint) override {}
  void cancelled(RequestId, CancelReason, TimePoint, std::int32_t) override {}
  void asked_to_preempt(RequestId, PreemptionMode) override {}
  void planned(const StepPlan* plan, TimePoint) override {
    if (plan == nullptr || --num_plans_ > 0) return;
    heard_.get_future().wait();
    throw std::logic_error("an invariant is broken");
  }
  void client_has_heard() { heard_.set_value(); }
  void completed(const StepReceipt&, const StepResult&, TimePoint) override {}
  void failed(StepId, const Error&, TimePoint) override {}
  void transferred(const std::vector<TransferId>&) override {}

 private:
  int num_plans_;
  std::promise<void> heard_;
};

class RunningHouse {
 public:
  explicit RunningHouse(SchedulerJournal* journal, HouseOptions options = {}) {
    options.port = 0;
    options.handle_signals = false;
    options.journal = journal;
    options.limits.close_timeout = std::chrono::seconds(1);
    SchedulerConfig config;
    config.num_blocks = 64;
    config.block_size = 4;
    config.max_model_len = 512;
    house_ = House::build(std::move(options), testing::sim_model(), config, executor_).value();
    thread_ = std::thread([this] { exit_status_ = house_->run(); });
  }
  ~RunningHouse() {
    if (thread_.joinable()) house_->stop();
    if (thread_.joinable()) thread_.join();
  }
  std::uint16_t port() const { return house_->port(); }
  void stop() { house_->stop(); }
  /// Waits until the house has ended by itself.
  int exit_status() {
    thread_.join();
    return exit_status_;
  }

 private:
  testing::FakeExecutor executor_{64, 4, 4096};
  std::unique_ptr<House> house_;
  std::thread thread_;
  int exit_status_ = -1;
};

class Client {
 public:
  explicit Client(std::uint16_t port) : stream_(io_) {
    stream_.next_layer().connect({asio::ip::make_address("127.0.0.1"), port});
    stream_.handshake("127.0.0.1:" + std::to_string(port), "/v1/responses");
  }
  void say(const json::object& event) { stream_.write(asio::buffer(json::serialize(event))); }
  /// None once the server has closed.
  std::optional<json::object> read() {
    boost::beast::flat_buffer buffer;
    boost::system::error_code error;
    stream_.read(buffer, error);
    if (error) return std::nullopt;
    return json::parse(boost::beast::buffers_to_string(buffer.data())).as_object();
  }
  /// Events until the server closes.
  std::vector<json::object> read_all() {
    std::vector<json::object> events;
    while (auto event = read()) events.push_back(std::move(*event));
    return events;
  }
  websocket::close_reason why_closed() const { return stream_.reason(); }

 private:
  asio::io_context io_;
  websocket::stream<tcp::socket> stream_;
};

}  // namespace

TEST_CASE("when an actor of the engine dies, every client gets its last words and the house ends") {
  FallingJournal journal(4);
  RunningHouse house(&journal);
  Client asking(house.port());
  Client idle(house.port());
  asking.say(testing::create("one two three", 100));
  CHECK(asking.read().value().at("type") == "response.created");
  journal.client_has_heard();
  const std::vector<json::object> events = asking.read_all();
  REQUIRE(!events.empty());
  const json::object& last = events.back();
  CHECK(last.at("type") == "response.failed");
  CHECK(last.at("response").at("error").at("code") == "engine_error");
  CHECK(asking.why_closed().code == 1001);
  CHECK(idle.read_all().empty());
  CHECK(idle.why_closed().code == 1001);
  CHECK(house.exit_status() == 1);
}

TEST_CASE("a request that is on its way when the house stops is answered, not cut off") {
  RunningHouse house(nullptr);
  Client running(house.port());
  running.say(testing::create("one two three", 200));
  CHECK(running.read().value().at("type") == "response.created");
  asio::io_context io;
  tcp::socket early(io);
  early.connect({asio::ip::make_address("127.0.0.1"), house.port()});
  const std::string head = "GET /ready HTTP/1.1\r\nHost: 127.0.0.1\r\n";
  asio::write(early, asio::buffer(head));
  house.stop();
  running.read();  // The house has heard of the stop by now, or will before the next line comes.
  asio::write(early, asio::buffer(std::string("\r\n")));
  std::string answer;
  boost::system::error_code error;
  asio::read(early, asio::dynamic_buffer(answer), error);
  CHECK(error == asio::error::eof);
  CHECK_THAT(answer, Catch::StartsWith("HTTP/1.1 "));
  CHECK_THAT(answer, Catch::Contains("Connection: close"));
  running.read_all();
  CHECK(house.exit_status() == 0);
}

TEST_CASE("a house serves on a socket that was passed, and tells its manager what it does") {
  asio::io_context io;
  tcp::acceptor passed(io, {asio::ip::make_address("127.0.0.1"), 0});
  const std::uint16_t port = passed.local_endpoint().port();
  const testing::TempFolder folder;
  const std::string path = folder.path().string() + "/notify";
  asio::local::datagram_protocol::socket manager(io, path);
  const int descriptor = ::dup(passed.native_handle());
  passed.close();
  const std::map<std::string, std::string> variables{{"NOTIFY_SOCKET", path},
                                                     {"WATCHDOG_USEC", "30000"},
                                                     {"LISTEN_PID", "1"},
                                                     {"LISTEN_FDS", "1"}};
  HouseOptions options;
  options.manager = ServiceManager(
      [&](const char* name) {
        const auto found = variables.find(name);
        return found == variables.end() ? nullptr : found->second.c_str();
      },
      1, descriptor);
  const auto heard = [&] {
    char text[128];
    return std::string(text, manager.receive(asio::buffer(text)));
  };
  std::vector<std::string> told;
  {
    RunningHouse house(nullptr, std::move(options));
    CHECK(house.port() == port);
    while (told.empty() || told.back() != "WATCHDOG=1") told.push_back(heard());
    Client asking(port);
    asking.say(testing::create("one", 3));
    CHECK(asking.read().has_value());
  }
  while (told.back().find("STOPPING=1") == std::string::npos) told.push_back(heard());
  CHECK(std::ranges::count(told, "READY=1\nSTATUS=serving") == 1);
}

TEST_CASE("a house that is stopped lets what runs come to its end") {
  RunningHouse house(nullptr);
  Client asking(house.port());
  asking.say(testing::create("one two three", 40));
  CHECK(asking.read().value().at("type") == "response.created");
  house.stop();
  CHECK(asking.read_all().back().at("type") == "response.incomplete");
  CHECK(asking.why_closed().code == 1001);
  CHECK(house.exit_status() == 0);
}

}  // namespace octavo

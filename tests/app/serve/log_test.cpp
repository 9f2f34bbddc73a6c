#include "src/app/serve/log.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <csignal>

#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

/// A pipe that a log writes into.
class Pipe {
 public:
  Pipe() {
    REQUIRE(::pipe(ends_) == 0);
    ::fcntl(ends_[0], F_SETFL, O_NONBLOCK);
  }
  ~Pipe() {
    close_reader();
    ::close(ends_[1]);
  }
  int writer() const { return ends_[1]; }
  void close_reader() {
    if (ends_[0] >= 0) ::close(ends_[0]);
    ends_[0] = -1;
  }
  std::string read() {
    std::string all;
    char bytes[65536];
    for (ssize_t size; (size = ::read(ends_[0], bytes, sizeof(bytes))) > 0;)
      all.append(bytes, static_cast<std::size_t>(size));
    return all;
  }

 private:
  int ends_[2];
};

std::shared_ptr<spdlog::logger> logger_to(const std::shared_ptr<LogSink>& sink) {
  auto logger = std::make_shared<spdlog::logger>("test", sink);
  logger->set_pattern("%v");
  return logger;
}

}  // namespace

TEST_CASE("a log that nobody reads loses its lines and counts them, and holds up nobody") {
  Pipe pipe;
  const auto sink = std::make_shared<LogSink>(pipe.writer());
  const auto logger = logger_to(sink);
  for (int i = 0; i < 5000; ++i) logger->info("line {} {}", i, std::string(100, 'x'));
  CHECK(sink->num_dropped() > 0);
  const std::string read = pipe.read();
  const auto num_read = static_cast<std::uint64_t>(std::count(read.begin(), read.end(), '\n'));
  CHECK(num_read + sink->num_dropped() >= 4999);
  CHECK(num_read + sink->num_dropped() <= 5001);
  const std::uint64_t dropped = sink->num_dropped();
  logger->info("again");
  CHECK_THAT(pipe.read(), Catch::EndsWith("again\n"));
  CHECK(sink->num_dropped() == dropped);
}

TEST_CASE("a line that was cut does not run into the next") {
  Pipe pipe;
  const auto sink = std::make_shared<LogSink>(pipe.writer());
  const auto logger = logger_to(sink);
  logger->info(std::string(1 << 20, 'a'));
  CHECK(sink->num_dropped() == 1);
  pipe.read();
  logger->info("next");
  CHECK(pipe.read() == "\nnext\n");
}

TEST_CASE("a log whose reader has gone, or whose disk is full, is no reason to die") {
  std::signal(SIGPIPE, SIG_IGN);
  Pipe pipe;
  pipe.close_reader();
  const auto sink = std::make_shared<LogSink>(pipe.writer());
  logger_to(sink)->info("anybody?");
  CHECK(sink->num_dropped() == 1);
  const int full = ::open("/dev/full", O_WRONLY);
  REQUIRE(full >= 0);
  const auto to_full = std::make_shared<LogSink>(full);
  logger_to(to_full)->info("anything?");
  CHECK(to_full->num_dropped() == 1);
  ::close(full);
}

#include "src/app/cli/cli.hpp"

#include "tests/app/cli/parsed_flags.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_folder.hpp"

using namespace octavo;
using octavo::testing::fault_of;
using octavo::testing::NumberCase;

namespace {

struct Command {
  CLI::App app;
  Cli cli{app};
  std::string fault;

  explicit Command(std::vector<std::string> words) {
    app.require_subcommand(1);
    fault = fault_of(app, std::move(words));
  }
};

std::string fault(std::vector<std::string> words) { return Command(std::move(words)).fault; }

/// What the command answers that these words choose.
Error error_of(std::vector<std::string> words) {
  const Command command(std::move(words));
  INFO(command.fault);
  REQUIRE(command.fault.empty());
  const auto status = command.cli.run();
  return status ? Error{} : status.error();
}

}  // namespace

TEST_CASE("there is exactly one command, of those that there are") {
  CHECK(fault({}) != "");
  CHECK(fault({"sing"}) != "");
  CHECK(fault({"serve", "inspect"}) == "");  // The second word is the model.
  for (const char* command : {"serve", "generate", "tokenize", "render", "inspect"}) {
    CAPTURE(command);
    CHECK(fault({command}) == "");
    CHECK(fault({command, "--help"}) == "");
    CHECK(fault({command, "--no-such-flag"}).find("--no-such-flag") != std::string::npos);
  }
  CHECK(fault({"replay"}).find("TRACE") != std::string::npos);
}

TEST_CASE("every command of a model has the model's flags") {
  for (const std::vector<std::string>& command : {std::vector<std::string>{"serve"},
                                                  {"generate"},
                                                  {"inspect"},
                                                  {"bench", "throughput"},
                                                  {"bench", "latency"},
                                                  {"bench", "overlap"}}) {
    CAPTURE(command.back());
    auto words = command;
    words.insert(words.end(), {"folder", "--block-size", "32", "--seed", "3"});
    CHECK(fault(words) == "");
    words.back() = "x";
    CHECK(fault(words).find("--seed") != std::string::npos);
  }
}

TEST_CASE("what is measured is one of three, and a workload is throughput's") {
  CHECK(fault({"bench"}) != "");
  CHECK(fault({"bench", "speed"}) != "");
  CHECK(fault({"bench", "throughput", "--request-rate", "2.5"}) == "");
  CHECK(fault({"bench", "latency", "--request-rate", "2.5"}) != "");
  CHECK(fault({"bench", "throughput", "--workload", "/nowhere.json"}).find("--workload") !=
        std::string::npos);
}

TEST_CASE("numbers of a server and of a benchmark have bounds") {
  const std::vector<std::pair<std::vector<std::string>, NumberCase>> cases{
      {{"serve"}, {"--port", {"0", "65535"}, {"65536", "-1", "http"}}},
      {{"serve"}, {"--max-queue", {"1", "2147483647"}, {"0", "-1", "2147483648"}}},
      {{"serve"}, {"--max-message-size", {"0", "4MiB"}, {"4 MiB", "-1", "big"}}},
      {{"serve"}, {"--drain-timeout", {"0", "0.5"}, {"-1", "soon"}}},
      {{"serve"}, {"--max-connections", {"1", "1000"}, {"x", "1.5"}}},
      {{"bench", "throughput"}, {"--input-len", {"1"}, {"0", "-1", "1.5"}}},
      {{"bench", "latency"}, {"--output-len", {"1"}, {"0", "-1"}}},
      {{"bench", "latency"}, {"--num-prompts", {"1"}, {"0", "x"}}},
      {{"bench", "overlap"}, {"--concurrency", {"1"}, {"0"}}},
      {{"bench", "throughput"}, {"--request-rate", {"0", "0.1"}, {"-0.1", "x"}}}};
  for (const auto& [command, each] : cases) {
    for (const std::string& value : each.good) {
      CAPTURE(each.flag, value);
      auto words = command;
      words.insert(words.end(), {each.flag, value});
      CHECK(fault(words) == "");
    }
    for (const std::string& value : each.bad) {
      CAPTURE(each.flag, value);
      auto words = command;
      words.push_back(each.flag + "=" + value);
      CHECK(fault(words).find(each.flag) != std::string::npos);
    }
  }
}

TEST_CASE("a server's log level and template are checked where they are written") {
  for (const char* level : {"trace", "debug", "info", "warning", "error", "off"})
    CHECK(fault({"serve", "--log-level", level}) == "");
  CHECK(fault({"serve", "--log-level", "loud"}).find("--log-level") != std::string::npos);
  CHECK(fault({"serve", "--chat-template", "/nowhere.jinja"}).find("--chat-template") !=
        std::string::npos);
}

TEST_CASE("lists are given with commas or several times, and keys leave the model its word") {
  CHECK(fault({"serve", "--api-key", "a,b", "--api-key", "c", "folder"}) == "");
  CHECK(fault({"serve", "--allowed-origins", "https://a,https://b"}) == "");
  CHECK(fault({"serve", "--allowed-hosts", "a,b:80"}) == "");
}

TEST_CASE("a command does what was chosen, and says what is wrong with it") {
  CHECK(error_of({"tokenize", "/nowhere"}).code == Errc::kIo);
  CHECK(error_of({"inspect", "/nowhere"}).param == "model");
  CHECK(error_of({"generate", "/nowhere", "--prompt", "x"}).detail.find("/nowhere") !=
        std::string::npos);
  CHECK(error_of({"serve", "/nowhere"}).code == Errc::kIo);
  CHECK(error_of({"render"}).param == "messages");
  CHECK(error_of({"replay", "/nowhere.csv"}).detail == "/nowhere.csv: No such file or directory");
  CHECK(error_of({"bench", "throughput", "/nowhere"}).code == Errc::kIo);
  const testing::TempFolder folder;
  folder.write("config.json", "{}");
  CHECK(error_of({"inspect", folder.path()}).code == Errc::kInvalidFile);
}

TEST_CASE("a fault that a person can mend exits with 2, the world's and our own with 1") {
  for (const Errc code : {Errc::kInvalidValue, Errc::kIo, Errc::kInvalidFile,
                          Errc::kUnsupportedModel, Errc::kInvalidJson, Errc::kTemplateError})
    CHECK(exit_status_of(Error{code, "", ""}) == 2);
  for (const Errc code : {Errc::kEngineError, Errc::kOutOfMemory})
    CHECK(exit_status_of(Error{code, "", ""}) == 1);
}

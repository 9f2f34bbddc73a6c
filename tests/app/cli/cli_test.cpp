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

/// Calls `visit` with every option that takes a number, and the words that lead to it.
void each_number(const CLI::App& app, const std::vector<std::string>& words,
                 const std::function<void(std::vector<std::string>, std::string)>& visit) {
  for (const CLI::Option* option : app.get_options()) {
    const std::string kind = option->get_type_name();
    if (!kind.starts_with("TEXT") && option->get_items_expected_max() > 0)
      visit(words, option->get_name());
  }
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    auto deeper = words;
    deeper.push_back(command->get_name());
    each_number(*command, deeper, visit);
  }
}

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
                                                  {"bench", "overlap"},
                                                  {"bench", "invariance"}}) {
    CAPTURE(command.back());
    auto words = command;
    words.insert(words.end(), {"folder", "--block-size", "32", "--seed", "3"});
    CHECK(fault(words) == "");
    words.back() = "x";
    CHECK(fault(words).find("--seed") != std::string::npos);
  }
}

TEST_CASE("what is measured is one of four, and a workload is throughput's") {
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
      {{"serve"}, {"--max-message-size", {"1KiB", "4MiB"}, {"0", "4 MiB", "-1", "big"}}},
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

TEST_CASE("every number of every command is read whole, finite and within a range") {
  const Command known({});
  int num_flags = 0;
  each_number(known.app, {}, [&](std::vector<std::string> words, const std::string& flag) {
    ++num_flags;
    if (words[0] == "replay") words.push_back("trace.csv");
    for (const char* value : {"nan", "-nan", "inf", "-inf", "1e300", "-1e300", "", "x", "5 ", "0x5",
                              "-99999999999999999999", "99999999999999999999"}) {
      auto all = words;
      all.push_back(flag + "=" + value);
      CAPTURE(words, flag, value);
      CHECK(fault(all).find(flag) != std::string::npos);
    }
  });
  CHECK(num_flags > 90);
}

TEST_CASE("every command's help ends with examples, which the parser takes") {
  const Command known({});
  for (const CLI::App* command : known.app.get_subcommands([](const CLI::App*) { return true; })) {
    CAPTURE(command->get_name(), command->get_footer());
    CHECK(command->get_description().size() < 80);
    const auto lines = CLI::detail::split(command->get_footer(), '\n');
    CHECK(lines.size() >= 2);
    for (std::size_t i = 1; i < lines.size(); ++i) {
      const std::string typed = lines[i].substr(0, lines[i].find('#'));
      auto words = CLI::detail::split_up(typed.substr(typed.find("octavo ")));
      words.erase(words.begin());
      CHECK(words[0] == command->get_name());
      CHECK(fault(words) == "");
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
  for (const std::string flag : {"--api-key", "--allowed-origins", "--allowed-hosts"}) {
    CAPTURE(flag);
    CHECK(error_of({"serve", flag, "a", "/nowhere"}).param == "model");
  }
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

TEST_CASE("a cache that holds not one block is refused before its blocks are counted") {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"inspect", "--kv-cache-memory", "0"},
        {"inspect", "--kv-cache-memory", "1MiB", "--block-size", "1024", "--json"}})
    CHECK(error_of(words).param == "kv-cache-memory");
}

TEST_CASE("a fault that a person can mend exits with 2, the world's and our own with 1") {
  for (const Errc code : {Errc::kInvalidValue, Errc::kIo, Errc::kInvalidFile,
                          Errc::kUnsupportedModel, Errc::kInvalidJson, Errc::kTemplateError})
    CHECK(exit_status_of(Error{code, "", ""}) == 2);
  for (const Errc code : {Errc::kEngineError, Errc::kOutOfMemory})
    CHECK(exit_status_of(Error{code, "", ""}) == 1);
}

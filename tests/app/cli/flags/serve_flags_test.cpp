#include "src/app/cli/flags/serve_flags.hpp"

#include "src/app/cli/flags/api_keys.hpp"
#include "tests/app/cli/parsed_flags.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;
using octavo::testing::fault_of;

namespace {

std::string parse(ServeOptions& options, std::vector<std::string> words) {
  CLI::App app;
  add_server(app, options);
  return fault_of(app, std::move(words));
}

std::string parse(std::vector<std::string> words) {
  ServeOptions options;
  return parse(options, std::move(words));
}

}  // namespace

TEST_CASE("every flag of a server lands in its option") {
  ServeOptions options;
  CHECK(parse(options, {"--host",
                        "::1",
                        "--port",
                        "0",
                        "--served-model-name",
                        "fox",
                        "--max-queue",
                        "7",
                        "--max-message-size",
                        "64KiB",
                        "--max-connections",
                        "9",
                        "--drain-timeout",
                        "1.5",
                        "--metrics-prefix",
                        "vllm",
                        "--record",
                        "a.rec",
                        "--trace",
                        "a.json",
                        "--log-level",
                        "off",
                        "--api-key",
                        "a,b",
                        "--api-key",
                        "c",
                        "--keep-alive-timeout",
                        "90",
                        "--allowed-hosts",
                        "c:80",
                        "--allowed-origins",
                        "d"}) == "");
  CHECK(options.host == "::1");
  CHECK(options.port == 0);
  CHECK(options.served_model_name == std::vector<std::string>{"fox"});
  CHECK(options.max_queue == 7);
  CHECK(options.limits.max_message_bytes == 65536);
  CHECK(options.limits.gate.max_connections == 9);
  CHECK(options.drain_timeout_s == 1.5);
  CHECK(options.metrics_prefix == "vllm");
  CHECK(options.record == "a.rec");
  CHECK(options.trace == "a.json");
  CHECK(options.log_level == "off");
  CHECK(options.api_keys == std::vector<std::string>{"a,b", "c"});
  CHECK(options.limits.keep_alive_timeout == std::chrono::seconds(90));
  CHECK(options.allowed_hosts == std::vector<std::string>{"c:80"});
  CHECK(options.allowed_origins == std::vector<std::string>{"d"});
}

TEST_CASE("a key with a comma is one key in a flag and two in the variable") {
  CHECK(api_keys_of({"k,with", ""}, "other") == std::vector<std::string>{"k,with"});
  CHECK(api_keys_of({}, "one, two,,three") == std::vector<std::string>{"one", "two", "three"});
  CHECK(api_keys_of({""}, "one") == std::vector<std::string>{"one"});
  CHECK(api_keys_of({}, "").empty());
  CHECK(api_keys_of({}, nullptr).empty());
}

TEST_CASE("a key that no header can carry is refused") {
  CHECK(parse({"--api-key", "sk-a,b=~!"}) == "");
  for (const char* key : {"a b", " a", "a\t", "\xC3\xA9", "a\n"})
    CHECK(parse({"--api-key", key}).find("--api-key") != std::string::npos);
}

TEST_CASE("a server's address and the first part of its metrics are names") {
  CHECK(parse({"--host="}).find("--host") != std::string::npos);
  CHECK(parse({"--host", "::"}) == "");
  for (const char* prefix : {"octavo", "vllm", "_a9", "A_B"})
    CHECK(parse({"--metrics-prefix", prefix}) == "");
  for (const std::string prefix : {"", "x y", "9a", "a:b", "a-b", "\xC3\xA9", "a\n"}) {
    CAPTURE(prefix);
    CHECK(parse({"--metrics-prefix=" + prefix}).find("--metrics-prefix") != std::string::npos);
  }
}

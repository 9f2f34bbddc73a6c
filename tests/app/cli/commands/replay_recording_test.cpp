#include "src/app/cli/commands/replay_recording.hpp"

#include <boost/json/parse.hpp>

#include "tests/app/cli/captured_output.hpp"
#include "tests/recording/recorded_engine.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_folder.hpp"

using namespace octavo;
using octavo::testing::output_of;
using octavo::testing::RecordedEngine;

namespace {

/// Three requests of 9 tokens and 12 more, one after the other, on 64 blocks of 4.
std::string some_recording() {
  SchedulerConfig config;
  config.num_blocks = 64;
  config.block_size = 4;
  config.max_model_len = 128;
  config.max_num_seqs = 8;
  config.max_steps_in_flight = 1;
  RecordedEngine engine(config, TimePoint(std::chrono::seconds(5)));
  for (std::uint64_t id = 1; id <= 3; ++id) {
    Request request;
    request.id = RequestId{id};
    request.prompt = {1, 2, 3, 4, 5, 6, 7, 8, static_cast<TokenId>(id)};
    request.sampling.max_tokens = 12;
    request.sampling.ignore_eos = true;
    engine.submit(request);
    engine.run(std::chrono::milliseconds(2));
    engine.wait(std::chrono::seconds(1));
  }
  return engine.close();
}

ReplayOptions options_with(std::set<std::string> given) {
  ReplayOptions options;
  options.trace = "test.rec";
  options.json = true;
  options.no_html = true;
  options.given = std::move(given);
  options.given.insert({"json", "no-html"});
  return options;
}

struct Told {
  int status = -1;
  boost::json::object json;
};

Told replayed(const ReplayOptions& options, const std::string& bytes) {
  Told told;
  const std::string line = output_of([&] {
    const auto status = replay_recording(options, bytes);
    INFO((status ? std::string() : status.error().detail));
    REQUIRE(status.has_value());
    told.status = *status;
  });
  told.json = boost::json::parse(line).as_object();
  return told;
}

Error error_of(const ReplayOptions& options, const std::string& bytes) {
  Error error;
  output_of([&] {
    const auto status = replay_recording(options, bytes);
    if (!status) error = status.error();
  });
  return error;
}

std::int64_t engine_of(const Told& told, const char* name) {
  return told.json.at("engine").at(name).to_number<std::int64_t>();
}

}  // namespace

TEST_CASE("a recording that is asked nothing is repeated, and is what it was") {
  const Told told = replayed(options_with({}), some_recording());
  CHECK(told.status == 0);
  CHECK(told.json.at("equal") == true);
  CHECK(told.json.at("truncated") == false);
  CHECK(told.json.at("recording") == "test.rec");
  CHECK(told.json.at("requests").at("finished") == 3);
  CHECK(told.json.at("decision_hash") == told.json.at("recorded_hash"));
}

TEST_CASE("a recording that was cut off is repeated as far as it goes") {
  const std::string bytes = some_recording();
  const Told told = replayed(options_with({}), bytes.substr(0, bytes.size() - 3));
  CHECK(told.status == 0);
  CHECK(told.json.at("truncated") == true);
  CHECK(told.json.at("recorded_hash").is_null());
}

TEST_CASE("a repeat is told in words without --json") {
  ReplayOptions options = options_with({});
  options.json = false;
  const std::string bytes = some_recording();
  const std::string text = output_of([&] { CHECK(replay_recording(options, bytes).value() == 0); });
  CHECK(text.find("the recorded one: the same decisions in all") != std::string::npos);
}

TEST_CASE("any other flag asks what would have been, beside what was and what the model says") {
  ReplayOptions options = options_with({"max-num-seqs"});
  options.max_num_seqs = 1;
  const Told told = replayed(options, some_recording());
  CHECK(told.status == 0);
  CHECK(told.json.at("recorded").at("requests") == 3);
  CHECK(told.json.at("modelled").at("requests") == 3);
  REQUIRE(told.json.at("allocators").as_object().size() == 1);
  CHECK(told.json.at("allocators").at("paged").at("requests") == 3);
  CHECK(std::string(told.json.at("step_times").as_string()).find("step times are fitted") == 0);
  CHECK(told.json.at("trace") == "test.rec");
}

TEST_CASE("the engine is the recorded one but for what is given") {
  const std::string bytes = some_recording();
  const Told as_recorded = replayed(options_with({"seed"}), bytes);
  CHECK(engine_of(as_recorded, "num_blocks") == 64);
  CHECK(engine_of(as_recorded, "block_size") == 4);
  CHECK(engine_of(as_recorded, "max_model_len") == 128);
  ReplayOptions options = options_with({"block-size"});
  options.block_size = 16;
  const Told wider = replayed(options, bytes);
  CHECK(engine_of(wider, "num_blocks") == 16);  // The same memory.
  CHECK(engine_of(wider, "block_size") == 16);
  options = options_with({"num-blocks", "max-model-len"});
  options.num_blocks = 20;
  options.max_model_len = 100;
  const Told smaller = replayed(options, bytes);
  CHECK(engine_of(smaller, "num_blocks") == 20);
  CHECK(engine_of(smaller, "max_model_len") == 80);  // No more than the slots.
}

TEST_CASE("allocators and the number of requests are asked for as of a trace") {
  ReplayOptions options = options_with({"allocator", "num-requests"});
  options.allocators = {"orca-max", "paged"};
  options.num_requests = 2;
  const Told told = replayed(options, some_recording());
  CHECK(told.json.at("allocators").as_object().size() == 2);
  CHECK(told.json.at("allocators").at("orca-max").at("requests") == 2);
  CHECK(told.json.at("recorded").at("requests") == 3);
}

TEST_CASE("arrivals are those of the recording unless a rate is given") {
  const std::string bytes = some_recording();
  const auto seconds = [](const Told& told) {
    return told.json.at("allocators").at("paged").at("seconds").as_double();
  };
  CHECK(seconds(replayed(options_with({"seed"}), bytes)) > 2);
  ReplayOptions options = options_with({"rate"});
  options.rate = "inf";
  CHECK(seconds(replayed(options, bytes)) < 1);
}

TEST_CASE("what a recording cannot be asked is refused by the flag at fault") {
  const std::string bytes = some_recording();
  ReplayOptions options = options_with({"sampling"});
  options.sampling = "beam:99";
  CHECK(error_of(options, bytes).param == "sampling");
  options = options_with({"rate"});
  options.rate = "fast";
  CHECK(error_of(options, bytes).code == Errc::kInvalidValue);
  // It was not recorded what a token takes, so bytes say nothing.
  options = options_with({"kv-memory"});
  options.kv_memory = "1GiB";
  CHECK(error_of(options, bytes).detail.find("--num-blocks") != std::string::npos);
  options = options_with({"block-size"});
  options.block_size = 1024;  // Larger than all that was recorded.
  CHECK(error_of(options, bytes).param == "kv-memory");
}

TEST_CASE("a damaged recording is refused with its name, repeated or asked") {
  std::string bytes = some_recording();
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 0x40);
  for (const auto& given : {std::set<std::string>{}, std::set<std::string>{"seed"}}) {
    const Error error = error_of(options_with(given), bytes);
    CHECK(error.code == Errc::kInvalidFile);
    CHECK(error.detail.find("test.rec") != std::string::npos);
  }
  CHECK(error_of(options_with({}), "octavo-recording 999\n").code == Errc::kInvalidFile);
}

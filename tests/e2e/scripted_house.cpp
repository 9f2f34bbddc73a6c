// The production house over an executor that says what a file tells it, for real clients whose work
// needs a model that calls tools:
//   scripted_house SCRIPT.json [--model FOLDER] [--pace MS] [--tool-call-parser NAME] ...
// SCRIPT.json: [{"when": "part of the prompt", "say": "the answer"}, ...]; the first line that fits
// a prompt answers it. It tells where it listens as `octavo serve` does.
#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <cstdio>

#include "src/app/cli/load.hpp"
#include "src/app/serve/house.hpp"
#include "src/library/text_file.hpp"
#include "tests/support/scripted_executor.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

struct Options {
  std::string script;
  std::string model;
  std::string chat_template;
  int pace_ms = 0;
  ChatFormatFlags format;
};

std::vector<testing::ScriptLine> read_script(const std::string& path) {
  std::vector<testing::ScriptLine> lines;
  const json::value script = json::parse(read_text_file(path).value());
  for (const json::value& line : script.as_array()) {
    lines.push_back(
        {std::string(line.at("when").as_string()), std::string(line.at("say").as_string())});
  }
  return lines;
}

int serve(const Options& options) {
  constexpr std::int32_t kNumBlocks = 8192;
  SchedulerConfig config;
  config.num_blocks = kNumBlocks;
  config.max_model_len = 32768;
  const std::string path = resolve_model_path(options.model).value();
  ModelInfo info;
  const auto tokenizer = Tokenizer::load(path).value();
  info.vocab_size = tokenizer->vocab_size();
  const TokenId eos = tokenizer->eos_id().value();
  info.defaults.eos_token_ids = {eos};
  config.eos_token_ids = {eos};
  ServedModel model =
      load_served_model(path, {}, info, config, {options.chat_template, options.format}).value();
  testing::ScriptedExecutor executor(*tokenizer, read_script(options.script), eos,
                                     std::chrono::milliseconds(options.pace_ms));
  HouseOptions house_options;
  house_options.port = 0;
  // A test's many clients have one address.
  house_options.limits.gate.max_per_address = house_options.limits.gate.max_handshakes_per_address =
      0;
  const auto house =
      House::build(std::move(house_options), std::move(model), config, executor).value();
  std::printf("Octavo is serving at http://127.0.0.1:%u/\n", house->port());
  std::fflush(stdout);
  return house->run();
}

}  // namespace
}  // namespace octavo

int main(int argc, char** argv) {
  CLI::App app("The production house over a script");
  octavo::Options options;
  app.add_option("script", options.script)->required();
  app.add_option("--model", options.model);
  app.add_option("--pace", options.pace_ms);
  app.add_option("--chat-template", options.chat_template);
  app.add_option("--tool-call-parser", options.format.tool_call_parser);
  app.add_option("--reasoning-parser", options.format.reasoning_parser);
  CLI11_PARSE(app, argc, argv);
  return octavo::serve(options);
}

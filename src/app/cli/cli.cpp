#include "src/app/cli/cli.hpp"

#include <CLI/CLI.hpp>

#include "src/app/cli/flags/examples.hpp"
#include "src/app/cli/flags/model_flags.hpp"
#include "src/app/cli/flags/number.hpp"
#include "src/app/cli/flags/sampling_flags.hpp"
#include "src/app/cli/flags/serve_flags.hpp"

namespace octavo {
namespace {

constexpr std::int32_t kMaxBenchTokens = 1 << 20;  // The same as in a file of lengths.
constexpr std::int32_t kMaxBenchRequests = 10'000'000;
constexpr double kMaxRequestRate = 1e9;

}  // namespace

Cli::Cli(CLI::App& app) {
  add_serve(app);
  add_generate(app);
  add_text(app);
  add_inspect(app);
  add_bench(app);
  add_replay(app, replay_, [this] { action_ = [this] { return replay_trace(replay_); }; });
}

void Cli::add_serve(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("serve", "Serve a model: chat page, WebSocket API, metrics");
  add_examples(*command, {"octavo serve MODEL --port 8080 --api-key KEY"});
  add_model(*command, serve_.model);
  add_server(*command, serve_);
  command->callback([this] { action_ = [this] { return serve(serve_); }; });
}

void Cli::add_generate(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("generate", "Generate from one prompt and print it, without a server");
  add_examples(*command, {"octavo generate MODEL --prompt \"Once upon a time\" --max-tokens 50",
                          "octavo generate MODEL --messages chat.json --json"});
  add_model(*command, generate_.model);
  command->add_option("--prompt", generate_.prompt, "Plain text, as it is");
  command->add_option("--prompt-ids", generate_.prompt_ids, "Token ids, as 1,2,3");
  command->add_option("--messages", generate_.messages,
                      "JSON file with a list of chat messages, rendered by the model's template");
  command->add_flag("--json", generate_.json, "One JSON object instead of streamed text");
  add_sampling(*command, generate_.create);
  command->callback([this] {
    generate_.create.sampling.seed = generate_.model.seed.value_or(0);
    action_ = [this] { return generate(generate_); };
  });
}

void Cli::add_text(CLI::App& app) {
  CLI::App* tokenize_command = app.add_subcommand(
      "tokenize", "Text on standard input -> {\"ids\"}; with --decode {\"ids\"} -> {\"text\"}");
  add_examples(*tokenize_command, {"echo 'Hello' | octavo tokenize MODEL",
                                   "echo '{\"ids\":[15496]}' | octavo tokenize MODEL --decode"});
  tokenize_command->add_option("MODEL,--model", tokenize_model_, "Folder with a tokenizer.json");
  tokenize_command->add_flag("--no-special", no_special_,
                             "Add no BOS and the like; with --decode leave special tokens out");
  tokenize_command->add_flag("--decode", decode_, "From ids to text");
  tokenize_command->callback(
      [this] { action_ = [this] { return tokenize(tokenize_model_, decode_, no_special_); }; });

  CLI::App* render_command = app.add_subcommand("render", "Render a chat template");
  add_examples(*render_command,
               {"octavo render MODEL --messages chat.json --tools tools.json",
                "octavo render MODEL --messages chat.json --chat-template other.jinja",
                "octavo render --chat-template other.jinja --context variables.json"});
  render_command->add_option("MODEL,--model", render_.model, "Folder whose template to use");
  render_command->add_option("--messages", render_.messages, "JSON file with a list of messages");
  render_command->add_option("--tools", render_.tools, "JSON file with a list of tools");
  render_command->add_flag("--no-generation-prompt", render_.no_generation_prompt,
                           "Do not open the assistant's turn");
  render_command->add_option("--chat-template", render_.chat_template,
                             "Template file instead of the model's");
  render_command->add_option(
      "--context", render_.context,
      "JSON file with all of the template's variables, in place of MODEL and --messages");
  render_command->callback([this] { action_ = [this] { return render(render_); }; });
}

void Cli::add_inspect(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "inspect", "Architecture, parameters and memory plan of a model; reads no weights");
  add_examples(*command, {"octavo inspect MODEL --kv-cache-memory 4GiB"});
  add_model(*command, inspect_);
  command->add_flag("--json", inspect_json_, "One JSON object");
  command->callback([this] { action_ = [this] { return inspect(inspect_, inspect_json_); }; });
}

void Cli::add_bench(CLI::App& app) {
  CLI::App* bench = app.add_subcommand("bench", "Measure the engine without a network");
  bench->require_subcommand(1);
  add_examples(*bench, {"octavo bench throughput MODEL --load-format dummy --concurrency 16"});
  const auto add = [&](const std::string& name, const std::string& help,
                       Result<int> (*measure)(const BenchOptions&)) {
    CLI::App* command = bench->add_subcommand(name, help);
    add_examples(*command,
                 {"octavo bench " + name + " MODEL --load-format dummy --concurrency 16"});
    add_model(*command, bench_.model);
    command->add_flag("--json", bench_.json, "One JSON object");
    command->add_option("--input-len", bench_.input_len, "Tokens of each prompt")
        ->transform(integer(1, kMaxBenchTokens))
        ->capture_default_str();
    command->add_option("--output-len", bench_.output_len, "Tokens to generate for each")
        ->transform(integer(1, kMaxBenchTokens))
        ->capture_default_str();
    command->add_option("--num-prompts", bench_.num_prompts, "Requests in all")
        ->transform(integer(1, kMaxBenchRequests))
        ->capture_default_str();
    command->add_option("--concurrency", bench_.concurrency, "Requests at once")
        ->transform(integer(1, 65536))
        ->capture_default_str();
    command->add_option("--trace", bench_.trace,
                        "Write what device streams and sequences do to this file, for Perfetto");
    command->callback([this, measure] { action_ = [this, measure] { return measure(bench_); }; });
    return command;
  };
  CLI::App* throughput =
      add("throughput", "Tokens per second with --concurrency requests at once", bench_throughput);
  throughput
      ->add_option("--workload", bench_.workload,
                   "A JSON file with the arrays prompt_len and output_len instead of the three "
                   "above; all at once unless --request-rate is given")
      ->check(CLI::ExistingFile);
  throughput
      ->add_option("--request-rate", bench_.request_rate,
                   "Arrivals per second, at random (Poisson), whatever the server does")
      ->transform(number(0, kMaxRequestRate));
  add("latency", "Time of whole batches of --concurrency requests", bench_latency);
  add("overlap",
      "Half of --concurrency sequences must be swapped out: copies under compute, equal tokens",
      bench_overlap);
  add("invariance",
      "Greedy answers alone and beside --concurrency others: how many depend on what else runs",
      bench_invariance);
}

}  // namespace octavo

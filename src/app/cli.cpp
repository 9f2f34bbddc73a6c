#include "src/app/cli.hpp"

#include <CLI/CLI.hpp>

#include "src/app/bytes.hpp"

namespace octavo {
namespace {

std::string check_bytes(const std::string& text) {
  const auto bytes = parse_bytes(text);
  return bytes ? "" : bytes.error().detail;
}

}  // namespace

Cli::Cli(CLI::App& app) {
  add_serve(app);
  add_generate(app);
  add_text(app);
  add_inspect(app);
  add_bench(app);
  add_replay(app, replay_, action_);
}

void Cli::add_model(CLI::App& command, ModelOptions& options) {
  command.add_option("MODEL,--model", options.model,
                     "Folder in the Hugging Face layout; without it the demo model");
  const std::string group = "Model and memory";
  command
      .add_option("--dtype", options.dtype,
                  "Weights in memory: auto (as stored), float32, float16, bfloat16")
      ->group(group);
  command
      .add_option("--kv-cache-dtype", options.kv_cache_dtype,
                  "Keys and values: auto (as --dtype) or a dtype")
      ->group(group);
  command
      .add_option("--load-format", options.load_format,
                  "auto, safetensors, or dummy: seeded random weights from config.json alone")
      ->group(group);
  command
      .add_option(
          "--max-model-len", options.max_model_len,
          "Tokens of prompt and completion together (default: what the model or the cache allows)")
      ->check(CLI::PositiveNumber)
      ->group(group);
  command.add_option("--block-size", options.block_size, "Tokens per KV block")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str()
      ->group(group);
  command
      .add_option(
          "--kv-cache-memory", options.kv_cache_memory,
          "Bytes for the KV cache, as 4GiB (default: half of the free memory, 4GiB at most)")
      ->check(check_bytes)
      ->group(group);
  command
      .add_option("--num-gpu-blocks-override", options.num_gpu_blocks_override,
                  "Exactly this many KV blocks")
      ->check(CLI::PositiveNumber)
      ->group(group);
  command
      .add_option("--gpu-memory-utilization", options.gpu_memory_utilization,
                  "Share of a GPU's memory to use; a CPU has --kv-cache-memory")
      ->check(CLI::Range(0.01, 1.0))
      ->capture_default_str()
      ->group(group);
  command
      .add_option("--swap-space", options.swap_space,
                  "GiB of host memory for blocks that were moved out")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str()
      ->group(group);
  command.add_option("--max-num-seqs", options.max_num_seqs, "Sequences in one batch")
      ->check(CLI::Range(1, 65536))
      ->capture_default_str()
      ->group(group);
  command
      .add_option("--max-num-batched-tokens", options.max_num_batched_tokens,
                  "Token budget of a step")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str()
      ->group(group);
  command
      .add_option("--step-time", options.step_time_ms,
                  "Milliseconds that a step may take with prefill beside running streams")
      ->check(CLI::Range(1.0, 60000.0))
      ->capture_default_str()
      ->group(group);
  command.add_option("--threads", options.threads, "Compute threads (default: all cores)")
      ->check(CLI::Range(1, 1024))
      ->group(group);
  command
      .add_option("--cpu-instruction-set", options.instruction_set,
                  "Instead of the best that the machine has; `reference` is the plain path")
      ->group(group);
  command.add_option("--seed", options.seed, "Seeds dummy weights and requests that bring no seed")
      ->capture_default_str()
      ->group(group);
}

void Cli::add_serve(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("serve", "Serve a model: chat page, WebSocket API, metrics");
  add_model(*command, serve_.model);
  const std::string group = "Server";
  command->add_option("--host", serve_.host, "Address to listen on; 0.0.0.0 for all")
      ->capture_default_str()
      ->group(group);
  command->add_option("--port", serve_.port, "Port; 0 picks a free one")
      ->capture_default_str()
      ->group(group);
  command
      ->add_option("--served-model-name", serve_.served_model_name,
                   "Name for clients (default: the folder's)")
      ->group(group);
  command->add_option("--api-key", serve_.api_key, "Clients must send it as a bearer token")
      ->envname("OCTAVO_API_KEY")
      ->group(group);
  command
      ->add_option("--allowed-origins", serve_.allowed_origins,
                   "Web origins besides the server's own that may connect; * for all")
      ->delimiter(',')
      ->group(group);
  command
      ->add_option("--chat-template", serve_.chat_template,
                   "Jinja file to use instead of the model's")
      ->check(CLI::ExistingFile)
      ->group(group);
  command
      ->add_option("--max-queue", serve_.max_queue, "Requests that may wait; more get queue_full")
      ->check(CLI::PositiveNumber)
      ->capture_default_str()
      ->group(group);
  command
      ->add_option("--max-message-size", max_message_, "Largest frame from a client (default 4MiB)")
      ->check(check_bytes)
      ->group(group);
  command->add_option("--max-connections", serve_.limits.max_connections, "Open connections")
      ->capture_default_str()
      ->group(group);
  command
      ->add_option("--drain-timeout", serve_.drain_timeout_s,
                   "Seconds that running responses get at shutdown")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str()
      ->group(group);
  command
      ->add_option("--metrics-prefix", serve_.metrics_prefix,
                   "First part of the metrics' names; `vllm` fits its dashboards")
      ->capture_default_str()
      ->group(group);
  command->add_option("--log-level", serve_.log_level, "trace, debug, info, warning, error, off")
      ->check(CLI::IsMember({"trace", "debug", "info", "warning", "error", "off"}))
      ->capture_default_str()
      ->group(group);
  command->callback([this] {
    action_ = [this] {
      if (!max_message_.empty()) serve_.limits.max_message_bytes = *parse_bytes(max_message_);
      return serve(serve_);
    };
  });
}

void Cli::add_sampling(CLI::App& command) {
  SamplingParams& sampling = generate_.create.sampling;
  const std::string group = "Sampling";
  command
      .add_option("--max-tokens", sampling.max_tokens, "Tokens to generate at most (default: 128)")
      ->check(CLI::PositiveNumber)
      ->group(group);
  command.add_option("--min-tokens", sampling.min_tokens, "No stop before that many")
      ->check(CLI::NonNegativeNumber)
      ->group(group);
  command.add_option("--temperature", sampling.temperature, "0 is greedy")->group(group);
  command.add_option("--top-k", sampling.top_k, "Keep the k largest; 0 or -1: all")->group(group);
  command.add_option("--top-p", sampling.top_p, "Keep the smallest set of that probability")
      ->group(group);
  command.add_option("--min-p", sampling.min_p, "Drop what is below that share of the largest")
      ->group(group);
  command
      .add_option("--repetition-penalty", sampling.repetition_penalty,
                  "Over prompt and completion; 1: none")
      ->group(group);
  command
      .add_option("--presence-penalty", sampling.presence_penalty, "Once per token seen; 0: none")
      ->group(group);
  command.add_option("--frequency-penalty", sampling.frequency_penalty, "Per occurrence; 0: none")
      ->group(group);
  command.add_option("--stop", sampling.stop, "Ends the text; may be given several times")
      ->take_all()
      ->allow_extra_args(false)
      ->group(group);
  command
      .add_option("--stop-token-id", sampling.stop_token_ids,
                  "Ends the completion; may be given several times")
      ->take_all()
      ->allow_extra_args(false)
      ->group(group);
  command.add_flag("--ignore-eos", sampling.ignore_eos, "Go on to --max-tokens")->group(group);
  command
      .add_option("--logprobs", sampling.num_logprobs,
                  "Log-probabilities of the chosen token and of the K best")
      ->check(CLI::Range(0, 20))
      ->group(group);
  command.add_option("--n", sampling.n, "Choices")->check(CLI::Range(1, 8))->group(group);
}

void Cli::add_generate(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("generate", "Generate from one prompt and print it, without a server");
  add_model(*command, generate_.model);
  command->add_option("--prompt", generate_.prompt, "Plain text, as it is");
  command->add_option("--prompt-ids", generate_.prompt_ids, "Token ids, as 1,2,3");
  command->add_option("--messages", generate_.messages,
                      "JSON file with a list of chat messages, rendered by the model's template");
  command->add_flag("--json", generate_.json, "One JSON object instead of streamed text");
  add_sampling(*command);
  command->callback([this, command] {
    generate_.create.has_temperature = command->count("--temperature") > 0;
    generate_.create.has_top_k = command->count("--top-k") > 0;
    generate_.create.has_top_p = command->count("--top-p") > 0;
    generate_.create.has_repetition_penalty = command->count("--repetition-penalty") > 0;
    generate_.create.sampling.seed = generate_.model.seed;
    action_ = [this] { return generate(generate_); };
  });
}

void Cli::add_text(CLI::App& app) {
  CLI::App* tokenize_command = app.add_subcommand(
      "tokenize", "Text on standard input -> {\"ids\"}; with --decode {\"ids\"} -> {\"text\"}");
  tokenize_command->add_option("MODEL,--model", tokenize_model_, "Folder with a tokenizer.json");
  tokenize_command->add_flag("--no-special", no_special_,
                             "Add no BOS and the like; with --decode leave special tokens out");
  tokenize_command->add_flag("--decode", decode_, "From ids to text");
  tokenize_command->callback(
      [this] { action_ = [this] { return tokenize(tokenize_model_, decode_, no_special_); }; });

  CLI::App* render_command = app.add_subcommand("render", "Render a chat template");
  render_command->add_option("MODEL,--model", render_.model, "Folder whose template to use");
  render_command->add_option("--messages", render_.messages, "JSON file with a list of messages");
  render_command->add_option("--tools", render_.tools, "JSON file with a list of tools");
  render_command->add_flag("--no-generation-prompt", render_.no_generation_prompt,
                           "Do not open the assistant's turn");
  render_command->add_option("--chat-template", render_.chat_template,
                             "Template file; without MODEL");
  render_command->add_option("--context", render_.context,
                             "JSON file with the template's variables");
  render_command->callback([this] { action_ = [this] { return render(render_); }; });
}

void Cli::add_inspect(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "inspect", "Architecture, parameters and memory plan of a model; reads no weights");
  add_model(*command, inspect_);
  command->add_flag("--json", inspect_json_, "One JSON object");
  command->callback([this] { action_ = [this] { return inspect(inspect_, inspect_json_); }; });
}

void Cli::add_bench(CLI::App& app) {
  CLI::App* bench = app.add_subcommand("bench", "Measure the engine without a network");
  bench->require_subcommand(1);
  const auto add = [&](const std::string& name, const std::string& help,
                       Result<int> (*measure)(const BenchOptions&)) {
    CLI::App* command = bench->add_subcommand(name, help);
    add_model(*command, bench_.model);
    command->add_flag("--json", bench_.json, "One JSON object");
    command->add_option("--input-len", bench_.input_len, "Tokens of each prompt")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    command->add_option("--output-len", bench_.output_len, "Tokens to generate for each")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    command->add_option("--num-prompts", bench_.num_prompts, "Requests in all")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    command->add_option("--concurrency", bench_.concurrency, "Requests at once")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    command->callback([this, measure] { action_ = [this, measure] { return measure(bench_); }; });
  };
  add("throughput", "Tokens per second with --concurrency requests at once", bench_throughput);
  add("latency", "Time of whole batches of --concurrency requests", bench_latency);
}

}  // namespace octavo

#include "src/app/cli/flags/replay_flags.hpp"

#include <CLI/CLI.hpp>

#include "src/app/cli/flags/engine_flags.hpp"
#include "src/app/cli/flags/examples.hpp"
#include "src/app/cli/flags/model_flags.hpp"
#include "src/app/cli/flags/number.hpp"

namespace octavo {
namespace {

void add_engine(CLI::App& command, ReplayOptions& options) {
  const std::string group = "Engine";
  command
      .add_option(
          "--allocator,--kv-allocator", options.allocators,
          "paged, orca-max (reserves the whole context), orca-pow2 (the output rounded up to "
          "a power of two) or orca-oracle (exactly the output); several times; default all")
      ->take_all()
      ->allow_extra_args(false)
      ->check(CLI::IsMember({"paged", "orca-max", "orca-pow2", "orca-oracle"}))
      ->group(group);
  command
      .add_option("--model-shape", options.model_shape,
                  "opt-13b (on an A100 of 40 GB), llama-3-8b (on an H200), or a config.json (on an "
                  "H200); default opt-13b if all requests fit its 2048 tokens, else llama-3-8b")
      ->group(group);
  command
      .add_option(
          "--kv-memory", options.kv_memory,
          "Bytes for keys and values, as 12GiB; default 12GiB for opt-13b, else 8GiB or what "
          "the longest request needs")
      ->check(check_bytes)
      ->group(group);
  command
      .add_option("--num-blocks", options.num_blocks,
                  "Exactly this many blocks, whatever they take")
      ->transform(integer(1, 1 << 26))
      ->group(group);
  command.add_option("--block-size", options.block_size, "Tokens per block")
      ->transform(integer(1, 1024))
      ->capture_default_str()
      ->group(group);
  command
      .add_option("--max-model-len", options.max_model_len,
                  "Context length, which orca-max reserves; longer requests are rejected; default "
                  "the power of two that holds the longest request, at least 2048")
      ->transform(integer(1))
      ->group(group);
  command
      .add_option("--swap-space", options.swap_space,
                  "Bytes of host memory to swap to, as 4GiB; default none")
      ->check(check_bytes)
      ->group(group);
  add_engine_flags(command, options, group);
}

void note_given(const CLI::App& command, std::set<std::string>& given) {
  for (const CLI::Option* option : command.get_options()) {
    if (option->count() == 0) continue;
    for (const std::string& name : option->get_lnames()) given.insert(name);
  }
}

}  // namespace

void add_replay(CLI::App& app, ReplayOptions& options, std::function<void()> chosen) {
  CLI::App* command = app.add_subcommand(
      "replay", "Replay a trace or a recording through scheduler and cache, without a model");
  add_examples(
      *command,
      {"octavo replay trace.csv                     # paging beside contiguous reservations",
       "octavo replay synthetic:sharegpt --json",
       "octavo replay today.rec                     # what `octavo serve --record` recorded",
       "octavo replay today.rec --num-blocks 4000   # what it would have been"});
  command
      ->add_option("TRACE", options.trace,
                   "CSV, TSV or JSON lines of arrivals and lengths, plain or gzip; or "
                   "synthetic:sharegpt[:NUM], synthetic:alpaca[:NUM]; or a recording: its flags "
                   "are the server's unless given, and given none it is repeated and compared")
      ->required();
  add_engine(*command, options);
  const std::string group = "Traffic";
  command
      ->add_option(
          "--rate", options.rate,
          "Requests per second; trace: as it says; inf: all at once; saturate: as the "
          "trace, sped up until the paged memory is full (without arrivals: all at once); of "
          "a recording default trace")
      ->capture_default_str()
      ->group(group);
  command
      ->add_option("--sampling", options.sampling,
                   "parallel:N or beam:N completions of each request, to see what sharing saves; "
                   "compare at a --rate that memory can bear: a rush shares more")
      ->group(group);
  command->add_option("--num-requests", options.num_requests, "Only the first of the trace")
      ->transform(integer(1, std::numeric_limits<std::int64_t>::max()))
      ->group(group);
  command->add_option("--seed", options.seed, "Of everything that is drawn")
      ->transform(integer(0, std::numeric_limits<std::uint64_t>::max()))
      ->capture_default_str()
      ->group(group);
  command->add_flag("--json", options.json, "One JSON object instead of a table")->group("Report");
  CLI::Option* html =
      command
          ->add_option("--html", options.html,
                       "Where to write the page with the plots; default NAME.replay.html here")
          ->group("Report");
  command->add_flag("--no-html", options.no_html, "Write no page")->excludes(html)->group("Report");
  command->callback([&options, command, chosen = std::move(chosen)] {
    note_given(*command, options.given);
    chosen();
  });
}

}  // namespace octavo

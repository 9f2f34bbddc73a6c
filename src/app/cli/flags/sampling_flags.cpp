#include "src/app/cli/flags/sampling_flags.hpp"

#include <CLI/CLI.hpp>
#include <map>

namespace octavo {
namespace {

void add_stops(CLI::App& command, SamplingParams& sampling, const std::string& group) {
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
}

void add_beams(CLI::App& command, SamplingParams& sampling) {
  const std::string group = "Beam search";
  CLI::Option* width =
      command
          .add_option("--beam-width", sampling.beam_width,
                      "Search with that many hypotheses and print the --n best, each with its "
                      "score; temperature and filters do not apply")
          ->check(CLI::Range(1, 16))
          ->group(group);
  command
      .add_option("--length-penalty", sampling.length_penalty,
                  "A score is the log-probability divided by length to that power")
      ->needs(width)
      ->capture_default_str()
      ->group(group);
  const std::map<std::string, EarlyStopping> modes{{"true", EarlyStopping::kTrue},
                                                   {"false", EarlyStopping::kFalse},
                                                   {"never", EarlyStopping::kNever}};
  command
      .add_option_function<std::string>(
          "--early-stopping",
          [&sampling, modes](const std::string& name) { sampling.early_stopping = modes.at(name); },
          "true: end with the first --beam-width hypotheses that ended; false (default): when none "
          "that runs is better by its present length; never: nor by the length that it could reach")
      ->needs(width)
      ->check(CLI::IsMember(modes))
      ->group(group);
}

}  // namespace

void add_sampling(CLI::App& command, ResponseCreate& create) {
  SamplingParams& sampling = create.sampling;
  const std::string group = "Sampling";
  command
      .add_option("--max-tokens", sampling.max_tokens, "Tokens to generate at most (default: 128)")
      ->check(CLI::PositiveNumber)
      ->group(group);
  command.add_option("--min-tokens", sampling.min_tokens, "No stop before that many")
      ->check(CLI::NonNegativeNumber)
      ->group(group);
  command.add_option("--temperature", create.temperature, "0 is greedy")->group(group);
  command.add_option("--top-k", create.top_k, "Keep the k largest; 0 or -1: all")->group(group);
  command.add_option("--top-p", create.top_p, "Keep the smallest set of that probability")
      ->group(group);
  command.add_option("--min-p", sampling.min_p, "Drop what is below that share of the largest")
      ->group(group);
  command
      .add_option("--repetition-penalty", create.repetition_penalty,
                  "Over prompt and completion; 1: none")
      ->group(group);
  command
      .add_option("--presence-penalty", sampling.presence_penalty, "Once per token seen; 0: none")
      ->group(group);
  command.add_option("--frequency-penalty", sampling.frequency_penalty, "Per occurrence; 0: none")
      ->group(group);
  command.add_flag("--ignore-eos", sampling.ignore_eos, "Go on to --max-tokens")->group(group);
  command
      .add_option("--logprobs", sampling.num_logprobs,
                  "Log-probabilities of the chosen token and of the K best")
      ->check(CLI::Range(0, 20))
      ->group(group);
  command.add_option("--n", sampling.n, "Choices")->check(CLI::Range(1, 8))->group(group);
  add_stops(command, sampling, group);
  add_beams(command, sampling);
}

}  // namespace octavo

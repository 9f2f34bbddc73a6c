#include "src/app/cli/flags/sampling_flags.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <map>
#include <string_view>

#include "src/app/cli/flags/number.hpp"

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
      ->transform(integer(0))
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
          ->transform(integer(1, 16))
          ->group(group);
  command
      .add_option("--length-penalty", sampling.length_penalty,
                  "A score is the log-probability divided by length to that power")
      ->transform(number(-10, 10))
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

/// Most flags are a field of the wire with dashes for underscores. These have another name.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kOtherNames{
    {{"max_output_tokens", "max-tokens"},
     {"top_logprobs", "logprobs"},
     {"stop_token_ids", "stop-token-id"}}};

std::string flag_named(const std::string& wire_name) {
  for (const auto& [wire, flag] : kOtherNames) {
    if (wire == wire_name) return std::string(flag);
  }
  std::string flag = wire_name;
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag;
}

void replace_word(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
    text.replace(at, from.size(), to);
    at += to.size();
  }
}

}  // namespace

Error in_flags(Error error) {
  for (const char* name : {"max_output_tokens", "min_tokens", "top_logprobs", "stop_token_ids",
                           "beam_width", "length_penalty", "repetition_penalty", "presence_penalty",
                           "frequency_penalty", "top_k", "top_p", "min_p"})
    replace_word(error.detail, name, "--" + flag_named(name));
  for (const std::string name : {"n", "stop", "temperature"}) {
    if (error.param == name && error.detail.starts_with(name + " ")) error.detail.insert(0, "--");
  }
  error.param = flag_named(error.param);
  return error;
}

void add_sampling(CLI::App& command, ResponseCreate& create) {
  SamplingParams& sampling = create.sampling;
  const std::string group = "Sampling";
  command
      .add_option("--max-tokens", create.max_tokens,
                  "Tokens to generate at most (default: the model's, else 128)")
      ->transform(integer(1))
      ->group(group);
  command.add_option("--min-tokens", sampling.min_tokens, "No stop before that many")
      ->transform(integer(0))
      ->group(group);
  command.add_option("--temperature", create.temperature, "0 is greedy")
      ->transform(number(0, 2))
      ->group(group);
  command.add_option("--top-k", create.top_k, "Keep the k largest; 0 or -1: all")
      ->transform(integer(-1))
      ->group(group);
  command.add_option("--top-p", create.top_p, "Keep the smallest set of that probability")
      ->transform(number(0, 1))
      ->group(group);
  command.add_option("--min-p", create.min_p, "Drop what is below that share of the largest")
      ->transform(number(0, 1))
      ->group(group);
  command
      .add_option("--repetition-penalty", create.repetition_penalty,
                  "Over prompt and completion; 1: none")
      ->transform(number(0, 10, LowEnd::kExcluded))
      ->group(group);
  command
      .add_option("--presence-penalty", sampling.presence_penalty, "Once per token seen; 0: none")
      ->transform(number(-2, 2))
      ->group(group);
  command.add_option("--frequency-penalty", sampling.frequency_penalty, "Per occurrence; 0: none")
      ->transform(number(-2, 2))
      ->group(group);
  command.add_flag("--ignore-eos", sampling.ignore_eos, "Go on to --max-tokens")->group(group);
  command
      .add_option("--logprobs", sampling.num_logprobs,
                  "Log-probabilities of the chosen token and of the K best")
      ->transform(integer(0, 20))
      ->group(group);
  command.add_option("--n", sampling.n, "Choices")->transform(integer(1, 8))->group(group);
  add_stops(command, sampling, group);
  add_beams(command, sampling);
}

}  // namespace octavo

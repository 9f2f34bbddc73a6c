#include "src/model/generation_config.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>

#include "src/core/json_reader.hpp"
#include "src/model/json_file.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

constexpr const char* kFileName = "generation_config.json";

/// What transformers would change a completion by, and Octavo does not do by default.
constexpr std::array<std::string_view, 26> kNotFollowed{"assistant_early_exit",
                                                        "bad_words_ids",
                                                        "begin_suppress_tokens",
                                                        "constraints",
                                                        "diversity_penalty",
                                                        "encoder_no_repeat_ngram_size",
                                                        "encoder_repetition_penalty",
                                                        "epsilon_cutoff",
                                                        "eta_cutoff",
                                                        "exponential_decay_length_penalty",
                                                        "force_words_ids",
                                                        "forced_bos_token_id",
                                                        "forced_eos_token_id",
                                                        "guidance_scale",
                                                        "length_penalty",
                                                        "max_length",
                                                        "max_time",
                                                        "min_length",
                                                        "min_new_tokens",
                                                        "no_repeat_ngram_size",
                                                        "num_beams",
                                                        "penalty_alpha",
                                                        "sequence_bias",
                                                        "stop_strings",
                                                        "suppress_tokens",
                                                        "typical_p"};

/// Absent, or a value that changes nothing.
bool is_neutral(const json::value* value) {
  if (value == nullptr) return true;
  if (value->is_bool()) return !value->get_bool();
  if (value->is_number()) return value->to_number<double>() == 0 || value->to_number<double>() == 1;
  return value->is_array() && value->get_array().empty();
}

/// Reads one recommendation after the other, each with a reader of its own: the fault of one is no
/// fault of the next.
class Recommendations {
 public:
  Recommendations(const json::object& object, std::vector<std::string>& warnings)
      : object_(object), warnings_(warnings) {}

  std::optional<double> number(std::string_view key, double low, double high) {
    JsonReader reader(object_, kFileName);
    if (!reader.has(key)) return std::nullopt;
    const double value = reader.number(key, low, high);
    return is_sound(reader) ? std::optional(value) : std::nullopt;
  }
  std::optional<std::int32_t> integer(std::string_view key, std::int32_t low, std::int32_t high) {
    JsonReader reader(object_, kFileName);
    if (!reader.has(key)) return std::nullopt;
    const auto value = static_cast<std::int32_t>(reader.integer(key, low, high));
    return is_sound(reader) ? std::optional(value) : std::nullopt;
  }
  void note_the_rest() {
    for (const std::string_view key : kNotFollowed) {
      const JsonReader reader(object_, kFileName);
      if (!is_neutral(reader.find(key)))
        warnings_.push_back(std::string(kFileName) + ": " + quote(key) + " is not followed");
    }
  }

 private:
  bool is_sound(const JsonReader& reader) {
    if (reader.error()) warnings_.push_back(reader.error()->detail + ": it is left out");
    return !reader.error();
  }

  const json::object& object_;
  std::vector<std::string>& warnings_;
};

}  // namespace

Result<GenerationConfig> read_generation_config(const std::filesystem::path& folder,
                                                const DecoderSpec& spec) {
  GenerationConfig generation;
  generation.eos_token_ids = spec.eos_token_ids;
  auto& ids = generation.eos_token_ids;
  std::error_code ec;
  if (std::filesystem::exists(folder / kFileName, ec)) {
    const auto object = read_json_file(folder / kFileName);
    if (!object) return object.error();
    JsonReader config(*object, kFileName);
    const auto more = read_token_ids(config, "eos_token_id", spec.vocab_size);
    if (config.error()) return *config.error();
    ids.insert(ids.end(), more.begin(), more.end());
    Recommendations defaults(*object, generation.warnings);
    generation.temperature = defaults.number("temperature", 0.0, 2.0);
    generation.top_p = defaults.number("top_p", 0.0, 1.0);
    generation.top_k = defaults.integer("top_k", -1, 1 << 24);
    generation.min_p = defaults.number("min_p", 0.0, 1.0);
    generation.repetition_penalty = defaults.number("repetition_penalty", 1e-3, 10.0);
    generation.max_new_tokens =
        defaults.integer("max_new_tokens", 1, std::numeric_limits<std::int32_t>::max());
    defaults.note_the_rest();
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return generation;
}

}  // namespace octavo

#include "src/model/generation_config.hpp"

#include <algorithm>

#include "src/core/json_reader.hpp"
#include "src/model/json_file.hpp"

namespace octavo {
namespace {

constexpr const char* kFileName = "generation_config.json";

std::optional<float> read_number(JsonReader& config, std::string_view key, double low,
                                 double high) {
  if (!config.has(key)) return std::nullopt;
  return static_cast<float>(config.number(key, low, high));
}

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
    ids.insert(ids.end(), more.begin(), more.end());
    generation.temperature = read_number(config, "temperature", 0.0, 2.0);
    generation.top_p = read_number(config, "top_p", 1e-6, 1.0);
    generation.repetition_penalty = read_number(config, "repetition_penalty", 1e-3, 10.0);
    if (config.has("top_k")) {
      generation.top_k = static_cast<std::int32_t>(config.integer("top_k", -1, 1 << 24));
    }
    if (config.error()) return *config.error();
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return generation;
}

}  // namespace octavo

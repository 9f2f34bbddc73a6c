#include <boost/json.hpp>
#include <random>

#include "src/model/json_file.hpp"
#include "src/model/load_weights.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/tiny_model.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

constexpr int kNumMutations = 1500;

/// Overwrites, drops or doubles a few bytes of the first `range`.
std::string mutate(std::string bytes, std::size_t range, std::mt19937& random) {
  const std::string_view favourites = "0123456789-\",:[]{}eE.\\\0\xff";
  for (std::uint32_t i = random() % 3 + 1; i > 0; --i) {
    const auto place = random() % std::min(range, bytes.size());
    switch (random() % 3) {
      case 0:
        bytes[place] = favourites[random() % favourites.size()];
        break;
      case 1:
        bytes.erase(place, random() % 8 + 1);
        break;
      default:
        bytes.insert(place, bytes.substr(place, random() % 8 + 1));
    }
    if (bytes.empty()) bytes.assign(1, '{');
  }
  return bytes;
}

}  // namespace

TEST_CASE("a damaged checkpoint loads rightly or is refused, and never reads outside its file") {
  const auto spec = read_decoder_spec(boost::json::parse(tiny_llama_config()).as_object());
  const auto backend = kernels::make_cpu_backend({.threads = 1, .instruction_set = "reference"});
  const auto whole = safetensors_file(tiny_llama_tensors());
  const std::size_t header_bytes = whole.find("}}") + 2;
  std::mt19937 random(1);
  int num_refused = 0;
  const TempFolder folder;
  for (int i = 0; i < kNumMutations; ++i) {
    folder.write("model.safetensors", mutate(whole, header_bytes, random));
    const auto checkpoint = Checkpoint::open(folder.path());
    const auto weights = checkpoint
                             ? load_weights(*backend, *spec, *checkpoint, kernels::DType::kF32, {})
                             : Result<Weights>(checkpoint.error());
    if (weights) continue;
    ++num_refused;
    CHECK_FALSE(weights.error().detail.empty());
  }
  CHECK(num_refused > kNumMutations / 2);
}

TEST_CASE("a damaged config is read within its ranges or refused") {
  const TempFolder folder;
  std::mt19937 random(2);
  int num_refused = 0;
  for (int i = 0; i < kNumMutations; ++i) {
    const auto text = mutate(tiny_llama_config(), tiny_llama_config().size(), random);
    folder.write("config.json", text);
    const auto object = read_json_file(folder.path() / "config.json");
    const auto spec = object ? read_decoder_spec(*object) : Result<DecoderSpec>(object.error());
    if (!spec) {
      ++num_refused;
      CHECK_FALSE(spec.error().detail.empty());
      continue;
    }
    INFO(text);
    CHECK(spec->num_heads % spec->num_kv_heads == 0);
    CHECK(spec->windows.size() == static_cast<std::size_t>(spec->num_layers));
    CHECK(count_parameters(*spec).matrices > 0);
  }
  CHECK(num_refused > kNumMutations / 2);
}

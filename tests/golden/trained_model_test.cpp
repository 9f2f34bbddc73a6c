#include <algorithm>
#include <boost/json.hpp>
#include <cstdlib>

#include "src/runtime/load_executor.hpp"
#include "tests/golden/golden_folder.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/step_driver.hpp"
#include "tests/support/test_device.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

std::unique_ptr<ModelExecutor> load_float32(const std::filesystem::path& path) {
  ExecutorOptions options;
  use_test_device(options);
  options.path = path;
  options.dtype = kernels::DType::kF32;
  options.num_blocks = 128;
  options.max_num_seqs = 4;
  auto executor = load_executor(options);
  if (!executor) FAIL(executor.error().message());
  return std::move(*executor);
}

}  // namespace

TEST_CASE("a sharded bfloat16 model tells its story until rounding parts it from float32") {
  const auto folder = golden_roots()[0] / "stories260K";
  const auto golden = read_object(folder / "golden_greedy.json");
  auto executor = load_float32(folder);
  CHECK(executor->info().defaults.eos_token_ids == std::vector<TokenId>{1, 2});
  // The position in the whole sequence at which rounded weights leave the path of exact ones, known
  // from the record; the last item never does.
  const std::vector<std::size_t> parting{186, 27, 159, 204};
  const auto& items = golden.at("items").as_array();
  REQUIRE(items.size() == parting.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto prompt = to_ids(items[i].as_object().at("prompt_ids"));
    const auto exact = to_ids(items[i].as_object().at("output_ids"));
    const auto rounded = generate(*executor, {prompt}, greedy(), exact.size())[0].tokens;
    const auto parted = std::mismatch(exact.begin(), exact.end(), rounded.begin()).first;
    CHECK(prompt.size() + static_cast<std::size_t>(parted - exact.begin()) == parting[i]);
  }
}

TEST_CASE("a folder of recorded continuations is reproduced token by token", "[.recorded]") {
  // Run by hand: OCTAVO_RECORDED_MODEL is a model's folder, OCTAVO_RECORDED_JSON its continuations.
  const char* model = std::getenv("OCTAVO_RECORDED_MODEL");
  const char* record = std::getenv("OCTAVO_RECORDED_JSON");
  REQUIRE(model != nullptr);
  REQUIRE(record != nullptr);
  const auto golden = read_object(record);
  auto executor = load_float32(model);
  const bool is_stories = golden.contains("items");
  for (const auto& value : golden.at(is_stories ? "items" : "cases").as_array()) {
    const auto& item = value.as_object();
    const auto prompt = to_ids(item.at(is_stories ? "prompt_ids" : "prompt_token_ids"));
    const auto expected = to_ids(item.at(is_stories ? "output_ids" : "token_ids"));
    CHECK(generate(*executor, {prompt}, greedy(), expected.size())[0].tokens == expected);
  }
}

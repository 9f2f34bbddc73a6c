#include "src/app/cli/commands/commands.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/tiny_model.hpp"

using namespace octavo;

namespace {

Error refusal_of(std::int32_t concurrency, std::int32_t length) {
  const testing::TempFolder folder;
  folder.write("config.json", testing::tiny_llama_config());
  BenchOptions options;
  options.model.model = folder.path();
  options.model.device = "cpu";
  options.model.load_format = "dummy";
  options.model.block_size = 1;
  options.concurrency = concurrency;
  options.input_len = options.output_len = length;
  const auto status = bench_overlap(options);
  return status ? Error{} : status.error();
}

}  // namespace

TEST_CASE("copies are measured on a GPU, and a CPU is told so before anything is loaded") {
  const Error error = refusal_of(4, 8);
  CHECK(error.code == Errc::kInvalidValue);
  CHECK(error.detail.find("needs a GPU") != std::string::npos);
}

TEST_CASE("more blocks than there can be are refused, not counted past the end") {
  CHECK(refusal_of(65536, 1 << 20).param == "concurrency");
}

#include "src/library/local_model.hpp"

#include "tests/library/tiny_options.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

Result<LocalModel> load(const ModelOptions& options, const std::string& chat_template = "") {
  auto executor = load_warm_executor(executor_options(options).value());
  if (!executor) return executor.error();
  return complete_model(std::move(*executor), options, {chat_template, {}});
}

}  // namespace

TEST_CASE("a folder without a tokenizer is a model that takes token ids alone") {
  const testing::TempFolder folder;
  const auto model = load(tiny_options(folder));
  REQUIRE(model.has_value());
  CHECK(model->served.tokenizer == nullptr);
  CHECK(model->served.chat_template == nullptr);
  CHECK(model->served.vocab_size == 6);
  CHECK(model->config.num_blocks == 8);
}

TEST_CASE("a model is called as its folder, and its template may be another's") {
  const testing::TempFolder folder;
  folder.write("octet.jinja", "{{ messages[0].content }}");
  ModelOptions options = demo_options();
  const auto own = load(options);
  REQUIRE(own.has_value());
  CHECK(own->served.name == "model");
  REQUIRE(own->served.chat_template != nullptr);
  CHECK(own->served.max_model_len == own->config.max_model_len);
  const auto other = load(options, folder.path() / "octet.jinja");
  REQUIRE(other.has_value());
  CHECK(other->served.chat_template != nullptr);
  CHECK(load(options, folder.path() / "none").error().code == Errc::kIo);
}

TEST_CASE("limits that the model does not have are refused once it is loaded") {
  const testing::TempFolder folder;
  ModelOptions options = tiny_options(folder);
  options.max_model_len = 1 << 20;
  CHECK(load(options).error().param == "max-model-len");
}

TEST_CASE("what is no folder is no model") {
  const testing::TempFolder folder;
  CHECK(check_model_folder(folder.path()).has_value());
  CHECK(check_model_folder("").error().code == Errc::kIo);
  folder.write("file", "");
  CHECK(check_model_folder(folder.path() / "file").error().param == "model");
}

TEST_CASE("a tokenizer that is larger than its model is warned of, by the ids at which both end") {
  CHECK(vocabulary_warning(100, 100).empty());
  CHECK(vocabulary_warning(99, 100).empty());
  CHECK(vocabulary_warning(0, 100).empty());
  const std::string warning = vocabulary_warning(101, 100);
  CHECK(warning.find("end at 100 and the model's at 99") != std::string::npos);
}

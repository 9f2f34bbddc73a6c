#include "src/app/cli/load.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/temp_folder.hpp"

using namespace octavo;

TEST_CASE("a model is a folder, and without one the demo") {
  const testing::TempFolder folder;
  CHECK(resolve_model_path(folder.path()).value() == folder.path().string());
  const auto demo = resolve_model_path("");
  REQUIRE(demo.has_value());
  CHECK(std::filesystem::exists(std::filesystem::path(*demo) / "config.json"));
  folder.write("file", "");
  for (const std::string& path :
       {(folder.path() / "file").string(), std::string("/nowhere"), std::string(5000, 'x')}) {
    const auto missing = resolve_model_path(path);
    REQUIRE(missing.has_error());
    CHECK(missing.error().code == Errc::kIo);
    CHECK(missing.error().param == "model");
    CHECK(missing.error().detail.find("is not a directory: MODEL is a folder") !=
          std::string::npos);
  }
}

TEST_CASE("options name the demo model's folder once they are resolved") {
  ModelOptions options;
  options.threads = 3;
  const auto demo = resolved(options);
  REQUIRE(demo.has_value());
  CHECK(demo->model == resolve_model_path("").value());
  CHECK(demo->threads == 3);
  options.model = "/nowhere";
  CHECK(resolved(options).error().param == "model");
}

#include "tests/text/data_files.hpp"

#include <unistd.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "tests/support/catch.hpp"

namespace octavo::testing {
namespace fs = std::filesystem;

fs::path shipped_data() {
  const char* tests = std::getenv("OCTAVO_TESTS_DIR");
  REQUIRE(tests != nullptr);
  return fs::path(tests) / "text" / "data";
}

std::vector<fs::path> data_roots() {
  std::vector<fs::path> roots{shipped_data()};
  if (const char* more = std::getenv("OCTAVO_DATA_DIR")) roots.emplace_back(more);
  return roots;
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  INFO(path);
  REQUIRE(file.good());
  return {std::istreambuf_iterator<char>(file), {}};
}

boost::json::value read_json(const fs::path& path) { return boost::json::parse(read_file(path)); }

std::shared_ptr<const Tokenizer> shipped_tokenizer(const std::string& name) {
  const auto tokenizer = Tokenizer::load(shipped_data() / "tokenizers" / name);
  INFO((tokenizer ? "" : tokenizer.error().message()));
  REQUIRE(tokenizer);
  return *tokenizer;
}

std::vector<fs::path> tokenizer_folders_with(const std::string& file) {
  std::vector<fs::path> folders;
  for (const fs::path& root : data_roots()) {
    for (const auto& entry : fs::directory_iterator(root / "tokenizers")) {
      const bool is_complete =
          fs::exists(entry.path() / "tokenizer.json") && fs::exists(entry.path() / file);
      if (is_complete) folders.push_back(entry.path());
    }
  }
  return folders;
}

TemporaryFolder::TemporaryFolder() {
  std::string name = (fs::temp_directory_path() / "octavo-text-XXXXXX").string();
  REQUIRE(mkdtemp(name.data()) != nullptr);
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void TemporaryFolder::write(const std::string& name, const std::string& text) const {
  std::ofstream(path_ / name, std::ios::binary) << text;
}

}  // namespace octavo::testing

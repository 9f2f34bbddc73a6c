// Recorded truth lies in files: the shipped ones beside the tests and, where OCTAVO_DATA_DIR names
// it, the whole collection they were cut from.
#pragma once

#include <boost/json/value.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "src/text/tokenizer.hpp"

namespace octavo::testing {

/// tests/text/data, then OCTAVO_DATA_DIR where it is set.
std::vector<std::filesystem::path> data_roots();
std::filesystem::path shipped_data();
std::string read_file(const std::filesystem::path& path);
boost::json::value read_json(const std::filesystem::path& path);

/// Loads the tokenizer of that folder of the shipped data; fails the test when it cannot.
std::shared_ptr<const Tokenizer> shipped_tokenizer(const std::string& name);
/// The folders under every root's `tokenizers` that hold a file of that name.
std::vector<std::filesystem::path> tokenizer_folders_with(const std::string& file);

/// A folder under the system's temporary one, removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  void write(const std::string& name, const std::string& text) const;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace octavo::testing

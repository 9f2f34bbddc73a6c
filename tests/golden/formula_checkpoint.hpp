// Models too large to ship have weights that follow from a rule: writes such a checkpoint into a
// folder of its own, gone when the object goes.
#pragma once

#include <boost/json/object.hpp>
#include <filesystem>

namespace octavo::testing {

/// The rule: w[i] = a * (top 24 bits of murmur3's finalizer of i * 0x9E3779B1 + FNV-1a-32(name),
/// as a number in [-1, 1)), rounded to bfloat16; see the folder's README for a.
class FormulaCheckpoint {
 public:
  /// `golden` lists the tensors with their first elements, which are checked.
  FormulaCheckpoint(const std::filesystem::path& config, const boost::json::object& golden);
  FormulaCheckpoint(const FormulaCheckpoint&) = delete;
  FormulaCheckpoint& operator=(const FormulaCheckpoint&) = delete;
  ~FormulaCheckpoint();

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace octavo::testing

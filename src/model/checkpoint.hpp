// All tensors of a model by name, whether its folder holds one file or many shards.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "src/core/result.hpp"
#include "src/model/safetensors.hpp"

namespace octavo {

class Checkpoint {
 public:
  /// Opens `model.safetensors`, or the shards that `model.safetensors.index.json` names.
  /// Errors: kIo; kInvalidFile, with the name of the shard or tensor.
  [[nodiscard]] static Result<Checkpoint> open(const std::filesystem::path& folder);

  /// Null when there is none. Lives as long as the checkpoint.
  const StoredTensor* find(std::string_view name) const;
  const std::map<std::string, const StoredTensor*, std::less<>>& tensors() const {
    return tensors_;
  }

 private:
  /// Errors: kInvalidFile when a tensor of that name is already here.
  [[nodiscard]] Result<void> add(SafetensorsFile file, const std::string& file_name);

  std::vector<SafetensorsFile> files_;
  std::map<std::string, const StoredTensor*, std::less<>> tensors_;
};

}  // namespace octavo

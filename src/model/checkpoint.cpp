#include "src/model/checkpoint.hpp"

#include <boost/json.hpp>
#include <set>

#include "src/model/json_file.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

constexpr const char* kSingleFile = "model.safetensors";
constexpr const char* kIndexFile = "model.safetensors.index.json";

Error invalid(const std::string& what) {
  return Error{Errc::kInvalidFile, std::string(kIndexFile) + ": " + what, ""};
}

/// A shard must be a plain file of the folder: no separators, no parents.
bool is_plain_file_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.size() <= 255 &&
         name.find_first_of(std::string_view("/\\\0", 3)) == std::string_view::npos;
}

}  // namespace

const StoredTensor* Checkpoint::find(std::string_view name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : found->second;
}

Result<void> Checkpoint::add(SafetensorsFile file, const std::string& file_name) {
  files_.push_back(std::move(file));
  for (const auto& [name, tensor] : files_.back().tensors()) {
    if (!tensors_.emplace(name, &tensor).second) {
      return Error{Errc::kInvalidFile,
                   file_name + ": tensor " + name + " is in another shard as well", ""};
    }
  }
  return {};
}

Result<Checkpoint> Checkpoint::open(const std::filesystem::path& folder) {
  Checkpoint checkpoint;
  std::error_code ec;
  if (!std::filesystem::exists(folder / kIndexFile, ec)) {
    auto file = SafetensorsFile::open(folder / kSingleFile);
    if (!file) return file.error();
    if (auto added = checkpoint.add(std::move(*file), kSingleFile); !added) return added.error();
    return checkpoint;
  }

  auto index = read_json_file(folder / kIndexFile);
  if (!index) return index.error();
  const auto* weight_map = index->if_contains("weight_map");
  if (weight_map == nullptr || !weight_map->is_object()) return invalid("has no weight_map");
  std::set<std::string> shards;
  for (const auto& member : weight_map->get_object()) {
    const std::string tensor(member.key());
    if (!member.value().is_string()) return invalid("weight_map of " + tensor + " is not a string");
    std::string shard(member.value().get_string());
    if (!is_plain_file_name(shard)) {
      return invalid("shard of " + tensor + " is not a plain file name");
    }
    shards.insert(std::move(shard));
  }
  // The tensors of files_ must not move once `tensors_` points at them: map nodes never do.
  for (const auto& shard : shards) {
    auto file = SafetensorsFile::open(folder / shard);
    if (!file) return file.error();
    if (auto added = checkpoint.add(std::move(*file), shard); !added) return added.error();
  }
  for (const auto& member : weight_map->get_object()) {
    const std::string name(member.key());
    if (checkpoint.find(name) == nullptr) return invalid("no shard holds tensor " + name);
  }
  return checkpoint;
}

}  // namespace octavo

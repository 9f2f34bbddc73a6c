#include "tests/golden/golden_folder.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <cstdlib>
#include <cstring>

#include "src/model/json_file.hpp"
#include "src/model/safetensors.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/test_device.hpp"

namespace octavo::testing {
namespace {

GoldenPrompt read_prompt(const boost::json::value& value, const std::filesystem::path& tensors,
                         std::size_t index) {
  const auto& object = value.as_object();
  GoldenPrompt prompt;
  prompt.prompt_ids = to_ids(object.at("prompt_ids"));
  prompt.greedy_ids = to_ids(object.at("greedy_ids"));
  prompt.greedy_logprobs = to_floats(object.at("greedy_logprobs"));
  prompt.repetition_penalty_ids = to_ids(object.at("repetition_penalty_ids"));
  for (const auto& row : object.at("top5_ids").as_array()) prompt.top5_ids.push_back(to_ids(row));
  for (const auto& row : object.at("top5_logprobs").as_array()) {
    prompt.top5_logprobs.push_back(to_floats(row));
  }
  prompt.logits = read_floats(tensors, index, "logits");
  prompt.rep_penalty_logits = read_floats(tensors, index, "rep_penalty_logits");
  return prompt;
}

}  // namespace

std::vector<float> read_floats(const std::filesystem::path& file, std::size_t prompt,
                               const std::string& name) {
  const auto opened = SafetensorsFile::open(file);
  REQUIRE(opened.has_value());
  std::string full_name(1, 'p');
  full_name.append(std::to_string(prompt)).append(".").append(name);
  const auto found = opened->tensors().find(full_name);
  REQUIRE(found != opened->tensors().end());
  REQUIRE(found->second.dtype == "F32");
  std::vector<float> values(found->second.size_bytes / sizeof(float));
  std::memcpy(values.data(), found->second.data, found->second.size_bytes);
  return values;
}

boost::json::object read_object(const std::filesystem::path& file) {
  auto object = read_json_file(file);
  REQUIRE(object.has_value());
  return *object;
}

std::vector<TokenId> to_ids(const boost::json::value& list) {
  std::vector<TokenId> ids;
  for (const auto& id : list.as_array()) ids.push_back(static_cast<TokenId>(id.as_int64()));
  return ids;
}

std::vector<float> to_floats(const boost::json::value& list) {
  std::vector<float> values;
  for (const auto& value : list.as_array()) values.push_back(value.to_number<float>());
  return values;
}

std::vector<std::filesystem::path> golden_roots() {
  const char* tests = std::getenv("OCTAVO_TESTS_DIR");
  REQUIRE(tests != nullptr);
  std::vector<std::filesystem::path> roots{std::filesystem::path(tests) / "golden"};
  if (const char* more = std::getenv("OCTAVO_GOLDENS_DIR")) roots.emplace_back(more);
  return roots;
}

std::vector<GoldenFolder> read_golden_folders(const std::filesystem::path& root) {
  std::vector<GoldenFolder> folders;
  for (const auto& entry : std::filesystem::directory_iterator(root)) {
    const auto& path = entry.path();
    const auto tensors = path / "golden.safetensors";
    if (!std::filesystem::exists(tensors) || path.filename().string().starts_with("formula-")) {
      continue;
    }
    if (!fits_test_devices(path)) continue;
    GoldenFolder folder{path, {}};
    const auto object = read_object(path / "golden.json");
    for (const auto& prompt : object.at("prompts").as_array()) {
      folder.prompts.push_back(read_prompt(prompt, tensors, folder.prompts.size()));
    }
    folders.push_back(std::move(folder));
  }
  std::sort(folders.begin(), folders.end(),
            [](const GoldenFolder& a, const GoldenFolder& b) { return a.path < b.path; });
  return folders;
}

}  // namespace octavo::testing

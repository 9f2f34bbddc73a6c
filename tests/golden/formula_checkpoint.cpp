#include "tests/golden/formula_checkpoint.hpp"

#include <unistd.h>

#include <bit>
#include <boost/json.hpp>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.hpp"

namespace octavo::testing {
namespace {

namespace json = boost::json;

constexpr std::size_t kChunk = std::size_t{1} << 20;

std::uint16_t to_bfloat16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return static_cast<std::uint16_t>((bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16);
}

float from_bfloat16(std::uint16_t value) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value) << 16);
}

/// One tensor's elements by index.
class Formula {
 public:
  Formula(std::string_view name, std::int64_t rank, std::int64_t columns) {
    for (const char c : name) {
      seed_ = (seed_ ^ static_cast<std::uint8_t>(c)) * 0x01000193U;
    }
    if (rank == 1) {
      const bool is_bias = name.ends_with("bias");
      scale_ = is_bias ? 0.2F : 0.25F;
      offset_ = is_bias ? 0.0F : 1.0F;
      return;
    }
    double deviation = 1.0 / std::sqrt(static_cast<double>(columns));
    if (name.find("lm_head") != std::string_view::npos) deviation *= 2.5;
    if (name.find("embed_tokens") != std::string_view::npos) deviation = 1.0;
    scale_ = static_cast<float>(std::sqrt(3.0) * deviation);
  }

  std::uint16_t at(std::uint32_t index) const {
    std::uint32_t h = index * 0x9E3779B1U + seed_;
    h ^= h >> 16;
    h *= 0x85EBCA6BU;
    h ^= h >> 13;
    h *= 0xC2B2AE35U;
    h ^= h >> 16;
    const float unit = static_cast<float>(h >> 8) * 0x1p-23F - 1.0F;
    return to_bfloat16(offset_ + unit * scale_);
  }

 private:
  std::uint32_t seed_ = 0x811C9DC5U;
  float scale_ = 0.0F;
  float offset_ = 0.0F;
};

struct Tensor {
  std::string name;
  std::int64_t count = 1;
  Formula formula;
};

std::vector<Tensor> read_tensors(const json::object& golden, json::object& header) {
  std::vector<Tensor> tensors;
  std::int64_t offset = 0;
  for (const auto& entry : golden.at("tensors").as_array()) {
    const auto& row = entry.as_array();
    const auto& shape = row.at(1).as_array();
    const std::string name(row.at(0).as_string());
    Tensor tensor{name, 1,
                  Formula(name, static_cast<std::int64_t>(shape.size()), shape.back().as_int64())};
    for (const auto& extent : shape) tensor.count *= extent.as_int64();
    for (std::uint32_t i = 0; i < row.at(2).as_array().size(); ++i) {
      REQUIRE(from_bfloat16(tensor.formula.at(i)) == row.at(2).as_array()[i].to_number<float>());
    }
    const auto end = offset + 2 * tensor.count;
    header[name] = {{"dtype", "BF16"}, {"shape", shape}, {"data_offsets", {offset, end}}};
    offset = end;
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

}  // namespace

FormulaCheckpoint::FormulaCheckpoint(const std::filesystem::path& config,
                                     const json::object& golden)
    : path_(std::filesystem::temp_directory_path() /
            ("octavo-formula-" + std::to_string(::getpid()))) {
  std::filesystem::create_directories(path_);
  std::filesystem::copy_file(config, path_ / "config.json",
                             std::filesystem::copy_options::overwrite_existing);
  json::object header;
  const auto tensors = read_tensors(golden, header);
  const auto text = json::serialize(header);
  std::ofstream out(path_ / "model.safetensors", std::ios::binary);
  const std::uint64_t size = text.size();
  out.write(reinterpret_cast<const char*>(&size), sizeof size);
  out << text;
  std::vector<std::uint16_t> chunk;
  for (const auto& tensor : tensors) {
    for (std::int64_t i = 0; i < tensor.count; ++i) {
      chunk.push_back(tensor.formula.at(static_cast<std::uint32_t>(i)));
      if (chunk.size() < kChunk && i + 1 < tensor.count) continue;
      out.write(reinterpret_cast<const char*>(chunk.data()),
                static_cast<std::streamsize>(chunk.size() * sizeof(std::uint16_t)));
      chunk.clear();
    }
  }
  REQUIRE(out.good());
}

FormulaCheckpoint::~FormulaCheckpoint() {
  std::error_code ec;
  std::filesystem::remove_all(path_, ec);
}

}  // namespace octavo::testing

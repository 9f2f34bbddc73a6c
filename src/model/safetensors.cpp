#include "src/model/safetensors.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <limits>
#include <optional>
#include <utility>

namespace octavo {
namespace {

namespace json = boost::json;

constexpr std::uint64_t kMaxHeaderBytes = 16U << 20;  // 400 billion parameters need under 1 MiB
constexpr std::size_t kMaxRank = 8;

struct DTypeBits {
  std::string_view name;
  std::uint64_t bits;
};
constexpr std::array kDTypes{
    DTypeBits{"F64", 64}, DTypeBits{"F32", 32}, DTypeBits{"F16", 16},    DTypeBits{"BF16", 16},
    DTypeBits{"I64", 64}, DTypeBits{"I32", 32}, DTypeBits{"I16", 16},    DTypeBits{"I8", 8},
    DTypeBits{"U64", 64}, DTypeBits{"U32", 32}, DTypeBits{"U16", 16},    DTypeBits{"U8", 8},
    DTypeBits{"BOOL", 8}, DTypeBits{"C64", 64}, DTypeBits{"F8_E4M3", 8}, DTypeBits{"F8_E5M2", 8},
};

std::optional<std::uint64_t> to_count(const json::value& value) {
  if (const auto* number = value.if_int64(); number != nullptr && *number >= 0) {
    return static_cast<std::uint64_t>(*number);
  }
  return std::nullopt;
}

/// Members of the outermost object of a text that is known to be valid JSON. A parsed object hides
/// repeated names; a difference to this count reveals them.
std::size_t count_members(std::string_view text) {
  std::size_t members = 0;
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      --depth;
    } else if (c == ':' && depth == 1) {
      ++members;
    }
  }
  return members;
}

struct Region {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::string_view name;
};

/// Reads one header entry into `tensor` and `region`; the answer is the complaint, empty if none.
std::string read_entry(const json::value& entry, std::uint64_t data_size, StoredTensor& tensor,
                       Region& region) {
  const auto* object = entry.if_object();
  if (object == nullptr) return "is not an object";
  const auto* dtype = object->if_contains("dtype");
  const auto* shape = object->if_contains("shape");
  const auto* offsets = object->if_contains("data_offsets");
  if (dtype == nullptr || !dtype->is_string()) return "has no dtype";
  if (shape == nullptr || !shape->is_array()) return "has no shape";
  if (offsets == nullptr || !offsets->is_array() || offsets->get_array().size() != 2) {
    return "has no data_offsets";
  }
  tensor.dtype = std::string(dtype->get_string());
  const auto* row = std::find_if(kDTypes.begin(), kDTypes.end(),
                                 [&](const DTypeBits& d) { return d.name == tensor.dtype; });
  if (row == kDTypes.end()) return "has the unknown dtype " + tensor.dtype.substr(0, 32);
  if (shape->get_array().size() > kMaxRank) return "has more than 8 dimensions";

  std::uint64_t bits = row->bits;
  for (const auto& dimension : shape->get_array()) {
    const auto extent = to_count(dimension);
    if (!extent) return "has a negative or fractional dimension";
    if (*extent != 0 && bits > std::numeric_limits<std::uint64_t>::max() / *extent) {
      return "has a shape that overflows";
    }
    bits *= *extent;
    tensor.shape.push_back(static_cast<std::int64_t>(*extent));
  }
  const auto begin = to_count(offsets->get_array()[0]);
  const auto end = to_count(offsets->get_array()[1]);
  if (!begin || !end || *begin > *end || *end > data_size) return "lies outside the file";
  if ((*end - *begin) != bits / 8) return "has a size that is not dtype x shape";
  region.begin = *begin;
  region.end = *end;
  return {};
}

/// The regions must follow one another from 0 to the end of the data.
std::string find_gap(std::vector<Region>& regions, std::uint64_t data_size) {
  std::sort(regions.begin(), regions.end(), [](const Region& a, const Region& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  std::uint64_t covered = 0;
  for (const Region& region : regions) {
    if (region.begin < covered) return "tensor " + std::string(region.name) + " overlaps another";
    if (region.begin > covered) {
      return "unused bytes before tensor " + std::string(region.name);
    }
    covered = region.end;
  }
  return covered == data_size ? "" : "unused bytes after the last tensor (or a truncated header)";
}

std::uint64_t little_endian_u64(std::span<const std::byte> bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i) value |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
  return value;
}

}  // namespace

Result<SafetensorsFile> SafetensorsFile::open(const std::filesystem::path& path) {
  const auto invalid = [&](const std::string& what) {
    return Error{Errc::kInvalidFile, path.filename().string() + ": " + what, ""};
  };
  auto mapped = MappedFile::open(path);
  if (!mapped) return mapped.error();
  SafetensorsFile file(std::move(*mapped));
  const auto bytes = file.file_.bytes();
  if (bytes.size() < 8) return invalid("shorter than 8 bytes");
  const std::uint64_t header_size = little_endian_u64(bytes);
  if (header_size > kMaxHeaderBytes) return invalid("header longer than 16 MiB");
  if (header_size > bytes.size() - 8) return invalid("header longer than the file");

  const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + 8, header_size);
  boost::system::error_code ec;
  const json::value header = json::parse(json::string_view(text.data(), text.size()), ec);
  if (ec || !header.is_object()) return invalid("header is not a JSON object");
  if (count_members(text) != header.get_object().size()) {
    return invalid("header names a tensor twice");
  }

  const auto data = bytes.subspan(8 + header_size);
  std::vector<Region> regions;
  for (const auto& member : header.get_object()) {
    if (member.key() == "__metadata__") continue;
    const std::string_view name(member.key().data(), member.key().size());
    StoredTensor tensor;
    Region region{0, 0, name};
    const auto complaint = read_entry(member.value(), data.size(), tensor, region);
    if (!complaint.empty()) return invalid("tensor " + std::string(name) + " " + complaint);
    tensor.data = data.data() + region.begin;
    tensor.size_bytes = region.end - region.begin;
    regions.push_back(region);
    file.tensors_.emplace(name, std::move(tensor));
  }
  const auto gap = find_gap(regions, data.size());
  if (!gap.empty()) return invalid(gap);
  return file;
}

}  // namespace octavo

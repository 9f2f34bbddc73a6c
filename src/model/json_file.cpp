#include "src/model/json_file.hpp"

#include <boost/json.hpp>

#include "src/model/mapped_file.hpp"

namespace octavo {
namespace {

constexpr std::size_t kMaxBytes = 64U << 20;

}  // namespace

Result<boost::json::object> read_json_file(const std::filesystem::path& path) {
  auto file = MappedFile::open(path);
  if (!file) return file.error();
  const auto bytes = file->bytes();
  const auto name = path.filename().string();
  if (bytes.size() > kMaxBytes) {
    return Error{Errc::kInvalidFile, name + ": longer than 64 MiB", ""};
  }
  boost::system::error_code ec;
  auto value = boost::json::parse(
      boost::json::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()), ec);
  if (ec || !value.is_object()) {
    return Error{Errc::kInvalidFile, name + ": is not a JSON object", ""};
  }
  return std::move(value.get_object());
}

}  // namespace octavo

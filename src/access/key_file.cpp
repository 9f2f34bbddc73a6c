#include "src/access/key_file.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <cmath>
#include <fstream>
#include <limits>
#include <set>

#include "src/core/json_reader.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxFileBytes = std::size_t{64} << 20;
constexpr std::size_t kMaxNameBytes = 64;
constexpr std::int64_t kMaxLimit = std::int64_t{1} << 50;
constexpr double kMaxShare = 1e6;
constexpr std::int64_t kMaxPriority = std::numeric_limits<std::int32_t>::max() / 2;

// `anonymous` and `api-key-...` are the server's own names, for keys that no file names.
bool is_name(std::string_view name) {
  const bool is_own = name == "anonymous" || name.starts_with("api-key-");
  return !is_own && !name.empty() && name.size() <= kMaxNameBytes &&
         std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '.' || c == '-';
         });
}

KeyEntry entry_in(JsonReader& fields, const KeyLimits& defaults) {
  KeyEntry entry;
  entry.name = fields.text("name");
  if (!is_name(entry.name)) {
    fields.wrong("name",
                 "1 to 64 characters of [A-Za-z0-9_.-], and neither `anonymous` nor `api-key-`...");
  }
  const auto hash = sha256_in(fields.text("sha256"));
  if (hash)
    entry.hash = *hash;
  else
    fields.wrong("sha256", "64 hexadecimal digits: printf %s \"$KEY\" | sha256sum");
  const auto limit = [&](std::string_view name, std::int64_t fallback) {
    return fields.integer(name, 0, kMaxLimit, fallback);
  };
  entry.limits.concurrency = limit("concurrency", defaults.concurrency);
  entry.limits.requests_per_minute = limit("requests_per_minute", defaults.requests_per_minute);
  entry.limits.tokens_per_minute = limit("tokens_per_minute", defaults.tokens_per_minute);
  entry.limits.max_connections = limit("max_connections", defaults.max_connections);
  if (fields.has("priority")) {
    entry.limits.priority =
        static_cast<std::int32_t>(fields.integer("priority", -kMaxPriority, kMaxPriority));
  }
  entry.limits.share = fields.number("share", 1 / kMaxShare, kMaxShare, 1.0);
  return entry;
}

void refuse_unknown(JsonReader& fields) {
  for (const std::string_view name : fields.not_asked_for())
    fields.fail(Errc::kInvalidFile, "there is no member " + quote(name), name);
}

}  // namespace

Result<std::vector<KeyEntry>> parse_key_file(std::string_view text, const std::string& path,
                                             const KeyLimits& defaults) {
  boost::system::error_code code;
  const json::value value = json::parse(json::string_view(text.data(), text.size()), code);
  if (code || !value.is_object())
    return Error{Errc::kInvalidFile, path + ": is not a JSON object, as {\"keys\": [...]}", ""};
  JsonReader file(value.get_object(), path);
  std::vector<KeyEntry> entries;
  std::set<std::string> names;
  std::set<Sha256> hashes;
  for (const json::value& each : file.array("keys")) {
    JsonReader fields(file.as_object("keys", each), file, "keys");
    KeyEntry entry = entry_in(fields, defaults);
    refuse_unknown(fields);
    if (file.error()) break;
    if (!names.insert(entry.name).second)
      file.fail(Errc::kInvalidFile, "two keys have the name " + quote(entry.name), "keys");
    if (!hashes.insert(entry.hash).second)
      file.fail(Errc::kInvalidFile, quote(entry.name) + " has the hash of another key", "keys");
    entries.push_back(std::move(entry));
  }
  refuse_unknown(file);
  if (file.error()) return *file.error();
  return entries;
}

Result<std::vector<KeyEntry>> read_key_file(const std::string& path, const KeyLimits& defaults) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const std::streamoff size = file ? static_cast<std::streamoff>(file.tellg()) : -1;
  if (size < 0 || static_cast<std::size_t>(size) > kMaxFileBytes)
    return Error{Errc::kInvalidFile, path + ": cannot be read, or has more than 64 MiB", ""};
  std::string text(static_cast<std::size_t>(size), '\0');
  file.seekg(0);
  file.read(text.data(), size);
  if (!file) return Error{Errc::kInvalidFile, path + ": cannot be read", ""};
  return parse_key_file(text, path, defaults);
}

}  // namespace octavo

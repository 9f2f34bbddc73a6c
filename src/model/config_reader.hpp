// A config.json comes from anywhere: every value is read with its range, and the first fault is
// kept until the reader has finished, so that family readers stay lists of fields.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "src/core/result.hpp"

namespace octavo {

/// The text in double quotes, cut after 64 bytes: what a file says may be long.
std::string quote(std::string_view text);

class ConfigReader {
 public:
  /// `where` names the file (and object) in errors. `object` must outlive the reader.
  ConfigReader(const boost::json::object& object, std::string where)
      : object_(object), where_(std::move(where)) {}

  /// Null counts as absent.
  bool has(std::string_view key) const { return find(key) != nullptr; }
  const boost::json::value* find(std::string_view key) const;
  const boost::json::object& object() const { return object_; }

  /// Without a fallback a missing value is a fault. After a fault the answers are placeholders
  /// inside the range.
  std::int64_t integer(std::string_view key, std::int64_t low, std::int64_t high,
                       std::optional<std::int64_t> fallback = {});
  double number(std::string_view key, double low, double high, std::optional<double> fallback = {});
  bool flag(std::string_view key, bool fallback);
  std::string text(std::string_view key, std::string fallback);

  /// Keeps the fault if it is the first. `what` follows the file's name.
  void fail(Errc code, const std::string& what);
  const std::optional<Error>& fault() const { return fault_; }

 private:
  const boost::json::object& object_;
  std::string where_;
  std::optional<Error> fault_;
};

}  // namespace octavo

// JSON that comes from elsewhere may hold anything: what a client sends, a model's config.json, a
// tokenizer, the header of a recording. A parser that checks every member by hand is long, and the
// one check that it forgets is a crash. A `JsonReader` reads the members of one object by name,
// kind and range, so that a parser is one line per member. It keeps the first fault, which the
// parser asks for at its end. A faulty member reads as the lower bound of its range, or as nothing.
//
// A member that is null counts as absent, since clients send null for what they do not set.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/core/error.hpp"
#include "src/core/ids.hpp"

namespace octavo {

/// What a reader does with a fault: keep it until the parser asks, or throw it as an `Error`, for
/// parsers of nested parts that build something with every part.
enum class OnFault : std::uint8_t { kKeep, kThrow };

/// The text in double quotes, cut after 64 bytes, since what a file says may be long.
std::string quote(std::string_view text);

/// The names of members that a reader is asked for must outlive it: they are literals, or keys of
/// the object.
class JsonReader {
 public:
  /// Reads what a client sent. A fault is kInvalidValue, names the member in `param` and reads as
  /// "top_p must be a number". `object` must outlive the reader.
  explicit JsonReader(const boost::json::object& object) : object_(object) {}
  /// Reads a file, or a part of one. A fault is kInvalidFile and reads as
  /// "config.json: "vocab_size" must be an integer between 1 and 16777216".
  JsonReader(const boost::json::object& object, std::string file, OnFault on_fault = OnFault::kKeep)
      : object_(object), file_(std::move(file)), on_fault_(on_fault) {}
  /// Reads the object that stands in the member `name` of what `parent` reads. Faults name it, as
  /// "octavo.priority must be ..." or "config.json: rope_scaling: "factor" must be ...", and are
  /// kept by `parent`, which must outlive this reader.
  JsonReader(const boost::json::object& object, JsonReader& parent, std::string_view name);
  JsonReader(const JsonReader&) = delete;
  JsonReader& operator=(const JsonReader&) = delete;

  const boost::json::object& object() const { return object_; }
  bool has(std::string_view name) const { return find(name) != nullptr; }
  const boost::json::value* find(std::string_view name) const;
  /// The members of the object, null ones too, for which nobody has asked yet.
  std::vector<std::string_view> not_asked_for() const;

  /// Each of these reads an optional member: true when `out` was set, false when the member is
  /// absent or faulty. Numbers are finite.
  bool read(std::string_view name, std::string& out);
  bool read(std::string_view name, bool& out);
  bool read(std::string_view name, double& out);
  bool read(std::string_view name, float& out);
  bool read(std::string_view name, std::int32_t& out);
  bool read(std::string_view name, std::int64_t& out);
  bool read(std::string_view name, std::uint64_t& out);
  bool read(std::string_view name, std::vector<std::string>& out);
  bool read(std::string_view name, std::vector<TokenId>& out);
  template <class T>
  bool read(std::string_view name, std::optional<T>& out) {
    T value{};
    if (!read(name, value)) return false;
    out = value;
    return true;
  }

  /// Each of these reads a member with a range or a fallback. Without a fallback a missing member
  /// is a fault. The bounds belong to the range. An integer may be written as 4.0.
  std::int64_t integer(std::string_view name, std::int64_t low, std::int64_t high,
                       std::optional<std::int64_t> fallback = {});
  double number(std::string_view name, double low, double high,
                std::optional<double> fallback = {});
  bool flag(std::string_view name, std::optional<bool> fallback = {});
  std::string text(std::string_view name, std::optional<std::string_view> fallback = {});
  const boost::json::array& array(std::string_view name);
  const boost::json::object& object(std::string_view name);

  /// `value` is an element of the member `name`, and must be of this kind.
  std::int64_t as_integer(std::string_view name, const boost::json::value& value, std::int64_t low,
                          std::int64_t high);
  std::string_view as_text(std::string_view name, const boost::json::value& value);
  const boost::json::array& as_array(std::string_view name, const boost::json::value& value);
  const boost::json::object& as_object(std::string_view name, const boost::json::value& value);

  /// These note a fault of the member `name`. `expected` follows "must be", as in "a string".
  void wrong(std::string_view name, std::string_view expected);
  void missing(std::string_view name);
  void unsupported(std::string_view name, std::string_view why);
  /// Notes any other fault. `what` follows the name of the file.
  void fail(Errc code, std::string_view what, std::string_view name = {});

  /// The first fault of this object and of the objects in it.
  const std::optional<Error>& error() const { return parent_ ? parent_->error() : error_; }

 private:
  std::string path_of(std::string_view name) const;
  std::string named(std::string_view name) const;

  const boost::json::object& object_;
  std::string file_;  ///< Empty for what a client sent.
  OnFault on_fault_ = OnFault::kKeep;
  JsonReader* parent_ = nullptr;
  std::string path_;  ///< The names that lead to the object, with dots between them.
  std::optional<Error> error_;
  mutable std::vector<std::string_view> asked_for_;
};

}  // namespace octavo

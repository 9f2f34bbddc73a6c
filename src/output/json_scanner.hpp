// Clients want the arguments of a call while the model still writes them, and in the end they must
// be JSON, whatever the model has written. This scanner reads one JSON value piece by piece. It
// passes on only what it can still complete to a valid value, should the text break off.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace octavo {

class JsonScanner {
 public:
  enum class Progress : std::uint8_t {
    kMore,   ///< The value goes on.
    kWhole,  ///< It has ended; what follows was not taken.
    kFault,  ///< What follows is no JSON, and was not taken.
  };

  /// Takes from the front of `text` what belongs to the value and appends to `out` what is certain
  /// of it, without the blanks between its parts. Line breaks within a string, which models write
  /// and JSON forbids, are escaped.
  Progress take(std::string_view& text, std::string& out);
  /// The text has ended: appends what is missing to make a valid value of what was passed on.
  void complete(std::string& out);
  /// The number or word at which the scanner failed. It was taken from the text and not passed on.
  const std::string& unread() const { return scalar_; }
  bool is_whole() const { return expected_ == Expected::kNothing; }

 private:
  enum class Expected : std::uint8_t {
    kValue,
    kValueOrEnd,
    kKey,
    kKeyOrEnd,
    kColon,
    kCommaOrEnd,
    kNothing,
  };

  bool take_outside(char c, std::string& out);
  bool take_scalar(char c);
  void take_in_string(char c, std::string& out);
  void take_escape(char c, std::string& out);
  bool open(char bracket, std::string& out);
  bool close(char bracket, std::string& out);
  bool end_scalar(std::string& out);
  void end_value();
  void flush(std::string& out);

  Expected expected_ = Expected::kValue;
  std::vector<char> closers_;  ///< Of the objects and lists that are open.
  bool is_in_string_ = false;
  bool is_key_ = false;
  std::string escape_;      ///< A backslash and what follows, until it is whole.
  std::string scalar_;      ///< A number or a word, until it is whole.
  bool has_comma_ = false;  ///< One was read, and nothing after it.
};

}  // namespace octavo

#include "src/output/json_scanner.hpp"

#include <boost/json/parse.hpp>
#include <utility>

namespace octavo {
namespace {

constexpr std::size_t kMaxDepth = 256;
constexpr std::size_t kMaxScalarBytes = 512;

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

bool is_scalar_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '+' || c == '.';
}

bool is_scalar(const std::string& text) {
  boost::system::error_code error;
  boost::json::parse(text, error);
  return !error;
}

// Models that have read much Python write its words.
std::string_view json_word_of(std::string_view word) {
  if (word == "True") return "true";
  if (word == "False") return "false";
  return word == "None" ? "null" : "";
}

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// A character that JSON allows in a string only as an escape.
std::string escaped_control(char c) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  if (c == '\n') return "\\n";
  if (c == '\r') return "\\r";
  if (c == '\t') return "\\t";
  const auto byte = static_cast<unsigned char>(c);
  return std::string("\\u00") + kDigits[byte / 16] + kDigits[byte % 16];
}

}  // namespace

JsonScanner::Progress JsonScanner::take(std::string_view& text, std::string& out) {
  while (!text.empty()) {
    if (expected_ == Expected::kNothing) return Progress::kWhole;
    const char c = text.front();
    if (!escape_.empty()) {
      take_escape(c, out);
    } else if (is_in_string_) {
      take_in_string(c, out);
    } else if (!take_scalar(c)) {
      if (!scalar_.empty()) {
        if (!end_scalar(out)) return Progress::kFault;
        continue;
      }
      if (!take_outside(c, out)) return Progress::kFault;
    }
    text.remove_prefix(1);
  }
  return expected_ == Expected::kNothing ? Progress::kWhole : Progress::kMore;
}

bool JsonScanner::take_scalar(char c) {
  const bool may_begin = expected_ == Expected::kValue || expected_ == Expected::kValueOrEnd;
  if (!may_begin || !is_scalar_character(c) || scalar_.size() >= kMaxScalarBytes) return false;
  scalar_ += c;
  return true;
}

bool JsonScanner::end_scalar(std::string& out) {
  const std::string_view word = json_word_of(scalar_);
  if (word.empty() && !is_scalar(scalar_)) return false;
  flush(out);
  out += word.empty() ? std::string_view(scalar_) : word;
  scalar_.clear();
  end_value();
  return true;
}

// A number or word that stands alone ends only where something else begins, so its end is told by
// complete().
void JsonScanner::end_value() {
  expected_ = closers_.empty() ? Expected::kNothing : Expected::kCommaOrEnd;
}

void JsonScanner::flush(std::string& out) {
  if (has_comma_) out += ',';
  has_comma_ = false;
}

bool JsonScanner::take_outside(char c, std::string& out) {
  if (is_blank(c)) return true;
  const bool wants_value = expected_ == Expected::kValue || expected_ == Expected::kValueOrEnd;
  const bool wants_key = expected_ == Expected::kKey || expected_ == Expected::kKeyOrEnd;
  if (c == '"' && (wants_value || wants_key)) {
    flush(out);
    out += c;
    is_in_string_ = true;
    is_key_ = wants_key;
    return true;
  }
  if ((c == '{' || c == '[') && wants_value) return open(c, out);
  if (c == '}' || c == ']') return close(c, out);
  if (c == ':' && expected_ == Expected::kColon) {
    out += c;
    expected_ = Expected::kValue;
    return true;
  }
  if (c == ',' && expected_ == Expected::kCommaOrEnd) {
    has_comma_ = true;
    expected_ = closers_.back() == '}' ? Expected::kKey : Expected::kValue;
    return true;
  }
  return false;
}

bool JsonScanner::open(char bracket, std::string& out) {
  if (closers_.size() >= kMaxDepth) return false;
  flush(out);
  out += bracket;
  closers_.push_back(bracket == '{' ? '}' : ']');
  expected_ = bracket == '{' ? Expected::kKeyOrEnd : Expected::kValueOrEnd;
  return true;
}

// A comma before the end is what models write and JSON forbids; it was held back, and is dropped.
bool JsonScanner::close(char bracket, std::string& out) {
  const bool may_end = expected_ == Expected::kCommaOrEnd || expected_ == Expected::kKeyOrEnd ||
                       expected_ == Expected::kValueOrEnd || has_comma_;
  if (!may_end || closers_.empty() || closers_.back() != bracket) return false;
  has_comma_ = false;
  out += bracket;
  closers_.pop_back();
  end_value();
  return true;
}

void JsonScanner::take_in_string(char c, std::string& out) {
  if (c == '\\') {
    escape_ = c;
  } else if (c == '"') {
    out += c;
    is_in_string_ = false;
    if (is_key_)
      expected_ = Expected::kColon;
    else
      end_value();
  } else if (static_cast<unsigned char>(c) < 0x20) {
    out += escaped_control(c);
  } else {
    out += c;
  }
}

// An escape that JSON does not have stands for its characters.
void JsonScanner::take_escape(char c, std::string& out) {
  constexpr std::string_view kSimple = "\"\\/bfnrt";
  if (escape_.size() == 1 && c == 'u') {
    escape_ += c;
    return;
  }
  if (escape_.size() >= 2 && is_hex(c)) {
    escape_ += c;
    if (escape_.size() < 6) return;
    out += escape_;
    escape_.clear();
    return;
  }
  const std::string begun = std::exchange(escape_, {});
  if (begun.size() == 1 && kSimple.find(c) != std::string_view::npos) {
    out.append(begun).append(1, c);
    return;
  }
  out.append("\\").append(begun);
  take_in_string(c, out);
}

void JsonScanner::complete(std::string& out) {
  if (expected_ == Expected::kNothing) return;
  if (is_in_string_) {
    if (escape_.size() > 1) out.append("\\").append(escape_);
    out += '"';
    expected_ = is_key_ ? Expected::kColon : Expected::kCommaOrEnd;
  }
  if (!scalar_.empty()) end_scalar(out);
  if (expected_ == Expected::kColon) {
    out += ':';
    expected_ = Expected::kValue;
  }
  const bool is_missing = expected_ == Expected::kValue && !has_comma_;
  if (is_missing) out += "null";
  for (; !closers_.empty(); closers_.pop_back()) out += closers_.back();
  expected_ = Expected::kNothing;
}

}  // namespace octavo

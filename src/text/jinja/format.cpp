// Python's `%` on strings.
#include <algorithm>
#include <cmath>

#include "src/text/jinja/builtins.hpp"
#include "src/text/jinja/number_format.hpp"
#include "src/text/utf8.hpp"

namespace octavo::jinja {
namespace {

constexpr std::int64_t kMaxWidth = 1'000'000;

class PercentFormat {
 public:
  PercentFormat(const Text& format, const Value& arguments, Quoting quoting)
      : format_(format), bytes_(format.bytes()), arguments_(arguments), quoting_(quoting) {
    const bool is_tuple = arguments.is_list() && arguments.as_list().is_tuple;
    values_ = is_tuple ? arguments.as_list().items : std::vector<Value>{arguments};
    // What can be subscripted may be left over, because `%(name)s` may ask for its parts.
    const bool is_range = arguments.is_series() && arguments.as_series().kind == SeriesKind::kRange;
    takes_names_ = !is_tuple && (arguments.is_list() || arguments.is_dict() || is_range ||
                                 arguments.is_undefined());
  }

  Text run() {
    Text out;
    for (std::size_t begin = 0; at_ < bytes_.size(); begin = at_) {
      at_ = std::min(bytes_.find('%', at_), bytes_.size());
      out.append(format_.part(begin, at_));
      if (at_ < bytes_.size()) out.append(read_field());
    }
    if (num_used_ < values_.size() && !takes_names_) {
      fail("There are too many values for the format.");
    }
    return out;
  }

 private:
  char peek() const { return at_ < bytes_.size() ? bytes_[at_] : '\0'; }

  const Value& next_value() {
    if (num_used_ >= values_.size()) fail("There are too few values for the format.");
    return values_[num_used_++];
  }

  /// `(name)`, which may hold parentheses.
  Value read_named() {
    if (!arguments_.is_dict()) fail("A format with names needs a dictionary.");
    const std::size_t begin = ++at_;
    for (int depth = 1; depth > 0; ++at_) {
      if (at_ >= bytes_.size()) fail("A format has '(' without ')'.");
      depth += peek() == '(' ? 1 : peek() == ')' ? -1 : 0;
    }
    const std::string name = bytes_.substr(begin, at_ - 1 - begin);
    const Value* value = arguments_.as_dict().find(name);
    if (value == nullptr) fail("The format's field '" + name + "' has no value.");
    num_used_ = values_.size();
    return *value;
  }

  void read_flags(FormatSpec& spec) {
    for (;; ++at_) {
      const char flag = peek();
      if (flag == '-') {
        spec.align = '<';
      } else if (flag == '+' || (flag == ' ' && spec.sign != '+')) {
        spec.sign = flag;
      } else if (flag == '#') {
        spec.is_alternate = true;
      } else if (flag == '0') {
        spec.has_zeros = true;
      } else if (flag != ' ') {
        return;
      }
    }
  }

  std::int64_t read_size() {
    if (peek() == '*') {
      ++at_;
      const std::int64_t size = need_integer(next_value(), "The width of a format");
      return std::clamp(size, -kMaxWidth - 1, kMaxWidth + 1);
    }
    std::int64_t size = 0;
    for (; peek() >= '0' && peek() <= '9'; ++at_) {
      size = std::min(size * 10 + (peek() - '0'), kMaxWidth + 1);
    }
    return size;
  }

  Text read_field() {
    const std::size_t begin = ++at_;
    FormatSpec spec;
    std::optional<Value> named;
    if (peek() == '(') named = read_named();
    read_flags(spec);
    spec.width = read_size();
    if (spec.width < 0) {
      spec.align = '<';
      spec.width = -spec.width;
    }
    if (peek() == '.') {
      ++at_;
      spec.precision = std::max<std::int64_t>(read_size(), 0);
    }
    if (std::max(spec.width, spec.precision.value_or(0)) > kMaxWidth) {
      fail("A width or precision of a format is too large.");
    }
    if (peek() == 'h' || peek() == 'l' || peek() == 'L') ++at_;
    if (at_ >= bytes_.size()) fail("A format is incomplete.");
    spec.type = bytes_[at_++];
    if (spec.type == '%' && at_ - begin == 1) return format_.part(begin, at_);
    return write(named ? *named : next_value(), spec);
  }

  Text write(const Value& value, FormatSpec spec) const {
    const std::string_view types = "srac";
    if (types.find(spec.type) != std::string_view::npos) {
      Text text = spec.type == 's' ? shown(value, quoting_)
                  : spec.type == 'c'
                      ? character(value)
                      : quoted(spec.type == 'r' ? to_repr(value) : to_ascii(to_repr(value)));
      const auto offsets = text.character_offsets();
      if (spec.precision && *spec.precision < static_cast<std::int64_t>(offsets.size()) - 1) {
        text = text.part(0, offsets[static_cast<std::size_t>(*spec.precision)]);
      }
      return pad(text, spec, '>');
    }
    if (!value.is_number()) {
      fail(std::string("'%") + spec.type + "' needs a number, not '" +
           std::string(value.type_name()) + "'.");
    }
    if (spec.has_zeros && spec.align == '\0') {
      spec.align = '=';
      spec.fill = Text("0");
    }
    return pad(format_number(number(value, spec), spec), spec, '>');
  }

  Text quoted(const Text& text) const {
    return quoting_ == Quoting::kHtml ? escape_html(text) : text;
  }

  Text character(const Value& value) const {
    if (value.is_int() || value.is_bool()) return character_of(value.as_int());
    if (!value.is_text() || value.as_text().character_offsets().size() != 2) {
      fail("'%c' needs one character or its number.");
    }
    return value.as_text();
  }

  /// Python cuts floats for the types of decimal integers, and refuses them for the others.
  static Value number(const Value& value, FormatSpec& spec) {
    constexpr std::string_view kIntegers = "diuoxX";
    if (kIntegers.find(spec.type) == std::string_view::npos) {
      constexpr std::string_view kFloats = "eEfFgG";
      if (kFloats.find(spec.type) == std::string_view::npos) {
        fail(std::string("There is no format '%") + spec.type + "'.");
      }
      return Value(value.as_float());
    }
    const bool is_decimal = spec.type == 'd' || spec.type == 'i' || spec.type == 'u';
    if (!is_decimal && value.is_float()) fail("This format needs an integer.");
    if (is_decimal) spec.type = 'd';
    spec.min_digits = spec.precision.value_or(0);
    spec.precision.reset();
    return Value(value.as_integer());
  }

  const Text& format_;
  const std::string& bytes_;
  const Value& arguments_;
  Quoting quoting_;
  std::vector<Value> values_;
  bool takes_names_ = false;
  std::size_t num_used_ = 0;
  std::size_t at_ = 0;
};

}  // namespace

Text format_percent(const Text& format, const Value& arguments, Quoting quoting) {
  return PercentFormat(format, arguments, quoting).run();
}

}  // namespace octavo::jinja

#include <algorithm>
#include <array>

#include "src/text/jinja/builtins.hpp"

namespace octavo::jinja {
namespace {

/// Python's sandbox allows no longer ranges.
constexpr std::int64_t kMaxRange = 100'000;

/// How many items a range has; more than kMaxRange where that is too many to count.
std::int64_t length_of_range(std::int64_t start, std::int64_t stop, std::int64_t step) {
  if (step > 0 ? start >= stop : start <= stop) return 0;
  // Unsigned differences do not overflow.
  const auto low = static_cast<std::uint64_t>(step > 0 ? start : stop);
  const auto high = static_cast<std::uint64_t>(step > 0 ? stop : start);
  const std::uint64_t stride =
      step > 0 ? static_cast<std::uint64_t>(step) : ~static_cast<std::uint64_t>(step) + 1;
  const std::uint64_t length = (high - low - 1) / stride + 1;
  return static_cast<std::int64_t>(std::min<std::uint64_t>(length, kMaxRange + 1));
}

Value call_range(Interpreter& self, const Args& args) {
  if (args.positional.empty() || args.positional.size() > 3 || !args.named.empty()) {
    fail("'range' takes one to three integers.");
  }
  std::vector<std::int64_t> bounds;
  for (const Value& value : args.positional) {
    bounds.push_back(need_integer(value, "A bound of 'range'"));
  }
  const std::int64_t start = bounds.size() > 1 ? bounds[0] : 0;
  const std::int64_t stop = bounds.size() > 1 ? bounds[1] : bounds[0];
  const std::int64_t step = bounds.size() > 2 ? bounds[2] : 1;
  if (step == 0) fail("The step of a range must not be zero.");
  const std::int64_t length = length_of_range(start, stop, step);
  if (length > kMaxRange) fail("A range is too long.");
  self.charge(length);
  return make_range(start, stop, step);
}

Dict read_dict(Interpreter& self, const Args& args) {
  Dict dict;
  if (args.positional.size() > 1) fail("A dictionary is made of one value and of names.");
  for (const Value& value : args.positional) {
    need_defined(value);
    if (value.is_dict()) {
      for (const auto& [key, item] : value.as_dict().items()) dict.set(key, item);
      continue;
    }
    for (const Value& pair : self.items(value)) {
      const std::vector<Value> items = self.items(pair);
      if (items.size() != 2) fail("A dictionary is made of pairs.");
      dict.set(items[0], items[1]);
    }
  }
  for (const auto& [name, value] : args.named) {
    dict.set(Value(Text(name, args.has_trusted_names)), value);
  }
  self.charge(static_cast<std::int64_t>(dict.items().size()));
  return dict;
}

/// Gives its values in turn, over and over.
Value make_cycler(Interpreter&, const Args& args) {
  if (args.positional.empty() || !args.named.empty()) fail("'cycler' needs at least one value.");
  const auto values = std::make_shared<const Value>(make_tuple(args.positional));
  const auto at = std::make_shared<std::size_t>(0);
  Callable cycler;
  cycler.extent = values->extent();
  cycler.spelling = "<Cycler>";
  cycler.attribute = [values, at](std::string_view name) {
    const auto& items = values->as_list().items;
    if (name == "items") return *values;
    if (name == "pos") return Value(static_cast<std::int64_t>(*at));
    if (name == "current") return items[*at];
    if (name == "next") {
      return make_callable([values, at](Interpreter&, const Args&) {
        const auto& all = values->as_list().items;
        return all[std::exchange(*at, (*at + 1) % all.size())];
      });
    }
    if (name != "reset") return Value(Undefined{std::string(name)});
    return make_callable([at](Interpreter&, const Args&) {
      *at = 0;
      return Value(nullptr);
    });
  };
  return Value(std::make_shared<const Callable>(std::move(cycler)));
}

/// Gives nothing the first time, then its separator.
Value make_joiner(Interpreter&, const Args& args) {
  const Bound bound(args, {"sep"});
  const Value separator = bound.get(0) != nullptr ? *bound.get(0) : Value::text(", ");
  const auto is_used = std::make_shared<bool>(false);
  Callable joiner;
  joiner.extent = separator.extent();
  joiner.spelling = "<Joiner>";
  joiner.call = [separator, is_used](Interpreter&, const Args& none) {
    static_cast<void>(Bound(none, {}));
    return std::exchange(*is_used, true) ? separator : Value(Text());
  };
  joiner.attribute = [separator, is_used](std::string_view name) {
    if (name == "sep") return separator;
    return name == "used" ? Value(*is_used) : Value(Undefined{std::string(name)});
  };
  return Value(std::make_shared<const Callable>(std::move(joiner)));
}

Value function(std::string_view spelling, std::function<Value(Interpreter&, const Args&)> call) {
  Callable callable;
  callable.call = std::move(call);
  callable.spelling = spelling;
  return Value(std::make_shared<const Callable>(std::move(callable)));
}

}  // namespace

std::vector<std::pair<std::string, Value>> make_functions(std::string_view now) {
  std::vector<std::pair<std::string, Value>> functions{
      {"range", function("<function range>", call_range)},
      {"dict",
       function("<class 'dict'>",
                [](Interpreter& self, const Args& args) { return Value(read_dict(self, args)); })},
      {"namespace", function("<class 'jinja2.utils.Namespace'>",
                             [](Interpreter& self, const Args& args) {
                               return self.make_namespace(read_dict(self, args));
                             })},
      {"cycler", function("<class 'jinja2.utils.Cycler'>", make_cycler)},
      {"joiner", function("<class 'jinja2.utils.Joiner'>", make_joiner)},
      {"raise_exception", function("<function raise_exception>",
                                   [](Interpreter&, const Args& args) -> Value {
                                     fail(to_text(Bound(args, {"message"}).need(0)).bytes());
                                   })},
  };
  if (!now.empty()) {
    const auto format_now = [clock = std::string(now)](Interpreter&, const Args& args) {
      const Text format = need_text(Bound(args, {"format"}).need(0), "'format'");
      return Value(Text(format_time(clock, format.bytes()), format.is_trusted()));
    };
    functions.emplace_back("strftime_now", function("<function strftime_now>", format_now));
  }
  return functions;
}

bool is_function(std::string_view name) {
  constexpr std::array<std::string_view, 9> kNames{"range",  "dict",   "namespace",
                                                   "cycler", "joiner", "raise_exception",
                                                   "loop",   "caller", "strftime_now"};
  return std::ranges::find(kNames, name) != kNames.end();
}

}  // namespace octavo::jinja

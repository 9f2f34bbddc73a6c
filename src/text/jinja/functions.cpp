#include "src/text/jinja/builtins.hpp"

namespace octavo::jinja {
namespace {

/// Python's sandbox allows no longer ranges.
constexpr std::int64_t kMaxRange = 100'000;

Value make_range(Interpreter& self, const Args& args) {
  if (args.positional.empty() || args.positional.size() > 3 || !args.named.empty()) {
    fail("'range' takes one to three integers.");
  }
  std::vector<std::int64_t> bounds;
  for (const Value& value : args.positional) {
    if (!value.is_int() && !value.is_bool()) fail("'range' takes one to three integers.");
    bounds.push_back(value.as_int());
  }
  const std::int64_t start = bounds.size() > 1 ? bounds[0] : 0;
  const std::int64_t stop = bounds.size() > 1 ? bounds[1] : bounds[0];
  const std::int64_t step = bounds.size() > 2 ? bounds[2] : 1;
  if (step == 0) fail("The step of a range must not be zero.");
  std::vector<Value> items;
  std::int64_t at = start;
  while (step > 0 ? at < stop : at > stop) {
    if (static_cast<std::int64_t>(items.size()) >= kMaxRange) fail("A range is too long.");
    self.charge(1);
    items.emplace_back(at);
    if (__builtin_add_overflow(at, step, &at)) break;
  }
  return Value(std::move(items));
}

Dict read_dict(const Args& args) {
  Dict dict;
  for (const Value& value : args.positional) {
    if (value.is_dict()) {
      for (const auto& [key, item] : value.as_dict().items()) dict.set(key, item);
      continue;
    }
    for (const Value& pair : items_of(value)) {
      const std::vector<Value> items = items_of(pair);
      if (items.size() != 2) fail("A dictionary is made of pairs.");
      dict.set(items[0], items[1]);
    }
  }
  for (const auto& [name, value] : args.named) dict.set(name, value);
  return dict;
}

}  // namespace

std::vector<std::pair<std::string, Value>> make_functions(std::string_view now) {
  std::vector<std::pair<std::string, Value>> functions{
      {"range", make_callable(make_range)},
      {"dict",
       make_callable([](Interpreter&, const Args& args) { return Value(read_dict(args)); })},
      {"namespace", make_callable([](Interpreter& self, const Args& args) {
         return self.make_namespace(read_dict(args));
       })},
      {"raise_exception", make_callable([](Interpreter&, const Args& args) -> Value {
         fail(to_text(Bound(args, {"message"}).need(0)).bytes());
       })},
  };
  if (!now.empty()) {
    const auto format_now = [clock = std::string(now)](Interpreter&, const Args& args) {
      const Text format = to_text(Bound(args, {"format"}).need(0));
      return Value(Text(format_time(clock, format.bytes()), format.is_trusted()));
    };
    functions.emplace_back("strftime_now", make_callable(format_now));
  }
  return functions;
}

}  // namespace octavo::jinja

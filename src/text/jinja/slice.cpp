// Python's object[start:stop:step].
#include <algorithm>

#include "src/text/jinja/builtins.hpp"

namespace octavo::jinja {
namespace {

struct Places {
  std::int64_t start;
  std::int64_t stop;
  std::int64_t step;
};

/// The bounds within a sequence of that length.
Places places_of(const SliceBounds& bounds, std::int64_t length) {
  const std::int64_t step = bounds.step.value_or(1);
  if (step == 0) fail("The step of a slice must not be zero.");
  const std::int64_t lowest = step > 0 ? 0 : -1;
  const std::int64_t highest = step > 0 ? length : length - 1;
  const auto place = [&](std::optional<std::int64_t> at, std::int64_t otherwise) {
    if (!at) return otherwise;
    return std::clamp(*at < 0 ? *at + length : *at, lowest, highest);
  };
  return {place(bounds.start, step > 0 ? lowest : highest),
          place(bounds.stop, step > 0 ? highest : lowest), step};
}

std::vector<std::size_t> indices_of(const Places& places, std::int64_t length) {
  std::vector<std::size_t> indices;
  // Steps beyond the length end after the first element; clamping keeps the sum in range.
  const std::int64_t stride = std::clamp(places.step, -length - 1, length + 1);
  for (std::int64_t i = places.start; stride > 0 ? i < places.stop : i > places.stop; i += stride) {
    indices.push_back(static_cast<std::size_t>(i));
  }
  return indices;
}

Value sliced_text(const Value& object, const SliceBounds& bounds) {
  const Text& text = object.as_text();
  const auto offsets = text.character_offsets();
  const auto length = static_cast<std::int64_t>(offsets.size()) - 1;
  const Places places = places_of(bounds, length);
  Text out;
  if (places.step == 1 && places.start < places.stop) {
    out = text.part(offsets[static_cast<std::size_t>(places.start)],
                    offsets[static_cast<std::size_t>(places.stop)]);
  } else if (places.step != 1) {
    for (const std::size_t i : indices_of(places, length)) {
      out.append(text.part(offsets[i], offsets[i + 1]));
    }
  }
  return as_safe_as(object, std::move(out));
}

/// base + count * step, which has to fit.
std::int64_t place_in_range(std::int64_t base, std::int64_t count, std::int64_t step) {
  std::int64_t place = 0;
  if (__builtin_mul_overflow(count, step, &place) || __builtin_add_overflow(base, place, &place)) {
    fail("A number is too large.");
  }
  return place;
}

Value sliced_range(const Series& range, const SliceBounds& bounds) {
  const Places places = places_of(bounds, static_cast<std::int64_t>(range.items.size()));
  return make_range(place_in_range(range.start, places.start, range.step),
                    place_in_range(range.start, places.stop, range.step),
                    place_in_range(0, range.step, places.step));
}

}  // namespace

Value sliced(Interpreter& interpreter, const Value& object, const SliceBounds& bounds) {
  if (object.is_text()) {
    interpreter.charge(static_cast<std::int64_t>(object.as_text().size()) / 64);
    return sliced_text(object, bounds);
  }
  if (object.is_series() && object.as_series().kind == SeriesKind::kRange) {
    return sliced_range(object.as_series(), bounds);
  }
  const auto& items = object.as_list().items;
  const auto length = static_cast<std::int64_t>(items.size());
  std::vector<Value> out;
  for (const std::size_t i : indices_of(places_of(bounds, length), length)) {
    out.push_back(items[i]);
  }
  interpreter.charge(static_cast<std::int64_t>(out.size()));
  return Value(List{std::move(out), object.as_list().is_tuple, {}});
}

}  // namespace octavo::jinja

#include "src/replay/report/page_template.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <vector>

#include "src/core/error.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

/// Where a tag begins and ends, and what it says.
struct Tag {
  std::size_t begin = 0;
  std::size_t end = 0;
  char kind = ' ';  ///< '#', '^', '/', '>' or ' '.
  std::string_view name;
};

/// The next tag from `from` on; one that begins at the page's end when there is none.
Tag next_tag(std::string_view page, std::size_t from) {
  const std::size_t begin = page.find("{{", from);
  if (begin == std::string_view::npos)
    return {.begin = page.size(), .end = page.size(), .name = {}};
  const std::size_t close = page.find("}}", begin);
  OCTAVO_ASSERT(close != std::string_view::npos);
  std::string_view name = page.substr(begin + 2, close - begin - 2);
  const bool has_kind =
      !name.empty() && std::string_view("#^/>").find(name[0]) != std::string_view::npos;
  const char kind = has_kind ? name[0] : ' ';
  if (has_kind) name.remove_prefix(1);
  return {.begin = begin, .end = close + 2, .kind = kind, .name = name};
}

/// The end of the section that `open` begins.
Tag closing_tag(std::string_view page, const Tag& open) {
  int depth = 1;
  Tag tag = open;
  while (depth > 0) {
    tag = next_tag(page, tag.end);
    OCTAVO_ASSERT(tag.begin < page.size());
    if (tag.name != open.name) continue;
    if (tag.kind == '/') --depth;
    if (tag.kind == '#' || tag.kind == '^') ++depth;
  }
  return tag;
}

class Filling {
 public:
  Filling(const TemplateFiles& files, std::string& out) : files_(files), out_(out) {}

  void fill(std::string_view page, const json::value& values) {
    scopes_.push_back(&values);
    fill(page);
    scopes_.pop_back();
  }

 private:
  void fill(std::string_view page) {
    for (std::size_t at = 0; at < page.size();) {
      const Tag tag = next_tag(page, at);
      out_ += page.substr(at, tag.begin - at);
      at = tag.end;
      if (tag.begin == page.size()) return;
      if (tag.kind == '#' || tag.kind == '^') {
        const Tag close = closing_tag(page, tag);
        fill_section(tag, page.substr(tag.end, close.begin - tag.end));
        at = close.end;
      } else if (tag.kind == '>') {
        fill(files_(tag.name));
      } else {
        write(find(tag.name));
      }
    }
  }

  void fill_section(const Tag& tag, std::string_view body) {
    const json::value* value = find(tag.name);
    if (tag.kind == '^') {
      if (!counts(value)) fill(body);
    } else if (value != nullptr && value->is_array()) {
      for (const json::value& item : value->get_array()) fill(body, item);
    } else if (counts(value)) {
      fill(body, *value);
    }
  }

  static bool counts(const json::value* value) {
    if (value == nullptr || value->is_null()) return false;
    if (value->is_bool()) return value->get_bool();
    if (value->is_string()) return !value->get_string().empty();
    return !value->is_array() || !value->get_array().empty();
  }

  const json::value* find(std::string_view name) const {
    if (name == ".") return scopes_.back();
    for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
      if (!(*scope)->is_object()) continue;
      if (const json::value* found = (*scope)->get_object().if_contains(name)) return found;
    }
    return nullptr;
  }

  void write(const json::value* value) {
    OCTAVO_ASSERT(value != nullptr);
    out_ += escaped_html(value->is_string() ? std::string_view(value->get_string())
                                            : std::string_view(json::serialize(*value)));
  }

  const TemplateFiles& files_;
  std::string& out_;
  std::vector<const json::value*> scopes_;
};

}  // namespace

std::string fill_template(std::string_view page, const boost::json::object& values,
                          const TemplateFiles& files) {
  std::string out;
  Filling(files, out).fill(page, json::value(values));
  return out;
}

std::string escaped_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

}  // namespace octavo

// The filters that know HTML. Nothing is escaped by itself; what is safe stays as it is.
#include <set>

#include "src/text/jinja/filters.hpp"
#include "src/text/jinja/markup.hpp"
#include "src/text/jinja/unicode_case.hpp"
#include "src/text/utf8.hpp"

namespace octavo::jinja {
namespace {

using Interp = Interpreter;

Value safe(Text text) {
  Value value(std::move(text));
  value.mark_safe();
  return value;
}

Value filter_safe(Interp&, const Value& input, const Args& args) {
  static_cast<void>(Bound(args, {}));
  return safe(to_text(input));
}

Value filter_escape(Interp&, const Value& input, const Args& args) {
  static_cast<void>(Bound(args, {}));
  return safe(shown(input, Quoting::kHtml));
}

Value filter_forceescape(Interp&, const Value& input, const Args& args) {
  static_cast<void>(Bound(args, {}));
  return safe(escape_html(to_text(input)));
}

Value filter_striptags(Interp&, const Value& input, const Args& args) {
  static_cast<void>(Bound(args, {}));
  return Value(strip_tags(to_text(input)));
}

/// key="value" for each entry that has a value.
Value filter_xmlattr(Interp& self, const Value& input, const Args& args) {
  const Bound bound(args, {"autospace"});
  if (!input.is_dict()) fail("'xmlattr' needs a dictionary.");
  Text out;
  for (const Value& pair : self.items(make_view(input.as_dict(), SeriesKind::kItems))) {
    const Value& key = pair.as_list().items[0];
    const Value& value = pair.as_list().items[1];
    if (value.is_none() || value.is_undefined()) continue;
    const std::string& name = need_text(key, "The name of an attribute").bytes();
    if (name.find_first_of(" \t\n\r\f\v/>=") != std::string::npos) {
      fail("The name of an attribute has a character that it must not have.");
    }
    if (!out.empty()) out.append(" ", true);
    out.append(shown(key, Quoting::kHtml));
    out.append("=\"", true);
    out.append(shown(value, Quoting::kHtml));
    out.append("\"", true);
  }
  if (out.empty() || !bound.flag(0, true)) return Value(std::move(out));
  Text spaced(" ");
  spaced.append(out);
  return Value(std::move(spaced));
}

/// The words of rel and those that Jinja adds, each once and in order.
Text rel_attribute(const Value* rel, bool is_nofollow) {
  std::vector<Text> words;
  if (rel != nullptr && rel->is_true()) words = split_words(need_text(*rel, "'rel'"), -1, false);
  if (is_nofollow) words.emplace_back("nofollow");
  words.emplace_back("noopener");
  std::ranges::stable_sort(words, {}, [](const Text& word) { return word.bytes(); });
  const auto is_same = [](const Text& a, const Text& b) { return a.bytes() == b.bytes(); };
  words.erase(std::unique(words.begin(), words.end(), is_same), words.end());
  Text out(" rel=\"");
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out.append(" ", true);
    out.append(escape_html(words[i]));
  }
  out.append("\"", true);
  return out;
}

Value filter_urlize(Interp& self, const Value& input, const Args& args) {
  const Bound bound(args, {"trim_url_limit", "nofollow", "target", "rel", "extra_schemes"});
  LinkOptions options;
  if (bound.get(0) != nullptr && !bound.get(0)->is_none()) options.trim_limit = *bound.get(0);
  options.attributes = rel_attribute(bound.get(3), bound.flag(1, false));
  if (bound.get(2) != nullptr && bound.get(2)->is_true()) {
    options.attributes.append(" target=\"", true);
    options.attributes.append(shown(*bound.get(2), Quoting::kHtml));
    options.attributes.append("\"", true);
  }
  if (bound.get(4) != nullptr && !bound.get(4)->is_none()) {
    for (const Value& scheme : self.items(*bound.get(4))) {
      const Text& text = need_text(scheme, "A scheme");
      if (!is_scheme(text.bytes())) fail("'" + text.bytes() + "' is no scheme such as 'ftp://'.");
      options.extra_schemes.push_back(text);
    }
  }
  return Value(make_links(shown(input, Quoting::kHtml), options));
}

constexpr std::array<Named<FilterFunction>, 7> kFilters{{
    {"safe", filter_safe},
    {"escape", filter_escape},
    {"e", filter_escape},
    {"forceescape", filter_forceescape},
    {"striptags", filter_striptags},
    {"xmlattr", filter_xmlattr},
    {"urlize", filter_urlize},
}};

}  // namespace

FilterFunction find_markup_filter(std::string_view name) { return find_in(kFilters, name); }

}  // namespace octavo::jinja

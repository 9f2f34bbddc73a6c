// Addresses in a text, and links around them.
#include <array>

#include "src/text/jinja/builtins.hpp"
#include "src/text/jinja/fault.hpp"
#include "src/text/jinja/markup.hpp"
#include "src/text/jinja/unicode_case.hpp"
#include "src/text/regex.hpp"
#include "src/text/utf8.hpp"

namespace octavo::jinja {
namespace {

octavo::text::Regex compiled(const std::string& pattern) {
  auto regex = octavo::text::Regex::compile(pattern);
  if (!regex) fail(regex.error().message());
  return *regex;
}

bool matches(const octavo::text::Regex& regex, std::string_view text) {
  bool is_whole = false;
  const bool is_known = regex.for_each_match(text, [&](octavo::text::ByteRange range) {
    is_whole = is_whole || (range.begin == 0 && range.end == text.size());
  });
  return is_known && is_whole;
}

bool is_web_address(std::string_view text) {
  static const octavo::text::Regex kAddress = compiled(
      // A scheme or `www.` before any domain; a domain that is well known; numbers of hosts.
      R"(\A(?i)(?:(?:https?://|www\.)(?:[\w%-]+\.)*(?:[a-z]{2,63}|xn--[\w%]{2,59}))"
      R"(|(?:[\w%-]{2,63}\.)+(?:com|net|int|edu|gov|org|info|mil))"
      R"(|https?://(?:\d{1,3}(?:\.\d{1,3}){3}|\[(?:[\da-f]{0,4}:){2}(?:[\da-f]{0,4}:?){1,6}\])))"
      // A port, and a path, query or fragment.
      R"((?::\d{1,5})?(?:[/?#]\S*)?\z)");
  return matches(kAddress, text);
}

bool is_mail_address(std::string_view text) {
  static const octavo::text::Regex kAddress = compiled(R"(\A\S+@\w[\w.-]*\.\w+\z)");
  return matches(kAddress, text);
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t num = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos;
       at = text.find(part, at + part.size())) {
    ++num;
  }
  return num;
}

/// A word: punctuation, what may be an address, punctuation. Offsets into the word.
struct Word {
  std::size_t begin = 0;
  std::size_t end = 0;
};

Word middle_of(std::string_view text) {
  Word word{0, text.size()};
  while (word.begin < word.end) {
    const std::string_view rest = text.substr(word.begin);
    const std::size_t size = rest[0] == '(' || rest[0] == '<' ? 1
                             : rest.starts_with("&lt;")       ? 4
                                                              : 0;
    if (size == 0) break;
    word.begin += size;
  }
  while (word.end > word.begin) {
    const std::string_view rest = text.substr(word.begin, word.end - word.begin);
    const bool is_mark = std::string_view(")>.,\n").find(rest.back()) != std::string_view::npos;
    const std::size_t size = is_mark ? 1 : rest.ends_with("&gt;") ? 4 : 0;
    if (size == 0) break;
    word.end -= size;
  }
  // Brackets that are open within the address close within it.
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kPairs{
      {{"(", ")"}, {"<", ">"}, {"&lt;", "&gt;"}}};
  for (const auto& [open, close] : kPairs) {
    const std::string_view middle = text.substr(word.begin, word.end - word.begin);
    const std::size_t num_open = count(middle, open);
    if (num_open <= count(middle, close)) continue;
    const std::size_t num_moved = std::min(num_open, count(text.substr(word.end), close));
    for (std::size_t i = 0; i < num_moved; ++i)
      word.end = text.find(close, word.end) + close.size();
  }
  return word;
}

class Links {
 public:
  explicit Links(const LinkOptions& options) : options_(options) {}

  /// The link of an address, or the address itself where it is none.
  Text link(const Text& address) const {
    const std::string& bytes = address.bytes();
    if (is_web_address(bytes)) {
      const bool has_scheme = bytes.starts_with("https://") || bytes.starts_with("http://");
      return anchor(has_scheme ? "" : "https://", address, options_.attributes, trimmed(address));
    }
    if (bytes.starts_with("mailto:")) {
      const Text mail = address.part(7, address.size());
      if (is_mail_address(mail.bytes())) return anchor("", address, {}, mail);
    }
    const bool may_be_mail = bytes.find('@') != std::string::npos && !bytes.starts_with("www.") &&
                             !bytes.starts_with('@') && bytes.find(':') == std::string::npos;
    if (may_be_mail && is_mail_address(bytes)) return anchor("mailto:", address, {}, address);
    Text out = address;
    for (const Text& scheme : options_.extra_schemes) {
      const bool has_scheme =
          out.bytes() != scheme.bytes() && out.bytes().starts_with(scheme.bytes());
      if (has_scheme) out = anchor("", out, options_.attributes, out);
    }
    return out;
  }

 private:
  static Text anchor(std::string_view prefix, const Text& address, const Text& attributes,
                     const Text& shown) {
    Text out("<a href=\"");
    out.append(prefix, true);
    out.append(address);
    out.append("\"", true);
    out.append(attributes);
    out.append(">", true);
    out.append(shown);
    out.append("</a>", true);
    return out;
  }

  Text trimmed(const Text& address) const {
    const auto offsets = address.character_offsets();
    const auto length = static_cast<std::int64_t>(offsets.size()) - 1;
    if (!options_.trim_limit) return address;
    const std::int64_t limit = need_integer(*options_.trim_limit, "'trim_url_limit'");
    if (length <= limit) return address;
    // A negative limit counts from the end, as every bound of Python's.
    const std::int64_t end = limit < 0 ? std::max<std::int64_t>(length + limit, 0) : limit;
    Text out = address.part(0, offsets[static_cast<std::size_t>(end)]);
    out.append("...", true);
    return out;
  }

  const LinkOptions& options_;
};

}  // namespace

bool is_scheme(std::string_view text) {
  static const octavo::text::Regex kScheme = compiled(R"(\A[\w.+-]{2,}:(?:/){0,2}\z)");
  return matches(kScheme, text);
}

Text make_links(const Text& escaped, const LinkOptions& options) {
  const Links links(options);
  const std::string_view bytes = escaped.bytes();
  Text out;
  for (std::size_t at = 0; at < bytes.size();) {
    const bool blank = is_blank(octavo::read_utf8(bytes.substr(at)).character);
    std::size_t end = at;
    while (end < bytes.size()) {
      const auto unit = octavo::read_utf8(bytes.substr(end));
      if (is_blank(unit.character) != blank) break;
      end += unit.length;
    }
    if (blank) {
      out.append(escaped.part(at, end));
    } else {
      const Word word = middle_of(bytes.substr(at, end - at));
      out.append(escaped.part(at, at + word.begin));
      out.append(links.link(escaped.part(at + word.begin, at + word.end)));
      out.append(escaped.part(at + word.end, end));
    }
    at = end;
  }
  return out;
}

}  // namespace octavo::jinja

// The pieces of a vocabulary are written in an alphabet of their own: says which bytes each stands
// for, once, at load, so that decoding is only putting bytes together.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace octavo {
class JsonReader;
}

namespace octavo::text {

/// What the decoder takes off the front of a whole text: at most `count` times `character`.
struct LeadingStrip {
  std::string character;
  int count = 0;
};

class PieceDecoder {
 public:
  /// spec: the member `decoder` of a tokenizer.json. Only decoders that work piece by piece, apart
  /// from a strip at the start of the text, are supported. Throws `Error`.
  static PieceDecoder parse(const boost::json::value& spec);

  std::string bytes_of(std::string_view piece) const;
  const LeadingStrip& leading_strip() const { return leading_strip_; }

 private:
  struct ByteLevel {};
  struct ByteFallback {};
  struct Replace {
    std::string from;
    std::string to;
  };
  struct Strip {
    std::string character;
    int start = 0;
    int stop = 0;
  };
  using Step = std::variant<ByteLevel, ByteFallback, Replace, Strip>;

  void add(const boost::json::value& spec);
  void add_strip(JsonReader& part);
  void add_metaspace(JsonReader& part);

  std::vector<Step> steps_;
  bool is_fused_ = false;
  LeadingStrip leading_strip_;
};

}  // namespace octavo::text

// Calls as JSON: {"name": "f", "arguments": {...}}, or a list of such objects. Models vary the
// names of the members and their order, and some put both into a member `function`.
#pragma once

#include <optional>
#include <string>

#include "src/output/argument_stream.hpp"

namespace octavo {

class JsonCallReader final : public CallReader {
 public:
  ReadProgress read(std::string_view& text, bool is_last, OutputItems& items) override;

 private:
  enum class Place : std::uint8_t {
    kBegin,      ///< Before an object.
    kMember,     ///< Before a name of a member, or the object's end.
    kKey,        ///< In that name.
    kColon,      ///< After it.
    kValue,      ///< Before a value.
    kCaptured,   ///< In one that is read as a whole.
    kArguments,  ///< In the arguments, which go on as they come.
    kBetween,    ///< After an object.
  };

  ReadProgress step(std::string_view& text, bool is_last, OutputItems& items);
  ReadProgress take_mark(std::string_view& text, OutputItems& items);
  ReadProgress capture(std::string_view& text, Place next);
  ReadProgress end_member(OutputItems& items);
  ReadProgress begin_value(std::string_view& text, OutputItems& items);
  ReadProgress end_object(OutputItems& items);
  void begin_call(OutputItems& items);
  void end_early(OutputItems& items);
  static void end_call(bool is_broken, OutputItems& items);

  Place place_ = Place::kBegin;
  bool is_list_ = false;
  int depth_ = 0;  ///< Objects that are open.
  std::string key_;
  std::string captured_;
  JsonScanner scanner_;  ///< Of the key, or of the value that is captured.
  std::optional<std::string> name_;
  std::string early_arguments_;  ///< Came before the name, or as a string.
  bool has_begun_ = false;
  ArgumentStream arguments_;
};

}  // namespace octavo

// gpt-oss writes its answer as messages with headers, each on a channel: `analysis` is what it
// thinks, `final` what it says, and `commentary` to a function is a call.
#pragma once

#include "src/output/argument_stream.hpp"
#include "src/output/output_parser.hpp"

namespace octavo {

class HarmonyParser final : public OutputParser {
 private:
  enum class Place : std::uint8_t { kHeader, kBody, kBetween };

  bool step(bool is_last, OutputItems& items) override;
  bool take_header(bool is_last, OutputItems& items);
  bool take_body(bool is_last, OutputItems& items);
  void take_content(std::string_view text, bool is_last, OutputItems& items);
  void begin_body(std::string_view header, OutputItems& items);

  Place place_ = Place::kHeader;  ///< The prompt has ended with <|start|>assistant.
  ItemKind kind_ = ItemKind::kMessage;
  bool are_arguments_over_ = false;
  ArgumentStream arguments_;
};

}  // namespace octavo

// Text is wanted while its tokens still come: runs the steps of a decoder piece by piece, and holds
// back only what a step cannot know yet.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "src/text/piece_decoder.hpp"

namespace octavo::text {

/// The decoder must outlive it. What comes out is what the decoder makes of all pieces together.
class DecodeStream {
 public:
  /// begins_text: the first piece is the first of its text; else it follows others.
  DecodeStream(const PieceDecoder& decoder, bool begins_text);

  /// Appends to out the text that a piece makes certain: whole characters.
  void append(std::string_view piece, std::string& out);
  /// Appends what is held back. Bytes that are no character become U+FFFD.
  void finish(std::string& out);

 private:
  /// A piece as it goes from step to step, or a part of one.
  struct Part {
    std::string_view text;
    bool begins = true;
    bool ends = true;
  };
  struct State {
    std::string held;
    bool is_open = false;  ///< A piece has begun and not ended.
    bool is_first = true;  ///< The piece at hand is the first of the text.
    int strips_left = 0;   ///< How many more characters may vanish at the front of the piece.
  };

  void take(std::size_t step, Part part, std::string& out);
  void take_bytes(std::size_t step, std::string_view bytes, std::string& out);
  void take_fallback(std::size_t step, Part part, std::string& out);
  void take_replace(std::size_t step, const ReplaceStep& replace, Part part, std::string& out);
  void take_strip(std::size_t step, const StripStep& sides, Part part, std::string& out);
  void take_metaspace(std::size_t step, const MetaspaceStep& metaspace, Part part,
                      std::string& out);
  void close(std::size_t step, std::string& out);
  static std::string whole_characters(State& state, std::string_view bytes);

  const PieceDecoder* decoder_;
  bool begins_text_;
  std::vector<State> states_;  ///< One for each step.
};

}  // namespace octavo::text

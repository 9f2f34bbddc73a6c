#include "tests/text/judged.hpp"

#include <boost/json.hpp>

#include "src/text/decode_stream.hpp"
#include "src/text/normalizer.hpp"
#include "src/text/pre_tokenizer.hpp"
#include "tests/support/byte_tokenizer.hpp"

namespace octavo::testing {
namespace {

namespace json = boost::json;

std::string text_in(const json::object& item, const char* name) {
  return json::value_to<std::string>(item.at(name));
}

json::object split(const json::object& item) {
  const std::string text = text_in(item, "text");
  const auto pre_tokenizer = text::PreTokenizer::parse(item.at("pre_tokenizer"));
  json::array pieces;
  for (const auto piece : pre_tokenizer.split(text, 0).views) pieces.emplace_back(piece);
  return {{"pieces", std::move(pieces)}};
}

json::object normalized(const json::object& item) {
  return {
      {"text", text::Normalizer::parse(item.at("normalizer")).apply(text_in(item, "text")).text}};
}

json::object decoded(const json::object& item) {
  const auto decoder = text::PieceDecoder::parse(item.at("decoder"));
  text::DecodeStream stream(decoder, true);
  std::string text;
  for (const auto& piece : item.at("pieces").as_array()) stream.append(piece.as_string(), text);
  stream.finish(text);
  return {{"text", text}};
}

json::object with_tokenizer(const json::object& item) {
  const auto tokenizer = tokenizer_of(item.at("tokenizer").as_object());
  if (const json::value* ids = item.if_contains("ids")) {
    return {{"text", tokenizer->decode(json::value_to<std::vector<TokenId>>(*ids), true)}};
  }
  const auto ids = tokenizer->encode(text_in(item, "text"), true);
  if (!ids) throw Error(ids.error());
  return {{"ids", json::array(ids->begin(), ids->end())}};
}

}  // namespace

json::object answer_to(const json::object& item) {
  try {
    if (item.contains("pre_tokenizer")) return split(item);
    if (item.contains("normalizer")) return normalized(item);
    return item.contains("decoder") ? decoded(item) : with_tokenizer(item);
  } catch (const Error& error) {
    return {{"refuses", error.detail}};
  } catch (const std::runtime_error& error) {
    return {{"refuses", error.what()}};
  }
}

}  // namespace octavo::testing

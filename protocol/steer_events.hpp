// A client that sends `response.steer` must know whether its input is lost. It gets `accepted`,
// after which the server owns the input, or `failed` with the input given back. The successor's
// response.created is the point from which the input is part of the conversation.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "src/response/steer.hpp"

namespace octavo {

/// Why a steer fails; the names are the standard's, but for the last.
enum class SteerFault : std::uint8_t {
  kResponseNotFound,
  kInvalidInput,
  kNotSupported,
  kTooManyPending,
  kSuccessorFailed,
  kServerDraining,
};

/// sequence_number: the next of the response that the client named.
std::string steer_accepted(const Steer& steer, std::int64_t sequence_number);
std::string steer_failed(const Steer& steer, SteerFault fault, std::string_view message,
                         std::int64_t sequence_number);

}  // namespace octavo

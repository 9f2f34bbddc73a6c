#include "src/core/request.hpp"

namespace octavo {

std::string_view name_of(FinishReason reason) {
  switch (reason) {
    case FinishReason::kStop:
      return "stop";
    case FinishReason::kLength:
      return "length";
    case FinishReason::kSteered:
      return "steered";
    case FinishReason::kCancelled:
      return "cancelled";
    case FinishReason::kDeadline:
      return "deadline";
    case FinishReason::kError:
      return "error";
  }
  return "?";
}

std::string_view name_of(CancelReason reason) {
  switch (reason) {
    case CancelReason::kClientGone:
      return "client_gone";
    case CancelReason::kClientCancelled:
      return "client_cancelled";
    case CancelReason::kStopMatched:
      return "stop_matched";
    case CancelReason::kSlowConsumer:
      return "slow_consumer";
    case CancelReason::kDeadline:
      return "deadline";
    case CancelReason::kShutdown:
      return "shutdown";
    case CancelReason::kSteered:
      return "steered";
  }
  return "?";
}

}  // namespace octavo

// A value or an `Error`: what every fallible function returns.
#pragma once

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>
#include <stdexcept>

#include "src/core/error.hpp"

namespace octavo {

template <class T>
using Result = boost::system::result<T, Error>;

/// Makes `.value()` on a failed result throw something readable.
[[noreturn]] inline void throw_exception_from_error(const Error& error,
                                                    const boost::source_location&) {
  throw std::runtime_error(error.message());
}

}  // namespace octavo

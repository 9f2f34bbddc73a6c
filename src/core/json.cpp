// The one translation unit that holds Boost.JSON's implementation.

// g++ 12 warns of memory that the library has in fact set.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wdangling-pointer"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include <boost/json/src.hpp>

// The one translation unit that holds the implementation of Asio.
#include <boost/asio/impl/src.hpp>

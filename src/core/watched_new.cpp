// The allocator of the standard library, which asks the thread's AllocationWatch first. All other
// forms of new call this one. It is an object of its own, since whoever links it has it everywhere.
#include <cstdlib>
#include <new>

#include "src/core/allocation_watch.hpp"

void* operator new(std::size_t num_bytes) {
  if (octavo::AllocationWatch* watch = octavo::detail::allocation_watch; watch != nullptr)
    watch->before_allocation(num_bytes);
  while (true) {
    if (void* bytes = std::malloc(num_bytes == 0 ? 1 : num_bytes)) return bytes;
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) throw std::bad_alloc();
    handler();
  }
}

void operator delete(void* bytes) noexcept { std::free(bytes); }
void operator delete(void* bytes, std::size_t) noexcept { std::free(bytes); }

// Chooses the instruction set of a vectorised function per call site, not per process, so that
// tests can hold several backends side by side. For files that compile themselves once per Highway
// target.
#pragma once

#include <cstdint>
#include <iterator>

#include "hwy/highway.h"

namespace octavo::kernels::cpu {

/// Index into one of Highway's dispatch tables of `size` entries for one bit of `HWY_TARGETS`.
inline std::size_t dispatch_index(std::size_t size, std::int64_t target) {
  if (size == 1) return 0;  // compiled for a single target
  hwy::ChosenTarget chosen;
  chosen.Update(target);
  return chosen.GetIndex();
}

}  // namespace octavo::kernels::cpu

/// The function exported by HWY_EXPORT(function) for `target`.
#define OCTAVO_DISPATCH(function, target)                                \
  (*HWY_DISPATCH_TABLE(function)[::octavo::kernels::cpu::dispatch_index( \
      std::size(HWY_DISPATCH_TABLE(function)), target)])

/// The end of a file that compiles itself once per Highway target, inside of `#if HWY_ONCE`:
/// defines `Kernels function(std::int64_t target)`, which answers what `make()`, a function of the
/// file without arguments, answers for that target.
#define OCTAVO_EXPORT_KERNELS(Kernels, function, make)                              \
  namespace octavo::kernels::cpu {                                                  \
  namespace {                                                                       \
  HWY_EXPORT(make);                                                                 \
  }                                                                                 \
  Kernels function(std::int64_t target) { return OCTAVO_DISPATCH(make, target)(); } \
  }

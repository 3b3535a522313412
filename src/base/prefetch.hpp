#pragma once

#include <cstddef>

namespace tagwerk::base {

/// Work on items that lie anywhere in memory is mostly waiting for memory, unless what comes so
/// many items later is asked for already. Found by measuring: fewer is too late, more pushes itself
/// out.
inline constexpr std::size_t kPrefetchAhead = 12;

inline constexpr std::size_t kCacheLine = 64;

/// Asks for every cache line of an object that will be read soon; does nothing else.
template <class Object>
void prefetch(const Object& object) {
  const auto* bytes = reinterpret_cast<const char*>(&object);
  for (std::size_t at = 0; at < sizeof(Object); at += kCacheLine)
    __builtin_prefetch(bytes + at, 0);
}

/// The same for one that will be changed: other cores that have a line give it up now, not at the
/// store. The compiler has this instruction only for processors it is told of; every 64-bit one
/// takes it, the oldest as doing nothing.
template <class Object>
void prefetch_to_change(const Object& object) {
  const auto* bytes = reinterpret_cast<const char*>(&object);
  for (std::size_t at = 0; at < sizeof(Object); at += kCacheLine)
#if defined(__x86_64__)
    asm volatile("prefetchw %0" : : "m"(bytes[at]));
#else
    __builtin_prefetch(bytes + at, 1);
#endif
}

}  // namespace tagwerk::base

#pragma once

namespace tagwerk::base {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif
#else
inline constexpr bool kSanitized = false;
#endif

/// How many of something a test takes: fewer under a sanitizer, where more would find nothing else.
constexpr int many(int otherwise, int sanitized) {
  return kSanitized ? sanitized : otherwise;
}

}  // namespace tagwerk::base

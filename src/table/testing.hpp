#pragma once

#include <string>
#include <unistd.h>

#include "table/writer.hpp"

/// For the tests beside it: a table of this test process, gone with the object, and its System V
/// segment.
namespace tagwerk::table::testing {

class TestInstance {
 public:
  explicit TestInstance(std::string_view test)
      : name_(fmt::format("test-{}-{}", test, ::getpid())) {
    remove();
  }
  ~TestInstance() { remove(); }
  TestInstance(const TestInstance&) = delete;
  TestInstance& operator=(const TestInstance&) = delete;

  const std::string& name() const { return name_; }
  std::string path() const { return "/dev/shm/tagwerk." + name_; }
  /// One of its own, so that tests may run side by side.
  SysvKey key() const { return static_cast<SysvKey>(hash_path(name_)) | 1U; }
  WriterOptions with_key(WriterOptions options) const {
    options.sysv_key = key();
    return options;
  }

 private:
  void remove() const {
    ::unlink(path().c_str());
    if (auto segment = SysvSegment::open_to_read(key())) (void)segment->remove();
  }

  std::string name_;
};

inline constexpr WriterOptions kSmall{.slot_capacity = 64, .area_bytes = 64 * 1024};

inline UtcTime at_s(std::int64_t seconds) {
  return UtcTime{std::chrono::seconds{seconds}};
}

}  // namespace tagwerk::table::testing

#pragma once

#include <string>
#include <unistd.h>

#include "table/writer.hpp"

/// For the tests beside it: a table of this test process, gone with the object.
namespace tagwerk::table::testing {

class TestInstance {
 public:
  explicit TestInstance(std::string_view test)
      : name_(fmt::format("test-{}-{}", test, ::getpid())) {
    ::unlink(path().c_str());
  }
  ~TestInstance() { ::unlink(path().c_str()); }
  TestInstance(const TestInstance&) = delete;
  TestInstance& operator=(const TestInstance&) = delete;

  const std::string& name() const { return name_; }
  std::string path() const { return "/dev/shm/tagwerk." + name_; }

 private:
  std::string name_;
};

inline constexpr WriterOptions kSmall{.slot_capacity = 64, .area_bytes = 64 * 1024};

inline UtcTime at_s(std::int64_t seconds) {
  return UtcTime{std::chrono::seconds{seconds}};
}

}  // namespace tagwerk::table::testing

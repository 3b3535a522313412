#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "model/faults.hpp"

namespace tagwerk::model {

/// What the mapping describes, for messages: "tag '/Plant/Level'".
struct Subject {
  std::string_view kind;
  std::string_view name;
};

/// Reads a mapping key by key, says what is wrong with each and, at finish(), which keys nobody
/// knows. An entry that is absent or null leaves the target as it is.
/// Limits: 24 keys
class NodeReader {
 public:
  /// `templated`: a scalar with `{…}` is accepted for every kind of value and not read.
  NodeReader(const Node& body, Subject subject, Faults& faults, bool templated = false);

  /// The entry, marked as known; null when absent.
  const Node* take(std::string_view key);
  void text(std::string_view key, std::string& out, std::size_t max_bytes);
  void number(std::string_view key, double& out);
  /// A whole number from 1 to `most`.
  void count(std::string_view key, std::uint32_t& out, std::uint32_t most);
  void boolean(std::string_view key, bool& out);
  /// Above zero.
  void duration(std::string_view key, std::optional<Duration>& out);
  /// One of the words; gives its index.
  std::optional<std::size_t> word(std::string_view key, std::span<const std::string_view> words);
  /// Says that the key is missing when it is; returns whether it is there.
  bool require(std::string_view key, std::string_view remedy);
  /// Keys that a later version will know: a fault that says so.
  void not_available(std::span<const std::string_view> keys);
  void finish();

  /// A scalar whose value is only known when its parameters are.
  bool is_open(const Node& node) const;
  template <class... Args>
  void fault(const Node& at, fmt::format_string<Args...> format, Args&&... args) {
    faults_.add(at, "{} '{}': {}", subject_.kind, subject_.name,
                fmt::format(format, std::forward<Args>(args)...));
  }
  const Node& body() const { return body_; }
  const Subject& subject() const { return subject_; }
  Faults& faults() { return faults_; }

 private:
  const Node* scalar(std::string_view key, std::string_view wanted);

  const Node& body_;
  Subject subject_;
  Faults& faults_;
  bool templated_;
  std::array<std::string_view, 24> known_{};
  std::size_t known_count_ = 0;
  std::size_t found_ = 0;
};

}  // namespace tagwerk::model

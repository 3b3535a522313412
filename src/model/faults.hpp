#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "model/document.hpp"

namespace tagwerk::model {

/// A fault and the definition it belongs to, so that a form can show it at its field.
struct ProjectFault {
  std::string kind;  ///< "type", "connector", "object", "tag"
  std::string name;  ///< name or path
  std::string key;   ///< "source.address"; empty = the definition as a whole
  Error error;
};

/// Collects every fault of a file instead of stopping at the first.
class Faults {
 public:
  explicit Faults(std::string file) : file_(std::move(file)) {}

  template <class... Args>
  void add(const Node& at, fmt::format_string<Args...> format, Args&&... args) {
    add_error(Error{ErrorCode::invalid_argument, fmt::format(format, std::forward<Args>(args)...),
                    place(at)});
  }
  void add_error(Error error) {
    if (errors_.size() < kMost) errors_.push_back(std::move(error));
    ++count_;
  }

  std::optional<base::SourceLocation> place(const Node& at) const {
    if (file_.empty() && at.line == 0) return std::nullopt;
    return base::SourceLocation{file_, at.line, at.column};
  }
  const std::string& file() const { return file_; }
  /// All that were found, also those beyond the kMost that are kept.
  std::size_t count() const { return count_; }
  const std::vector<Error>& errors() const { return errors_; }
  std::vector<Error> take() { return std::move(errors_); }

  static constexpr std::size_t kMost = 1000;

 private:
  std::string file_;
  std::vector<Error> errors_;
  std::size_t count_ = 0;
};

}  // namespace tagwerk::model

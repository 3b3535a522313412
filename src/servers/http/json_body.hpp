#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/access.hpp"
#include "model/document.hpp"

namespace tagwerk::servers::http {

/// The members of a JSON object from a client. Reads on after a fault; finish() tells the first
/// one, also a member nobody asked for.
/// Threads: one
class BodyFields {
 public:
  /// The node must outlive this.
  explicit BodyFields(const model::Node& object);

  std::string text(std::string_view name);
  std::optional<std::string> optional_text(std::string_view name);
  std::optional<bool> optional_bool(std::string_view name);
  std::optional<double> optional_number(std::string_view name);
  std::optional<std::int64_t> optional_integer(std::string_view name);
  /// RFC 3339.
  std::optional<UtcTime> optional_time(std::string_view name);
  /// Null when missing or no list.
  const model::Node* list(std::string_view name);
  /// Null when missing; a fault when it is there and no list.
  const model::Node* optional_list(std::string_view name);
  /// The caller reads this member himself.
  void allow(std::string_view name);

  /// Fails: invalid_argument, naming the member
  Status finish();

 private:
  const model::Node* take(std::string_view name);
  void refuse(std::string_view name, std::string_view expected);

  const model::Node& object_;
  std::vector<std::string_view> taken_;
  std::string fault_;
};

/// A value as JSON has it; whether the tag can hold it is for the engine to say. Lists of one kind
/// become arrays; objects and mixed lists keep their JSON text.
Value value_of(const model::Node& node);

/// `[{"path":…,"value":…},…]` and a timeout in seconds as of PUT /api/values.
struct WriteBody {
  std::vector<access::WriteItem> items;
  Duration timeout;
};
/// Takes "items" and "timeout". Limits: 1 to 10,000 items, 0.1 to 60 s
/// Fails: invalid_argument, naming the item's place
Result<WriteBody> read_write(BodyFields& fields);

}  // namespace tagwerk::servers::http

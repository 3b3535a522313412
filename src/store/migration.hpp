#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/dialect.hpp"

namespace tagwerk::store {

/// One step of the schema. Numbered from 1 without holes; a released one is never changed.
/// Column types are Dialect's placeholders. Internal to store.
struct Migration {
  std::string_view name;
  std::vector<std::string_view> statements;
};

std::span<const Migration> migrations();

/// The statement with the engine's column types.
std::string for_dialect(std::string_view statement, const Dialect& dialect);

}  // namespace tagwerk::store

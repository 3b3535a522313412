#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace tagwerk::auth {

/// What a user may do. queue and route have a name behind them: "queue:orders".
enum class Right : std::uint8_t {
  read,           ///< see objects, tags and values
  write,          ///< command a tag whose `write` role allows it
  ack,            ///< acknowledge and shelve alarms
  history_write,  ///< "history.write": change and import history
  configure,      ///< project, types, tags
  control,        ///< start and stop connectors, schedules, programs
  users,          ///< users, their roles and passwords
  audit,          ///< read the audit
  backup,         ///< take a backup; it holds the secret, so whoever may can do everything
  redis,          ///< the bus's Redis door
  queue,          ///< "queue:NAME": post messages to it
  route,          ///< "route:ID": change the address of one route
};
inline constexpr std::size_t kRightCount = 12;
std::span<const Right, kRightCount> every_right();

/// "history.write"
std::string_view to_string(Right right);

/// A set of rights in one word.
class RightSet {
 public:
  constexpr RightSet() = default;
  constexpr RightSet(std::initializer_list<Right> rights) {
    for (const Right right : rights)
      add(right);
  }
  constexpr void add(Right right) { bits_ = static_cast<std::uint16_t>(bits_ | bit(right)); }
  constexpr bool has(Right right) const { return (bits_ & bit(right)) != 0; }
  constexpr void add(RightSet other) { bits_ = static_cast<std::uint16_t>(bits_ | other.bits_); }
  constexpr bool has_all(RightSet other) const { return (other.bits_ & ~bits_) == 0; }
  constexpr bool operator==(const RightSet&) const = default;

 private:
  static constexpr std::uint16_t bit(Right right) {
    return static_cast<std::uint16_t>(1u << static_cast<unsigned>(right));
  }
  std::uint16_t bits_ = 0;
};

/// One queue or one route. A queue or route in a RightSet means every one of them.
struct NamedRight {
  Right kind = Right::queue;
  std::string name;
  bool operator==(const NamedRight&) const = default;
};

/// "queue:orders", "read", "queue:*".
std::string to_string(const NamedRight& right);
/// Fills either the set or the list.
/// Fails: invalid_argument, listing the rights there are
Status parse_right(std::string_view text, RightSet& set, std::vector<NamedRight>& named);

/// The order of the built-in roles; a tag's `write: operator` asks for at least that rank.
enum class Rank : std::uint8_t { viewer, operator_, engineer, admin };

struct Role {
  std::string name;
  Rank rank = Rank::viewer;
  RightSet rights;
  std::vector<NamedRight> named;
  bool operator==(const Role&) const = default;
};

/// viewer, operator, engineer, admin, each with all the rights of the one before it.
std::span<const Role> builtin_roles();
/// Also by the bus's names: `user` is operator, `restricted_user` is viewer. Null when unknown.
const Role* find_builtin_role(std::string_view name);
/// Fails: invalid_argument, listing the roles there are
Result<const Role*> require_builtin_role(std::string_view name);

/// A role that somebody made. It ranks like the highest built-in role whose rights it all has.
/// Fails: invalid_argument for a right that does not exist or a name that is taken
Result<Role> make_role(std::string name, std::span<const std::string> rights);

/// "read", "history.write", "queue:*", …, in the order of the enumeration.
std::vector<std::string> right_names(const RightSet& set, std::span<const NamedRight> named);

}  // namespace tagwerk::auth

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "auth/jwt.hpp"
#include "auth/rights.hpp"

namespace tagwerk::auth {

/// A role that holds in one part of the plant.
struct Grant {
  Role role;
  std::string subtree = "/";  ///< canonical path; "/" = everywhere
  bool operator==(const Grant&) const = default;
};

/// What a principal's id counts.
enum class PrincipalKind : std::uint8_t { user, key, system };
std::string_view to_string(PrincipalKind kind);

/// Who asks: a user or a service key with everything needed to decide, as it was when the directory
/// was made. Knows nothing of passwords and tokens. The door (src/access) asks it for every tag, so
/// nothing here allocates. Threads: immutable, shared by pointer
class Principal {
 public:
  Principal(std::uint64_t id, std::string name, std::vector<Grant> grants,
            PrincipalKind kind = PrincipalKind::user);
  /// The server itself, or its owner at the command line: may do everything everywhere.
  static std::shared_ptr<const Principal> system(std::string name);

  PrincipalKind kind() const { return kind_; }
  bool is_user() const { return kind_ == PrincipalKind::user; }
  /// Among those of its kind.
  std::uint64_t id() const { return id_; }
  /// "user 7", "key 3": for good, while names can be given again.
  std::string identity() const;
  const std::string& name() const { return name_; }
  const std::vector<Grant>& grants() const { return grants_; }
  /// Of the grant that ranks highest; viewer and "" without any grant.
  Rank rank() const { return rank_; }
  const std::string& role() const { return role_; }

  /// The same one with the same rights.
  bool operator==(const Principal& other) const {
    return kind_ == other.kind_ && id_ == other.id_ && name_ == other.name_ &&
           grants_ == other.grants_;
  }

  /// For the thing at the path and all below it. Paths are canonical ("/Plant/A"), "/" is the
  /// plant.
  bool can(Right right, std::string_view path) const;
  /// For what lies in no subtree (users, audit, connectors, whole projects): everywhere or not.
  bool can(Right right) const { return everywhere_.has(right); }
  /// can_use(Right::queue, "orders")
  bool can_use(Right kind, std::string_view name) const;
  /// Whether the right holds anywhere at all; decides whether a page is offered.
  bool can_somewhere(Right right) const { return somewhere_.has(right); }

  /// A tag's `write` names the least role. False for an empty one: the tag is read only.
  bool can_write(std::string_view path, std::string_view least_role) const;
  /// Readable, or on the way to something readable: what the tree shows.
  bool can_see(std::string_view path) const;

  struct Listed {
    std::string right;
    std::string subtree;
    bool operator==(const Listed&) const = default;
  };
  /// For GET /api/user; each right and subtree once.
  std::vector<Listed> listed_rights() const;

 private:
  std::uint64_t id_;
  PrincipalKind kind_;
  std::string name_;
  std::vector<Grant> grants_;
  RightSet everywhere_;
  RightSet somewhere_;
  Rank rank_ = Rank::viewer;
  std::string role_;
};

}  // namespace tagwerk::auth

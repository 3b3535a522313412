#include "console/user_requests.hpp"

#include "console/answer.hpp"
#include "console/grants.hpp"

namespace tagwerk::console {

using model::Node;

namespace {

Result<std::string> target_of_user(ServerSession& session, const std::string& name) {
  auto users = session.all("/api/users");
  if (!users) return std::unexpected(users.error());
  for (const Node& user : *users)
    if (text_of(user, "username") == name) return "/api/users/" + text_of(user, "id");
  return fail(ErrorCode::not_found, "there is no user '{}'", name);
}

Status status_of(Result<Node> answer) {
  if (!answer) return std::unexpected(answer.error());
  return {};
}

}  // namespace

Status add_user(ServerSession& session, const std::string& name, const std::string& password,
                const std::string& role, const std::string& subtree) {
  Node body = Node::mapping();
  body.set("username", Node::text_of(name));
  body.set("password", Node::text_of(password));
  body.set("grants", one_grant(role, subtree));
  return status_of(session.post("/api/users", body));
}

Status set_password(ServerSession& session, const std::string& name, const std::string& password,
                    const std::string& current) {
  auto target = target_of_user(session, name);
  if (!target) return std::unexpected(target.error());
  Node body = Node::mapping();
  body.set("password", Node::text_of(password));
  if (!current.empty()) body.set("current", Node::text_of(current));
  return status_of(session.post(*target + "/password", body));
}

Status disable_user(ServerSession& session, const std::string& name) {
  auto target = target_of_user(session, name);
  if (!target) return std::unexpected(target.error());
  Node body = Node::mapping();
  body.set("disabled", Node::boolean(true));
  return status_of(session.put(*target, body));
}

}  // namespace tagwerk::console

#include "servers/http/routes.hpp"

#include <array>

namespace tagwerk::servers::http {
namespace {

constexpr std::uint64_t kBody = 1024 * 1024;
constexpr std::uint64_t kSmallBody = 16 * 1024;  ///< before anybody has signed on
constexpr std::uint64_t kImportBody = 64 * 1024 * 1024;

using enum net::Method;
using enum Need;

constexpr std::array kRoutes{
    Route{get, "/healthz", nothing, kBody, get_healthz},
    Route{get, "/readyz", nothing, kBody, get_readyz},
    Route{get, "/metrics", nothing, kBody, get_metrics},
    Route{get, "/openapi.json", nothing, kBody, get_openapi},
    Route{post, "/login", nothing, kSmallBody, post_login},
    Route{post, "/login/refresh", nothing, kSmallBody, post_login_refresh},
    Route{post, "/logout", nothing, kSmallBody, post_logout},
    Route{get, "/api/setup", nothing, kBody, get_setup},
    Route{post, "/api/setup", nothing, kSmallBody, post_setup},
    Route{get, "/api/user", token, kBody, get_own_user},
    Route{get, "/api/users", token, kBody, get_users},
    Route{post, "/api/users", token, kBody, post_users},
    Route{put, "/api/users/{id}", token, kBody, put_user},
    Route{remove, "/api/users/{id}", token, kBody, delete_user},
    Route{post, "/api/users/{id}/password", token, kBody, post_user_password},
    Route{remove, "/api/users/{id}/sessions", token, kBody, delete_user_sessions},
    Route{get, "/api/roles", token, kBody, get_roles},
    Route{post, "/api/roles", token, kBody, post_roles},
    Route{put, "/api/roles/{name}", token, kBody, put_role},
    Route{remove, "/api/roles/{name}", token, kBody, delete_role},
    Route{get, "/api/keys", token, kBody, get_keys},
    Route{post, "/api/keys", token, kBody, post_keys},
    Route{remove, "/api/keys/{id}", token, kBody, delete_key},
    Route{post, "/api/secret/rotate", token, kBody, post_secret_rotate},
    Route{get, "/api/values", token, kBody, get_values},
    Route{put, "/api/values", token, kBody, put_values},
    Route{get, "/api/locks", token, kBody, get_locks},
    Route{post, "/api/locks", token, kBody, post_locks},
    Route{remove, "/api/locks/{id}", token, kBody, delete_lock},
    Route{get, "/api/tree", token, kBody, get_tree},
    Route{get, "/api/objects", token, kBody, get_objects},
    Route{post, "/api/objects", token, kBody, post_objects},
    Route{put, "/api/objects", token, kBody, put_objects},
    Route{remove, "/api/objects", token, kBody, delete_objects},
    Route{post, "/api/objects/copy", token, kBody, post_objects_copy},
    Route{get, "/api/tags", token, kBody, get_tags},
    Route{post, "/api/tags", token, kBody, post_tags},
    Route{get, "/api/tags/{id}", token, kBody, get_tag},
    Route{get, "/api/tags/{id}/why", token, kBody, get_tag_why},
    Route{put, "/api/tags/{id}", token, kBody, put_tag},
    Route{remove, "/api/tags/{id}", token, kBody, delete_tag},
    Route{get, "/api/types", token, kBody, get_types},
    Route{post, "/api/types", token, kBody, post_types},
    Route{get, "/api/types/{name}", token, kBody, get_type},
    Route{put, "/api/types/{name}", token, kBody, put_type},
    Route{remove, "/api/types/{name}", token, kBody, delete_type},
    Route{post, "/api/project/edit", token, kImportBody, post_edit},
    Route{post, "/api/project/import", token, kImportBody, post_import},
    Route{get, "/api/project/export", token, kBody, get_export},
    Route{get, "/api/project/revisions", token, kBody, get_revisions},
    Route{get, "/api/project/revisions/{n}", token, kBody, get_revision},
    Route{post, "/api/project/revisions/{n}/restore", token, kBody, post_revision_restore},
    Route{get, "/api/connectors", token, kBody, get_connectors},
    Route{post, "/api/connectors", token, kBody, post_connectors},
    Route{get, "/api/connectors/{name}", token, kBody, get_connector},
    Route{put, "/api/connectors/{name}", token, kBody, put_connector},
    Route{remove, "/api/connectors/{name}", token, kBody, delete_connector},
    Route{post, "/api/connectors/{name}/start", token, kBody, post_connector_start},
    Route{post, "/api/connectors/{name}/stop", token, kBody, post_connector_stop},
    Route{post, "/api/connectors/{name}/restart", token, kBody, post_connector_restart},
    Route{get, "/api/connectors/{name}/log", token, kBody, get_connector_log},
    Route{get, "/api/connectors/{name}/trace", token, kBody, get_connector_trace},
    Route{post, "/api/connectors/{name}/test", token, kBody, post_connector_test},
    Route{get, "/api/status", token, kBody, get_status},
    Route{get, "/api/backup", token, kBody, get_backup},
    Route{get, "/api/audit", token, kBody, get_audit},
    // Its token comes as a subprotocol.
    Route{get, "/ws", nothing, kBody, get_live_socket}};

}  // namespace

std::span<const Route> all_routes() {
  return kRoutes;
}

}  // namespace tagwerk::servers::http
